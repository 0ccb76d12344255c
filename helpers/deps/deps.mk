# deps.mk: the third-party libraries, each behind a stamp PREFIX/.NAME. One at a time (each runs
# JOBS compilers itself), and under a lock, so that two makes in one checkout do not collide.
DEP_NAMES := musl bearssl sodium zstd zlib xxhash libssh2
HERE := helpers/deps

locked = mkdir -p $(@D) && flock $(@D)/.lock sh -c '{ [ -e $@ ] && [ -z "$$(find $^ -newer $@ -print -quit)" ]; } \
	|| { $1 && touch $@; }'

$(BUILD)/.installed-%: tests/install.sh
	@mkdir -p $(@D)
	@tests/install.sh $* && touch $@

$(FETCHED)/.done: $(HERE)/pins $(HERE)/required-patches $(HERE)/fetch.sh | $(BUILD)/.installed-build
	@$(call locked,$(HERE)/fetch.sh $(FETCHED))

# musl itself is built by the plain compiler, everything else by musl's wrapper around it.
DEP_CFLAGS := -w -O2 -fPIE -fstack-protector-strong -ffunction-sections -fdata-sections
dep_env = MAKEFLAGS= MFLAGS= ARCH=$(ARCH) AR=$(CROSS)ar JOBS=$(JOBS) CFLAGS="$(DEP_CFLAGS)" \
	CC=$(if $(filter musl,$1),$(CROSS)gcc,$(abspath $(PREFIX))/musl/bin/musl-gcc)
define dep_rule
$(PREFIX)/.$1: $(HERE)/$1.sh $(HERE)/common.sh $(wildcard $(HERE)/patches/$1/*) $(FETCHED)/.done $2 \
		| $(if $(CROSS),$(BUILD)/.installed-$(ARCH)) $3
	@$$(call locked,$(call dep_env,$1) $(HERE)/$1.sh $(FETCHED) $(PREFIX))
endef
$(eval $(call dep_rule,musl))
$(eval $(call dep_rule,bearssl,$(PREFIX)/.musl))
$(eval $(call dep_rule,sodium,$(PREFIX)/.musl,$(PREFIX)/.bearssl))
$(eval $(call dep_rule,zstd,$(PREFIX)/.musl,$(PREFIX)/.sodium))
$(eval $(call dep_rule,zlib,$(PREFIX)/.musl,$(PREFIX)/.zstd))
$(eval $(call dep_rule,xxhash,$(PREFIX)/.musl,$(PREFIX)/.zlib))
BACKEND_HEADERS := helpers/lib/crypto/bearssl_ssh.h helpers/lib/crypto/libssh2_config.h
$(eval $(call dep_rule,libssh2,$(PREFIX)/.musl $(BACKEND_HEADERS),$(PREFIX)/.bearssl $(PREFIX)/.xxhash))

#: make deps         the third-party libraries alone (build/deps/ARCH)
.PHONY: deps
deps: $(PREFIX)/.all
$(PREFIX)/.all: $(DEP_NAMES:%=$(PREFIX)/.%)
	@touch $@

# The same libssh2 under the sanitizers, for the unit tests, and as clang instruments it, for the fuzzers.
define checked_libssh2
$(DEPS)/$1/.libssh2: $(HERE)/libssh2.sh $(HERE)/common.sh $(wildcard $(HERE)/patches/libssh2/*) \
		$(FETCHED)/.done $(BACKEND_HEADERS) | $(PREFIX)/.all $3
	@$$(call locked,MAKEFLAGS= MFLAGS= BEARSSL_INCLUDE=$(abspath $(PREFIX))/include ARCH="the $1 tests" AR=ar JOBS=$(JOBS) CC=$2 \
		CFLAGS="-w $$(SANITIZE) $4" $(HERE)/libssh2.sh $(FETCHED) $(DEPS)/$1)
endef
$(eval $(call checked_libssh2,san,gcc))
$(eval $(call checked_libssh2,fuzz,clang,$(BUILD)/.installed-test,-fsanitize=fuzzer-no-link))
