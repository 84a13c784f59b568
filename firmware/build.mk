# SPDX-License-Identifier: (GPL-2.0 OR MIT)
#
# The device code as a static library, plain and sanitized.

include firmware/sources.mk

FW_OBJ := $(addprefix $(B)/obj/,$(firmware-objs))
FW_SAN := $(addprefix $(B)/san/,$(firmware-objs))
FW_LIB := $(B)/firmware/libqnnfw.a
FW_SAN_LIB := $(B)/san/firmware/libqnnfw.a

$(FW_OBJ) $(FW_SAN): OBJ_CFLAGS := -ffreestanding

$(FW_LIB): $(FW_OBJ)
$(FW_SAN_LIB): $(FW_SAN)
$(FW_LIB) $(FW_SAN_LIB):
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^

ALL += $(FW_LIB)

# Unit tests, each a file of its own beside what they share.
FW_TESTS := test_round test_layers test_rules
FW_TEST_BIN := $(FW_TESTS:%=$(B)/san/firmware/tests/%)
FW_TEST_SHARED := $(addprefix $(B)/san/,firmware/tests/fw_test.o firmware/tests/gen.o \
	firmware/tests/oracle.o selftests/lib/qnn_prog.o)

$(FW_TEST_BIN): %: %.o $(FW_TEST_SHARED) $(FW_SAN_LIB)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $^ -lcmocka -lm -o $@

UNIT_TESTS += $(FW_TEST_BIN)
