# tests.mk: what is built for the tests, and the targets that run them.

# Unit tests: all our modules but the main files, by the host's compiler, under the sanitizers.
SAN := $(BUILD)/san
THIRD := $(addprefix $(PREFIX)/lib/,libbearssl.a libsodium.a libzstd.a libz.a libxxhash.a)
MAINS := $(foreach t,$(TOOLS),helpers/$t/$t.c)
MODULES := $(filter-out $(MAINS),$(wildcard helpers/lib/*/*.c helpers/*/*.c))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*_test.c))

$(SAN)/%.o: helpers/%.c | $(PREFIX)/.all $(DEPS)/san/.libssh2
	@mkdir -p $(@D)
	@echo '  CC $@'
	$(Q)gcc $(COMMON) $(STRICT) $(SANITIZE) -c -o $@ $<
$(SAN)/all.a: $(MODULES:helpers/%.c=$(SAN)/%.o)
	@rm -f $@
	$(Q)ar qcsD $@ $^
$(BUILD)/unit/%_test: COMMON += $(BACKEND)
$(BUILD)/unit/%_test: tests/unit/%_test.c $(SAN)/all.a $(DEPS)/san/.libssh2
	@mkdir -p $(@D)
	@echo '  LINK $@'
	$(Q)gcc $(COMMON) $(WARNINGS) $(SANITIZE) -MF $@.d -MT $@ -o $@ $< -Wl,--start-group $(SAN)/all.a \
		$(DEPS)/san/lib/libssh2.a $(THIRD) -Wl,--end-group

# The crypto tests once more as another architecture has them (make ARCH=aarch64 cross-tests), run
# under qemu: it is the portable code that is built there.
CROSS_UNIT := $(patsubst %,$(OUT)/unit/crypto_%_test,cipher dh ec ed25519 hmac rsa)
ifneq ($(CROSS),)
$(OUT)/unit/crypto_%_test: COMMON += $(BACKEND)
$(OUT)/unit/crypto_%_test: tests/unit/crypto_%_test.c $(OUT)/lib/crypto.a $(PREFIX)/.libssh2
	@mkdir -p $(@D)
	@echo '  LINK $@'
	$(Q)$(CC) $(COMMON) $(WARNINGS) $(HARDEN) $(CFLAGS) -MF $@.d -MT $@ $(LINK) -o $@ $< -Wl,--start-group \
		$(OUT)/lib/crypto.a $(PREFIX)/lib/libssh2.a $(THIRD) -Wl,--end-group
cross-tests: $(CROSS_UNIT)
else
cross-tests:
	@$(MAKE) ARCH=$(filter-out $(HOST),x86_64 aarch64) cross-tests
endif

# Fuzzers: the same modules, and libssh2, as clang instruments them.
FUZZ := $(BUILD)/fuzz
FUZZERS := $(patsubst tests/fuzz/%.c,$(FUZZ)/bin/%,$(wildcard tests/fuzz/*_fuzz.c))
CLANG := clang $(SANITIZE) -Wno-unknown-warning-option

$(FUZZ)/obj/%.o: helpers/%.c | $(PREFIX)/.all $(BUILD)/.installed-test
	@mkdir -p $(@D)
	@echo '  CC $@'
	$(Q)$(CLANG) -fsanitize=fuzzer-no-link $(COMMON) -c -o $@ $<
$(FUZZ)/all.a: $(MODULES:helpers/%.c=$(FUZZ)/obj/%.o)
	@rm -f $@
	$(Q)ar qcsD $@ $^
$(FUZZ)/bin/%_fuzz: COMMON += $(BACKEND)
$(FUZZ)/bin/%_fuzz: tests/fuzz/%_fuzz.c $(FUZZ)/all.a $(DEPS)/fuzz/.libssh2
	@mkdir -p $(@D)
	@echo '  LINK $@'
	$(Q)$(CLANG) -fsanitize=fuzzer $(COMMON) -MF $@.d -MT $@ -o $@ $< -Wl,--start-group $(FUZZ)/all.a \
		$(DEPS)/fuzz/lib/libssh2.a $(THIRD) -Wl,--end-group

# The load generator of tests/pipeline/load.bats.
ARRIVALS := $(BUILD)/load/arrivals
$(ARRIVALS): tests/load/arrivals.c tests/load/tally.c tests/load/tally.h
	@mkdir -p $(@D)
	@echo '  LINK $@'
	$(Q)gcc -std=c11 -D_POSIX_C_SOURCE=200809L $(STRICT) -O2 -g -o $@ $(filter %.c,$^)

.PHONY: test cross-tests unit bats interop pipeline lint fuzz demo demo-stop picture bench
RUN := tests/as-root BUILD=$(BUILD) $(if $(FUZZ_SECONDS),FUZZ_SECONDS=$(FUZZ_SECONDS)) tests/run
READY := | $(BUILD)/.installed-test
#: make test         every suite; ends with the line "N passed, N failed"
test: $(UNIT) $(FUZZERS) $(ARRIVALS) all $(READY)
	@$(MAKE) cross-tests
	@tests/lab/images
	@$(RUN) lint unit fuzz bats interop pipeline
#: make unit         unit tests, under the address and undefined-behaviour sanitizers
unit: $(UNIT) all $(READY)
	@$(MAKE) cross-tests
	@$(RUN) unit
#: make bats         the helpers and the deploy, as they are called
bats: all $(ARRIVALS) $(READY)
	@$(RUN) bats
#: make interop      rsync-push against the stock rsync
interop: helpers $(READY)
	@$(RUN) interop
#: make pipeline     the orb on real hosts, by the local runner
pipeline: all $(ARRIVALS) $(READY)
	@$(RUN) pipeline
#: make lint         shellcheck, yamllint, man pages, the dependency rule, licence lines
lint: $(READY)
	@$(RUN) lint
#: make fuzz         the fuzzers, for a bounded time (FUZZ_SECONDS=10 each)
fuzz: $(FUZZERS) $(READY)
	@$(RUN) fuzz
#: make demo         test, deploy and roll back the sample application on two hosts; make demo-stop
demo: all $(READY)
	@tests/as-root tests/demo/run
demo-stop:
	@tests/as-root tests/demo/run stop
#: make picture      docs/report.svg anew, from the report of a good deploy that `make pipeline` has left
picture:
	@tests/browser/picture.py $(BUILD)/test/artifacts/report-good.json >docs/report.svg
#: make bench        rsync-push against rsync
bench: helpers $(READY)
	@tests/as-root tests/bench/run
