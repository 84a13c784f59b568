# SPDX-License-Identifier: MIT
#
# The kselftests: static programs, the same ones run in User-Mode Linux and in
# QEMU. They use the harness of the kernel's own selftests, which comes from
# Debian's kernel source. `make kselftests` builds them.

KSELFTESTS := bo configfs core deadline emulated fairness fault_injection fdinfo hotplug isolation lifetime module observe \
	poison prime processes program query queue recovery run sleep storm submit submit_args sync teardown \
	lanes memcg sharing userptr userptr_life vector

KSELFTEST_DIR := $(B)/selftests/accel
KSELFTEST_BIN := $(addprefix $(KSELFTEST_DIR)/,$(KSELFTESTS))
KSELFTEST_SRC := $(B)/linux-src/unpacked
KSELFTEST_LIB := $(addprefix $(B)/obj/selftests/,accel/qt.o accel/qt_image.o accel/qt_mem.o \
	accel/qt_module.o accel/qt_sync.o lib/qnn_prog.o)
KSELFTEST_OBJ := $(KSELFTESTS:%=$(B)/obj/selftests/accel/%.o)

# The harness of the kernel is not ours to keep free of warnings.
$(KSELFTEST_OBJ): OBJ_CFLAGS := -isystem $(B)/linux-src/tools/testing/selftests \
	-Wno-missing-prototypes -Wno-unused-parameter
$(KSELFTEST_OBJ) $(KSELFTEST_LIB): OBJ_CFLAGS += -Iselftests/lib
$(KSELFTEST_OBJ): $(KSELFTEST_SRC)

$(KSELFTEST_SRC):
	$(HARNESS)/linux-src.sh

# The same random programs as the tests of the device code.
$(KSELFTEST_DIR)/vector: $(addprefix $(B)/obj/firmware/tests/,gen.o gen_vector.o rng.o) $(FW_LIB)
$(KSELFTEST_DIR)/lanes: $(B)/obj/firmware/tests/rng.o $(FW_LIB)

$(KSELFTEST_BIN): $(KSELFTEST_DIR)/%: $(B)/obj/selftests/accel/%.o $(KSELFTEST_LIB)
	@mkdir -p $(@D)
	$(CC) -static -o $@ $^ -pthread -lm

# Debian's kernel runs 32-bit programs, User-Mode Linux does not. No C library.
COMPAT32 := $(KSELFTEST_DIR)/compat32

$(COMPAT32): selftests/accel/compat32.c uapi/drm/qnn_accel.h
	@mkdir -p $(@D)
	$(CC) -m32 -O2 -Wall -Wextra -Werror -static -nostdlib -ffreestanding -fno-pie -no-pie \
		-fno-stack-protector -isystem /usr/include/$$($(CC) -print-multiarch) \
		$(QNN_CPPFLAGS) $< -o $@

.PHONY: kselftests
kselftests: $(KSELFTEST_BIN) $(COMPAT32)

# What `make check` runs: on this machine, and in the guests.
# Those that reload the module, or disturb whoever else uses it, come last.
LAST_TESTS := %/module %/hotplug %/lifetime %/sleep %/fault_injection
GUEST_TESTS := $(filter-out $(LAST_TESTS),$(KSELFTEST_BIN)) \
	$(B)/libqnn/tests/device_test $(filter $(LAST_TESTS),$(KSELFTEST_BIN))

.PHONY: list-unit-tests list-uml-tests list-qemu-tests list-fuzzers
list-unit-tests:
	@printf '%s\n' $(UNIT_TESTS)

list-fuzzers:
	@printf '%s\n' $(FUZZERS)

list-uml-tests:
	@printf '%s\n' $(GUEST_TESTS)

list-qemu-tests:
	@printf '%s\n' $(COMPAT32) $(GUEST_TESTS)

-include selftests/oracle/build.mk selftests/tflite/build.mk \
	selftests/onnx-models/build.mk
# The fuzzer leaves devices with other numbers, so it comes last.
-include selftests/mutation/build.mk selftests/soak/build.mk \
	selftests/fuzz-ioctl/build.mk
