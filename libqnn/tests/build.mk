# SPDX-License-Identifier: (GPL-2.0 OR MIT)
#
# Tests of libqnn. device_test also exists without sanitizers: with
# QNN_TEST_DEVICE=/dev/accel/accel0 it runs in a VM.

LIBQNN_TESTS := device file open quantize writer
LIBQNN_TEST_LIBS := -lcmocka $(LIBQNN_LIBS)
libqnn-test-objs := libqnn/tests/fixture.o selftests/lib/qnn_prog.o

$(B)/san/libqnn/tests/%_test: $(B)/san/libqnn/tests/%_test.o \
		$(addprefix $(B)/san/,$(libqnn-test-objs)) $(LIBQNN_SAN_A)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $^ $(LIBQNN_TEST_LIBS) -o $@

$(B)/libqnn/tests/device_test: $(B)/obj/libqnn/tests/device_test.o \
		$(addprefix $(B)/obj/,$(libqnn-test-objs)) $(LIBQNN_A)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $^ $(LIBQNN_TEST_LIBS) -o $@

ALL += $(B)/libqnn/tests/device_test
UNIT_TESTS += $(LIBQNN_TESTS:%=$(B)/san/libqnn/tests/%_test)
