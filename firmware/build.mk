# SPDX-License-Identifier: (GPL-2.0 OR MIT)
#
# The device code as a static library, plain and sanitized.

include firmware/sources.mk

# Kernels for instruction sets, where the compiler's target has them. What is built
# from the list of the device code only has nothing but the scalar code.
ifneq ($(filter x86_64-%,$(shell $(CC) -dumpmachine)),)
FW_SETS := avx2 avx512 avx512bits amx
FW_HAVE := -DQNN_HAVE_AVX -DQNN_HAVE_AMX
endif
ifneq ($(filter aarch64-%,$(shell $(CC) -dumpmachine)),)
FW_SETS := neondot
FW_HAVE := -DQNN_HAVE_NEON
endif
FW_SIMD := $(foreach s,$(FW_SETS),$(firmware-$s-objs))
$(foreach s,$(FW_SETS),$(eval \
	$(foreach d,obj san,$(addprefix $(B)/$d/,$(firmware-$s-objs))): \
		OBJ_CFLAGS += $(firmware-$s-flags) -D_MM_MALLOC_H_INCLUDED))

FW_OBJ := $(addprefix $(B)/obj/,$(firmware-objs) $(FW_SIMD))
FW_SAN := $(addprefix $(B)/san/,$(firmware-objs) $(FW_SIMD))
FW_LIB := $(B)/firmware/libqnnfw.a
FW_SAN_LIB := $(B)/san/firmware/libqnnfw.a

$(FW_OBJ) $(FW_SAN): OBJ_CFLAGS += -ffreestanding $(FW_HAVE)

$(FW_LIB): $(FW_OBJ)
$(FW_SAN_LIB): $(FW_SAN)
$(FW_LIB) $(FW_SAN_LIB):
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^

ALL += $(FW_LIB)

# Unit tests, each a file of its own beside what they share.
FW_TESTS := test_round test_layers test_examples test_extremes test_rules test_rules_ops \
	test_bounds test_cost test_edges test_stop test_run test_fuzz test_fast test_fast_stops test_sparing test_bits test_stages test_estimates
FW_TEST_BIN := $(FW_TESTS:%=$(B)/san/firmware/tests/%)
FW_TEST_SRC := $(addprefix firmware/tests/,fw_test.c shapes.c rng.c gen.c gen_vector.c oracle.c bases.c changes.c mutate.c) \
	selftests/lib/qnn_prog.c
FW_TEST_OBJ := $(FW_TEST_SRC:%.c=$(B)/san/%.o)

$(FW_TEST_BIN): %: %.o $(FW_TEST_OBJ) $(FW_SAN_LIB)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $^ -lcmocka -lm -o $@

UNIT_TESTS += $(FW_TEST_BIN)

# Their names, for those who build them for another processor.
.PHONY: list-firmware-tests
list-firmware-tests:
	@printf '%s\n' $(FW_TESTS)

# A fuzzer of validator and device, by clang's libFuzzer.
.PHONY: fuzz-program
fuzz-program: $(B)/fuzz/program

FW_FUZZ_SRC := firmware/tests/fuzz_program.c $(FW_TEST_SRC) $(firmware-objs:.o=.c)

FW_FUZZ_FLAGS := -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FW_FUZZ_SIMD := $(addprefix $(B)/fuzz/,$(FW_SIMD))

$(foreach s,$(FW_SETS),$(eval \
	$(addprefix $(B)/fuzz/,$(firmware-$s-objs)): SIMD_FLAGS := $(firmware-$s-flags)))
$(FW_FUZZ_SIMD): $(B)/fuzz/%.o: %.c $(wildcard firmware/*.h firmware/*/*.h firmware/*/*/*.h)
	@mkdir -p $(@D)
	clang $(QNN_CFLAGS) $(FW_FUZZ_FLAGS) $(FW_HAVE) -Wno-unknown-pragmas $(QNN_CPPFLAGS) \
		$(SIMD_FLAGS) -c $< -o $@

$(B)/fuzz/program: $(FW_FUZZ_SRC) $(FW_FUZZ_SIMD) $(wildcard firmware/*.h firmware/*/*.h) \
		selftests/lib/qnn_prog.h
	@mkdir -p $(@D)
	clang $(QNN_CFLAGS) $(FW_FUZZ_FLAGS) $(FW_HAVE) \
		$(QNN_CPPFLAGS) $(FW_FUZZ_SRC) $(FW_FUZZ_SIMD) -lcmocka -lm -o $@

FUZZERS += $(B)/fuzz/program

# The same without a fuzzer, for what it has found: selftests/checks/corpus.sh.
$(B)/san/replay/program: $(B)/san/selftests/lib/replay.o $(B)/san/firmware/tests/fuzz_program.o \
		$(FW_TEST_OBJ) $(FW_SAN_LIB)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $^ -lcmocka -lm -o $@

REPLAYERS += $(B)/san/replay/program
