# SPDX-License-Identifier: GPL-2.0-only
#
# make              build $(BUILD)/gotrace
# make demo         install what is missing, build, and show gotrace on a sample recording
# make check        install what is missing, build, and run every test
# make fuzz         build with clang, and fuzz the readers of ELF for FUZZ_SECONDS=60 each
# make bench        build, and measure against perf (ARGS="FILE" to use a recording of your own)
# make install      PREFIX and DESTDIR are honoured
# make format       run clang-format over the C files
# make clean        remove $(BUILD); what set-up built stays in .deps/ ("make distclean" removes that too)
#
# Variables: CC CFLAGS LDFLAGS PKG_CONFIG PREFIX DESTDIR BUILD, V=1 (show commands), WERROR=1,
# SANITIZE=1 (AddressSanitizer and UBSan; give it a BUILD of its own), SQLITE=shared (not its archive).

VERSION := 0.1.0

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/gotrace
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
DESTDIR ?=

BUILD ?= build
PKG_CONFIG ?= pkg-config
CLANG_FORMAT ?= clang-format
CFLAGS ?= -O2 -g
LDFLAGS ?=
V ?= 0
WERROR ?= 0
SANITIZE ?= 0
SQLITE ?= static
FUZZ_SECONDS ?= 60
ARGS ?=

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s%s\n'
endif

# Set-up comes before the build and may bring compilers and libraries that this make, already
# parsed, does not know of. So these goals run setup.sh first and then make again, one by one.
ifneq ($(filter setup demo check distclean clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif
jobs = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 1))
again = $(Q)$(MAKE) --no-print-directory $(jobs)

# Libraries
PACKAGES := libtraceevent libdw libelf sqlite3 libzstd capstone
PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null))
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null)
ifeq ($(shell $(PKG_CONFIG) --exists libperf 2>/dev/null && echo yes),yes)
PERF_CFLAGS := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags libperf))
PERF_LIBS := $(shell $(PKG_CONFIG) --libs libperf)
else
PERF_CFLAGS := -isystem .deps/include
PERF_LIBS := $(wildcard .deps/lib/libperf.a .deps/lib/libapi.a)
endif
# SQLite's archive, where there is one: in its shared library every call between its own functions goes through
# the PLT, which takes a tenth of the time of ingest.
SQLITE_ARCHIVE := $(wildcard $(shell $(PKG_CONFIG) --variable=libdir sqlite3 2>/dev/null)/libsqlite3.a)
ifneq ($(and $(SQLITE_ARCHIVE),$(filter static,$(SQLITE))),)
PKG_LIBS := $(patsubst -lsqlite3,$(SQLITE_ARCHIVE),$(PKG_LIBS)) \
	$(filter-out -lsqlite3,$(shell $(PKG_CONFIG) --static --libs sqlite3))
endif
MISSING := $(if $(PKG_LIBS),,$(PACKAGES)) $(if $(PERF_LIBS),,libperf)

# Flags: ours first, so that the user's have the last word
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla \
	-Wformat=2 -Wundef -Wwrite-strings
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif
ifeq ($(SANITIZE),1)
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
OUR_CPPFLAGS := -D_GNU_SOURCE -DGOTRACE_VERSION='"$(VERSION)"' -I. -I$(BUILD) $(PKG_CFLAGS) $(PERF_CFLAGS)
OUR_CFLAGS := -std=c17 $(WARNINGS) $(SANITIZERS)
OUR_LIBS := $(PERF_LIBS) $(PKG_LIBS) -lm
COMPILE = $(CC) $(OUR_CPPFLAGS) $(OUR_CFLAGS) $(CPPFLAGS) $(CFLAGS)
LINK = $(CC) $(SANITIZERS) $(CFLAGS) $(LDFLAGS)

# Files: everything but gotrace.c goes into a library that the unit tests link too
ROOMS := base ingest model sql query
LIB_SRCS := $(foreach d,$(ROOMS),$(wildcard $(d)/*.c $(d)/*/*.c))
LIB_OBJS := $(LIB_SRCS:%.c=$(BUILD)/%.o) $(BUILD)/sql_files.o
MAIN_OBJS := $(BUILD)/gotrace.o
SQL_FILES := $(sort $(shell find sql -name '*.sql' 2>/dev/null))

