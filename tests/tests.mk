# tests.mk: what is built for the tests, and the targets that run them.
SAN := $(BUILD)/san
SAN_LIBS := $(addprefix $(PREFIX)/lib/,libbearssl.a libsodium.a libzstd.a libz.a libxxhash.a)
MODULES := $(filter-out $(foreach t,$(TOOLS),helpers/$t/$t.c),$(wildcard helpers/lib/*/*.c helpers/*/*.c))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*_test.c))

$(SAN)/%.o: helpers/%.c | $(PREFIX)/.all $(DEPS)/san/.libssh2
	@mkdir -p $(@D)
	@echo '  CC $@'
	$(Q)gcc $(COMMON) $(STRICT) $(SANITIZE) -c -o $@ $<

$(SAN)/all.a: $(MODULES:helpers/%.c=$(SAN)/%.o)
	@rm -f $@
	$(Q)ar qcsD $@ $^

$(BUILD)/unit/%: COMMON += $(BACKEND)
$(BUILD)/unit/%: tests/unit/%.c $(SAN)/all.a $(DEPS)/san/.libssh2
	@mkdir -p $(@D)
	@echo '  LINK $@'
	$(Q)gcc $(COMMON) $(WARNINGS) $(SANITIZE) -MF $@.d -o $@ $< -Wl,--start-group $(SAN)/all.a \
		$(DEPS)/san/lib/libssh2.a $(SAN_LIBS) -Wl,--end-group

.PHONY: unit unit-programs
unit-programs: $(UNIT)
#: make unit         unit tests, under the address and undefined-behaviour sanitizers
unit: unit-programs
	@tests/run unit
