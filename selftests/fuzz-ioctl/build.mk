# SPDX-License-Identifier: MIT
#
# The fuzzer of the ioctl interface, a static program for the guests.

FUZZ_IOCTL := $(B)/selftests/fuzz_ioctl
FUZZ_IOCTL_OBJ := $(patsubst %.c,$(B)/obj/%.o,$(sort $(wildcard selftests/fuzz-ioctl/*.c)))
# Programs come from the generators of the device's tests, without what compares
# results; that would need cmocka.
FUZZ_IOCTL_GEN := $(addprefix $(B)/obj/firmware/tests/,fw_test.o rng.o gen.o gen_vector.o mutate.o)

LEFTOVERS := $(B)/obj/selftests/lib/leftovers.o

$(FUZZ_IOCTL_OBJ): OBJ_CFLAGS := -iquote firmware/tests
$(FUZZ_IOCTL_GEN): OBJ_CFLAGS := -ffunction-sections

$(FUZZ_IOCTL): $(FUZZ_IOCTL_OBJ) $(FUZZ_IOCTL_GEN) $(KSELFTEST_LIB) $(LEFTOVERS)
	@mkdir -p $(@D)
	$(CC) -static -Wl,--gc-sections -o $@ $^ -pthread -lm

GUEST_TESTS += $(FUZZ_IOCTL)
kselftests: $(FUZZ_IOCTL)

# FUZZ_SECONDS, FUZZ_SEED, FUZZ_MODES and FUZZ_NAME: see fuzz.sh.
.PHONY: fuzz-ioctl
fuzz-ioctl:
	@selftests/fuzz-ioctl/fuzz.sh
