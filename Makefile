# Slipway. `make` builds the helpers and the orb; `make help` lists the targets.
# all helpers orb dist install image images reproducible release  test unit bats interop pipeline fuzz lint  demo bench  clean distclean
# Variables: ARCH=aarch64  BUILD=DIR  DEPS=DIR  RELEASE=1  V=1  CC CFLAGS LDFLAGS  SLIPWAY_TARBALLS=DIR
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:

HOST := $(shell uname -m)
VERSION := $(shell cat VERSION)
ARCH ?= $(HOST)
BUILD ?= build
DEPS ?= build/deps
FETCHED ?= build/fetched
JOBS ?= 2
prefix ?= $(HOME)/.local
# As many jobs as that, unless the caller says how many.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(JOBS)
endif
Q := $(if $(V),,@)

# Another architecture's output stands in a folder of its own.
CROSS := $(if $(filter-out $(HOST),$(ARCH)),$(ARCH)-linux-gnu-)
OUT := $(BUILD)$(if $(CROSS),/$(ARCH))
PREFIX := $(DEPS)/$(ARCH)
ifeq ($(origin CC),default)
CC := $(PREFIX)/musl/bin/musl-gcc
endif

CFLAGS ?= -O2
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wcast-qual -Wformat=2 -Wno-format-truncation \
	$(if $(RELEASE),,-Werror)
STRICT := $(WARNINGS) -Wconversion -Wsign-conversion
HARDEN := -fPIE -fstack-protector-strong -ffunction-sections -fdata-sections
COMMON := -std=c11 -D_POSIX_C_SOURCE=200809L -Ihelpers -MMD -MP '-DSLIPWAY_VERSION="$(VERSION)"' \
	'-ffile-prefix-map=$(CURDIR)/=' -isystem $(PREFIX)/include
LINK := -static-pie -Wl,--gc-sections,-z,relro,-z,now,--build-id=none,-s
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g -O1
# libssh2's own headers, which only its crypto backend sees.
BACKEND := -Ihelpers/lib/crypto -isystem $(PREFIX)/src/libssh2/src -isystem $(PREFIX)/src/libssh2/include \
	-DHAVE_CONFIG_H -DLIBSSH2_BEARSSL

