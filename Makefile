# SPDX-License-Identifier: (GPL-2.0 OR MIT)
#
# Everything is built below $(B); the source tree stays clean. Each part has a
# build.mk with its sources and targets. `make help` lists what to call.

B ?= build
CC ?= gcc
AR ?= ar
PKG_CONFIG ?= pkg-config
HARNESS := selftests/harness

# Stop a recipe's half-written target from looking complete.
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

OPT ?= -O2 -g
QNN_CFLAGS := -std=c11 -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes \
	-D_GNU_SOURCE -fPIC -fvisibility=hidden $(OPT) $(CFLAGS)
QNN_CPPFLAGS := -I. -iquote firmware -Ilibqnn/include -Iuapi -I/usr/include/libdrm $(CPPFLAGS)
PREFIX ?= /usr/local
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Filled by the build.mk files.
ALL :=
# Programs that print TAP on stdout; run by `make check`, built with sanitizers.
UNIT_TESTS :=
# libFuzzer programs, run by `make fuzz`, and the same without the fuzzer.
FUZZERS :=
REPLAYERS :=

.PHONY: all
all:

include firmware/build.mk
include libqnn/build.mk
include tools/build.mk
include selftests/build.mk

all: $(ALL)

# One rule for each flavour: plain objects, and the same with sanitizers.
$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(QNN_CPPFLAGS) $(OBJ_CFLAGS) -MMD -MP -c $< -o $@

$(B)/san/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $(QNN_CPPFLAGS) $(OBJ_CFLAGS) -MMD -MP -c $< -o $@

-include $(shell find $(B)/obj $(B)/san -name '*.d' 2>/dev/null)

.PHONY: run check check-long coverage bench accuracy lint fuzz docs install clean distclean help tests deps

help:
	@echo 'make run      quantize the digits network, run it in a VM, print the table'
	@echo 'make check    all tests; the last line counts them'
	@echo 'make check-long  the driver on kernels that look for trouble; long runs'
	@echo 'make coverage the lines of the driver that its tests run'
	@echo 'make all      library and tools, without tests'
	@echo 'make bench    time networks, layers, loading, driver and peers (build/bench.json)'
	@echo 'make accuracy  accuracy of the trained networks (build/accuracy.json)'
	@echo 'make lint     checkpatch, sparse, shellcheck and header checks'
	@echo 'make fuzz     fuzz the parsers and the device, FUZZ_SECONDS each (60)'
	@echo 'make fuzz-ioctl  fuzz the driver in User-Mode Linux for FUZZ_SECONDS'
	@echo 'make soak     clients of all kinds in the guests for SOAK_SECONDS (60)'
	@echo 'make mutate   change the device code in each place, see that a test notices'
	@echo 'make docs     HTML documentation in build/docs'
	@echo 'make install  library, headers, tools and man pages (PREFIX, DESTDIR)'
	@echo 'make clean    remove what was built; keeps kernels and downloads'
	@echo 'make distclean  remove all of build/'

deps:
	@$(HARNESS)/packages.sh

run:
	@$(HARNESS)/run.sh

check:
	@$(HARNESS)/check.sh

check-long:
	@$(HARNESS)/check-long.sh

coverage:
	@$(HARNESS)/coverage.sh

tests: $(UNIT_TESTS) $(REPLAYERS)

lint:
	@$(HARNESS)/lint.sh

bench:
	@tools/bench/bench.sh

accuracy:
	@$(HARNESS)/accuracy.sh

fuzz:
	@$(HARNESS)/fuzz.sh

docs:
	@Documentation/build.sh

install: install-libqnn install-tools

clean:
	rm -rf $(addprefix $(B)/,obj san firmware libqnn tools selftests kmod fuzz docs)

distclean:
	rm -rf $(B)
