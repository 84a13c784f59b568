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
QNN_CPPFLAGS := -I. -Ifirmware -Ilibqnn/include -Iuapi -I/usr/include/libdrm $(CPPFLAGS)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Filled by the build.mk files.
ALL :=
# Programs that print TAP on stdout; run by `make check`, built with sanitizers.
UNIT_TESTS :=
DEPFILES :=

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

.PHONY: run check bench lint fuzz docs deps install clean help tests

run:
	@$(HARNESS)/run.sh

check:
	@$(HARNESS)/check.sh

tests: $(UNIT_TESTS)

lint:
	@$(HARNESS)/lint.sh

docs:
	@$(HARNESS)/docs.sh

clean:
	rm -rf $(B)/obj $(B)/san $(B)/firmware $(B)/libqnn $(B)/tools $(B)/selftests $(B)/kmod