# The dependency rule: which of our archives a tool may see, and what each archive needs of others.
TOOLS := $(foreach t,$(notdir $(patsubst %/,%,$(wildcard helpers/*/))),$(if $(wildcard helpers/$t/$t.c),$t))
FOLDERS := base ssh rsync crypto
uses_rsync-push := rsync ssh crypto base
uses_remote-run := ssh crypto base
uses = $(or $(uses_$1),base)
needs_base := bearssl
needs_ssh := libssh2
needs_crypto := sodium bearssl
needs_rsync := zstd zlib xxhash
needs = $(sort $(foreach f,$(call uses,$1),$(needs_$f)))
lib_libssh2 := libssh2.a
lib_bearssl := libbearssl.a
lib_sodium := libsodium.a
lib_zstd := libzstd.a
lib_zlib := libz.a
lib_xxhash := libxxhash.a
objects = $(patsubst helpers/%.c,$2/%.o,$(wildcard helpers/$1/*.c))
BINS := $(TOOLS:%=$(OUT)/bin/%)

.PHONY: all helpers orb image images dist dist-one reproducible release install help
all: helpers $(if $(CROSS),,orb)
helpers: $(BINS)
help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

#: make              the helpers and the orb (build/bin, build/orb.yml)
#: make helpers      the helpers alone; ARCH=aarch64 for the other architecture (build/aarch64/bin)
#: make install      slipway, the helpers and their man pages, below prefix=~/.local
#: make dist         the release archives, with their digests (build/dist)
#: make orb          the orb, which carries these digests (build/orb.yml)
#: make image        the image that deploys, from Dockerfile, its bill of materials and its size (build/image);
#:                   ARCH=aarch64 for the other architecture, by qemu
#: make images       both images, and the manifest list of the two
#: make reproducible build helpers and archives twice, from nothing, in two folders, and compare them
#: make release VERSION=x.y.z  rehearse a release and print what it would push (docs/release.md)
define folder_rule
$(OUT)/lib/$1.a: $(call objects,lib/$1,$(OUT)/obj)
	@mkdir -p $$(@D) && rm -f $$@
	$(Q)$(CROSS)ar qcsD $$@ $$^
endef
define tool_rule
$(OUT)/bin/$1: $(call objects,$1,$(OUT)/obj) $(patsubst %,$(OUT)/lib/%.a,$(call uses,$1)) \
		$(patsubst %,$(PREFIX)/.%,$(call needs,$1))
	@mkdir -p $$(@D)
	@echo '  LINK $$@'
	$(Q)$$(CC) $$(CFLAGS) $$(LINK) $$(LDFLAGS) -o $$@ -Wl,--start-group $$(filter %.o %.a,$$^) \
		$(foreach n,$(call needs,$1),$(PREFIX)/lib/$(lib_$n)) -Wl,--end-group
endef
$(foreach f,$(FOLDERS),$(eval $(call folder_rule,$f)))
$(foreach t,$(TOOLS),$(eval $(call tool_rule,$t)))

$(OUT)/obj/lib/crypto/%.o $(BUILD)/san/lib/crypto/%.o $(BUILD)/fuzz/obj/lib/crypto/%.o: COMMON += $(BACKEND)
$(OUT)/obj/lib/base/cli.o $(BUILD)/san/lib/base/cli.o: VERSION
$(OUT)/obj/%.o: helpers/%.c $(PREFIX)/.musl | $(PREFIX)/.all
	@mkdir -p $(@D)
	@echo '  CC $@'
	$(Q)$(CC) $(COMMON) $(STRICT) $(HARDEN) -idirafter $(PREFIX)/uapi $(CFLAGS) -c -o $@ $<

include helpers/deps/deps.mk tests/tests.mk

# Release archives of both architectures: programs, slipway, man pages, licences; the same bytes every time.
DIST := $(BUILD)/dist/slipway-helpers-$(VERSION)-linux-
STAGE := $(OUT)/stage
PAGES := $(wildcard helpers/*/*.1 scripts/*.[1-8])
$(DIST)$(ARCH).tar.gz: $(BINS) $(PAGES) LICENSE $(shell find scripts -type f ! -name '*.pyc')
	@rm -rf $(STAGE) && mkdir -p $(@D) $(STAGE)/bin $(STAGE)/lib/slipway/helpers \
		$(STAGE)/share/man/man1 $(STAGE)/share/doc/slipway/licenses
	@echo '  DIST $@'
	@cp $(BINS) $(STAGE)/bin
	@tar --exclude __pycache__ --exclude '*.[1-8]' -C scripts -cf - . | tar -C $(STAGE)/lib/slipway -xf -
	@ln -s ../lib/slipway/slipway $(STAGE)/bin && ln -s ../../../bin $(STAGE)/lib/slipway/helpers/$(ARCH)
	@cp $(PAGES) $(STAGE)/share/man/man1
	@cp LICENSE $(STAGE)/share/doc/slipway && cp $(PREFIX)/licenses/* $(STAGE)/share/doc/slipway/licenses
	@chmod -R u=rwX,go=rX $(STAGE)
	@tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C $(STAGE) -cf - bin lib share | gzip -9n >$@
$(DIST)%.tar.gz.sha256: $(DIST)%.tar.gz
	@cd $(@D) && sha256sum $(<F) >$(@F)
dist-one: $(DIST)$(ARCH).tar.gz.sha256
	@:
dist: dist-one
	@$(MAKE) ARCH=$(filter-out $(ARCH),x86_64 aarch64) dist-one
install: $(DIST)$(ARCH).tar.gz
	@mkdir -p $(prefix) && tar --no-same-owner -xzf $< -C $(prefix)
	@echo 'slipway is in $(prefix)/bin'
orb: dist | $(BUILD)/.installed-build
	@orb/pack $(BUILD)/orb.yml $(DIST)x86_64.tar.gz.sha256 $(DIST)aarch64.tar.gz.sha256
DEB_x86_64 := amd64
DEB_aarch64 := arm64
image: | $(BUILD)/.installed-test
	@release/image $(BUILD)/image $(DEB_$(ARCH))
images: | $(BUILD)/.installed-test
	@release/images $(BUILD)/image
reproducible: | $(BUILD)/.installed-build $(BUILD)/.installed-$(filter-out $(HOST),x86_64 aarch64) $(FETCHED)/.done
	@release/reproducible $(BUILD)/reproducible $(FETCHED)
release: | $(BUILD)/.installed-test
	@release/rehearse $(if $(filter command%,$(origin VERSION)),'$(VERSION)')

#: make clean        remove what was built; the fetched archives stay
#: make distclean    remove the build folder
.PHONY: clean distclean
clean:
	@[ ! -d build/lab ] || tests/lab/lab clean
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name fetched -exec rm -rf {} +
distclean: clean
	rm -rf build

-include $(shell find $(OUT)/obj $(BUILD)/san $(BUILD)/fuzz $(OUT)/unit -name '*.d' 2>/dev/null)
