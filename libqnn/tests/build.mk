# SPDX-License-Identifier: (GPL-2.0 OR MIT)
#
# Tests of libqnn. device_test also exists without sanitizers: in a VM, with
# QNN_TEST_DEVICE=/dev/accel/accel0, it tests the node.

LIBQNN_TESTS := device file lanes open packed quantize reload writer
LIBQNN_TEST_LIBS := -lcmocka $(LIBQNN_LIBS)
libqnn-test-objs := libqnn/tests/fixture.o selftests/lib/qnn_prog.o

libqnn-device-objs := $(addprefix libqnn/tests/,device_run.o device_bind.o device_memory.o)

$(B)/san/libqnn/tests/device_test: $(addprefix $(B)/san/,$(libqnn-device-objs))
$(B)/san/libqnn/tests/%_test: $(B)/san/libqnn/tests/%_test.o \
		$(addprefix $(B)/san/,$(libqnn-test-objs)) $(LIBQNN_SAN_A)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $^ $(LIBQNN_TEST_LIBS) -o $@

$(B)/libqnn/tests/device_test: $(B)/obj/libqnn/tests/device_test.o \
		$(addprefix $(B)/obj/,$(libqnn-device-objs) $(libqnn-test-objs)) $(LIBQNN_A)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $^ $(LIBQNN_TEST_LIBS) -o $@

tests: $(B)/libqnn/tests/device_test

UNIT_TESTS += $(LIBQNN_TESTS:%=$(B)/san/libqnn/tests/%_test)

# Installs to a folder of its own and looks at the library from there.
LIBQNN_STAGE := $(abspath $(B))/libqnn/stage
LIBQNN_FC := $(abspath $(B))/libqnn/tests/fc.qnn

$(B)/libqnn/tests/make_model: $(B)/obj/libqnn/tests/make_model.o \
		$(addprefix $(B)/obj/,$(libqnn-test-objs)) $(LIBQNN_A)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $^ $(LIBQNN_TEST_LIBS) -o $@

$(LIBQNN_FC): $(B)/libqnn/tests/make_model
	$< $@ $(@:fc.qnn=packed.qnn)

$(B)/libqnn/tests/install_test: libqnn/tests/install_test.sh libqnn/tests/cxx_test.cc \
		libqnn/examples/classify.c $(LIBQNN_FC) $(LIBQNN_A) $(LIBQNN_SO) \
		libqnn/qnn.pc.in $(LIBQNN_HEADERS) $(LIBQNN_MAN)
	rm -rf $(LIBQNN_STAGE)
	$(MAKE) --no-print-directory install-libqnn DESTDIR=$(LIBQNN_STAGE) PREFIX=/usr \
		LIBQNN_PC=$(B)/libqnn/tests/qnn.pc
	sed -e 's|@STAGE@|$(LIBQNN_STAGE)|' -e 's|@TOP@|$(CURDIR)|' \
		-e 's|@MODEL@|$(LIBQNN_FC)|' $< > $@
	chmod +x $@

UNIT_TESTS += $(B)/libqnn/tests/install_test

# Threads: the tests with several of them once more, under the thread sanitizer. Lanes
# share what vector code does.
LIBQNN_TSAN := $(B)/libqnn/tsan
LIBQNN_TSAN_OBJ := $(addprefix $(LIBQNN_TSAN)/,$(libqnn-test-objs) $(libqnn-objs) \
	$(firmware-objs) $(FW_SIMD))
LIBQNN_TSAN_ALL := $(LIBQNN_TSAN_OBJ) $(addprefix $(LIBQNN_TSAN)/,$(libqnn-device-objs) \
	libqnn/tests/device_test.o libqnn/tests/lanes_test.o)

$(foreach s,$(FW_SETS),$(eval \
	$(addprefix $(LIBQNN_TSAN)/,$(firmware-$s-objs)): \
		OBJ_CFLAGS += $(firmware-$s-flags) -D_MM_MALLOC_H_INCLUDED))
$(addprefix $(LIBQNN_TSAN)/,$(firmware-objs) $(FW_SIMD)): \
	OBJ_CFLAGS += -ffreestanding $(FW_HAVE)

$(LIBQNN_TSAN)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) -fsanitize=thread $(QNN_CPPFLAGS) $(OBJ_CFLAGS) -MMD -MP -c $< -o $@

$(LIBQNN_TSAN)/device_test: $(addprefix $(LIBQNN_TSAN)/,$(libqnn-device-objs))
$(LIBQNN_TSAN)/%_test: $(LIBQNN_TSAN)/libqnn/tests/%_test.o $(LIBQNN_TSAN_OBJ)
	$(CC) $(QNN_CFLAGS) -fsanitize=thread $^ $(LIBQNN_TEST_LIBS) -o $@

-include $(LIBQNN_TSAN_ALL:.o=.d)

$(LIBQNN_TSAN)/tsan_test: libqnn/tests/tsan_test.sh $(LIBQNN_TSAN)/device_test
	install -m 755 $< $@

$(LIBQNN_TSAN)/tsan_lanes_test: libqnn/tests/tsan_test.sh $(LIBQNN_TSAN)/lanes_test
	sed 's/device_test/lanes_test/' $< >$@
	chmod +x $@

UNIT_TESTS += $(LIBQNN_TSAN)/tsan_test $(LIBQNN_TSAN)/tsan_lanes_test

# The fuzzer needs clang; the seed of its corpus is the model of the tests.
FUZZ_CC ?= clang
LIBQNN_FUZZ := $(B)/fuzz/obj
LIBQNN_FUZZ_OBJ := $(addprefix $(LIBQNN_FUZZ)/,libqnn/tests/file_fuzz.o $(libqnn-objs) \
	$(firmware-objs))

$(LIBQNN_FUZZ)/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(QNN_CFLAGS) $(SANITIZE) -fsanitize=fuzzer-no-link $(QNN_CPPFLAGS) \
		-MMD -MP -c $< -o $@

$(B)/fuzz/qnn-file: $(LIBQNN_FUZZ_OBJ) $(LIBQNN_FC)
	$(FUZZ_CC) $(QNN_CFLAGS) $(SANITIZE) -fsanitize=fuzzer $(filter %.o,$^) $(LIBQNN_LIBS) -o $@
	@mkdir -p $@.corpus
	cp $(LIBQNN_FC) $(LIBQNN_FC:fc.qnn=packed.qnn) $@.corpus/

-include $(LIBQNN_FUZZ_OBJ:.o=.d)

FUZZERS += $(B)/fuzz/qnn-file
