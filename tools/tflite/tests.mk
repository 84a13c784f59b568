# SPDX-License-Identifier: MIT
#
# Tests of the TFLite importer, which need all that qnn-pack is made of.
TFLITE_TESTS := $(patsubst tools/tests/%.c,$(B)/san/tools/tests/%, \
	$(wildcard tools/tests/tflite_*.c))

$(TFLITE_TESTS): %: %.o $(PACK_SAN_LIB) $(TOOLS_SAN_STATIC)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $(LDFLAGS) $^ -o $@ -lcmocka $(PACK_LIBS)

UNIT_TESTS += $(TFLITE_TESTS)

# A fuzzer from files to programs, by clang's libFuzzer.
.PHONY: fuzz-tflite
fuzz-tflite: $(B)/fuzz/tflite

$(B)/fuzz/tflite.read.o: tools/tflite/read.cc tools/tflite/read.h $(TFLITE_GEN)
	@mkdir -p $(@D)
	clang++ $(TFLITE_CXXFLAGS) $(PACK_FUZZ_FLAGS) $(QNN_CPPFLAGS) -I$(dir $(TFLITE_GEN)) -c $< -o $@

$(B)/fuzz/tflite: $(B)/fuzz/tflite.read.o tools/tests/fuzz_tflite.c $(TFLITE_SRC) \
		$(PACK_FUZZ_SRC) $(PACK_FUZZ_DEPS) $(wildcard tools/tflite/*.h)
	@mkdir -p $(@D)
	clang $(QNN_CFLAGS) $(PACK_FUZZ_FLAGS) $(QNN_CPPFLAGS) $(filter %.c %.o,$^) \
		-lopenblas -lm -o $@

FUZZERS += $(B)/fuzz/tflite

# Runs what it found again, see selftests/checks/corpus.sh.
$(B)/san/replay/tflite: $(B)/san/selftests/lib/replay.o $(B)/san/tools/tests/fuzz_tflite.o \
		$(B)/san/tools/tests/fuzz_pack.o \
		$(PACK_SAN_LIB) $(TOOLS_SAN_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $(LDFLAGS) $^ -o $@ $(PACK_LIBS)

REPLAYERS += $(B)/san/replay/tflite