# tests/unit/*.c are cmocka programs, tests/tools/*.c plain programs that suites use;
# tests/fuzz/*.c targets of libFuzzer; what several of them share is in tests/lib/
TEST_LIB_OBJS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/lib/*.c))
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*.c))
TEST_TOOLS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c))
FUZZERS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/*.c))
TEST_OBJS := $(TEST_LIB_OBJS) $(UNIT_TESTS:=.o) $(TEST_TOOLS:=.o) $(FUZZERS:=.o)

OBJS := $(MAIN_OBJS) $(LIB_OBJS)

all: $(BUILD)/gotrace

$(BUILD)/gotrace: $(MAIN_OBJS) $(BUILD)/libgotrace.a
	$(say) LD $@
	$(Q)$(LINK) -o $@ $(MAIN_OBJS) $(BUILD)/libgotrace.a $(OUR_LIBS)

$(BUILD)/libgotrace.a: $(LIB_OBJS) $(BUILD)/objects.list
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIB_OBJS)

$(BUILD)/%.o: %.c $(BUILD)/flags
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/sql_files.o: $(BUILD)/sql_files.c $(BUILD)/flags
	$(say) CC $<
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/sql_files.c: sql/embed.sh $(SQL_FILES) $(BUILD)/sql.list
	$(say) SQL $@
	$(Q)sh sql/embed.sh $(SQL_FILES) >$@.tmp && mv $@.tmp $@

$(UNIT_TESTS): $(BUILD)/%: $(BUILD)/%.o $(TEST_LIB_OBJS) $(BUILD)/libgotrace.a
	$(say) LD $@
	$(Q)$(LINK) -o $@ $< $(TEST_LIB_OBJS) $(BUILD)/libgotrace.a $(OUR_LIBS) -lcmocka

$(TEST_TOOLS): $(BUILD)/%: $(BUILD)/%.o $(TEST_LIB_OBJS) $(BUILD)/libgotrace.a
	$(say) LD $@
	$(Q)$(LINK) -o $@ $< $(TEST_LIB_OBJS) $(BUILD)/libgotrace.a $(OUR_LIBS)

$(FUZZERS): $(BUILD)/%: $(BUILD)/%.o $(TEST_LIB_OBJS) $(BUILD)/libgotrace.a
	$(say) LD $@
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $< $(TEST_LIB_OBJS) $(BUILD)/libgotrace.a $(OUR_LIBS)

# Files that hold a value of this Makefile and are touched only when it changes: a new flag
# rebuilds everything, a removed source file or query rebuilds what was made of it.
quote = '$(subst ','\'',$(1))'
keep = @mkdir -p $(@D); printf '%s\n' $(call quote,$(1)) | cmp -s - $@ || printf '%s\n' $(call quote,$(1)) >$@

$(BUILD)/flags: FORCE
ifneq ($(strip $(MISSING)),)
	@echo "gotrace: not found: $(strip $(MISSING)). Run ./setup.sh, which installs or builds what is missing." >&2; exit 1
endif
	$(call keep,$(COMPILE) $(LINK) $(OUR_LIBS))

$(BUILD)/objects.list: FORCE
	$(call keep,$(LIB_OBJS))

$(BUILD)/sql.list: FORCE
	$(call keep,$(SQL_FILES))

setup:
	$(Q)./setup.sh ci

demo:
	$(Q)./setup.sh demo
	$(again) run-demo

check:
	$(Q)./setup.sh check
	$(again) run-check

run-demo: $(BUILD)/gotrace
	$(Q)GOTRACE=$(abspath $<) BUILD=$(abspath $(BUILD)) ./demo.sh

tests: $(BUILD)/gotrace $(UNIT_TESTS) $(TEST_TOOLS)

run-check: tests
	$(Q)GOTRACE=$(abspath $(BUILD)/gotrace) BUILD=$(abspath $(BUILD)) $(if $(filter 1,$(SANITIZE)),SANITIZED=1) \
		CC=$(call quote,$(CC)) VERSION=$(VERSION) ./tests/run $(ARGS)

# A build of its own, all of it instrumented
fuzz:
	$(again) BUILD=$(BUILD)/fuzz CC=clang SANITIZE=1 CFLAGS="$(CFLAGS) -fsanitize=fuzzer-no-link" run-fuzz

run-fuzz: $(FUZZERS) $(BUILD)/tests/tools/go_file_seeds
	$(Q)mkdir -p $(BUILD)/seeds && $(BUILD)/tests/tools/go_file_seeds $(BUILD)/seeds
	$(Q)for f in $(FUZZERS); do \
		mkdir -p $$f.corpus && printf '  %-8s%s\n' FUZZ $$f && \
		$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=16384 -print_final_stats=1 \
			-artifact_prefix=$$f- $$f.corpus $(BUILD)/seeds 2>$$f.log || { tail -40 $$f.log; exit 1; }; \
	done

bench: $(BUILD)/gotrace $(TEST_TOOLS)
	$(Q)GOTRACE=$(abspath $(BUILD)/gotrace) BUILD=$(abspath $(BUILD)) ./tests/bench/run $(ARGS)

install: $(BUILD)/gotrace
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(DOCDIR) $(DESTDIR)$(BASHCOMPDIR)
	install -m 0755 $(BUILD)/gotrace $(DESTDIR)$(BINDIR)/gotrace
	install -m 0644 docs/man/*.1 $(DESTDIR)$(MANDIR)/man1/
	install -m 0644 README.md LICENSE docs/recording.md $(DESTDIR)$(DOCDIR)/
	install -m 0644 docs/completion/gotrace.bash $(DESTDIR)$(BASHCOMPDIR)/gotrace

C_FILES = $(sort $(shell find gotrace.c $(ROOMS) tests -name '*.[ch]' 2>/dev/null))

format:
	$(Q)$(CLANG_FORMAT) -i $(C_FILES)

check-format:
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)

clean:
	$(Q)rm -rf $(BUILD)

distclean: clean
	$(Q)rm -rf .deps

FORCE:

.PHONY: all setup demo check run-demo run-check tests fuzz run-fuzz bench install format check-format clean distclean FORCE
.DELETE_ON_ERROR:
.SECONDARY:

-include $(patsubst %.o,%.d,$(OBJS) $(TEST_OBJS))
