# SPDX-License-Identifier: (GPL-2.0 OR MIT)
#
# The tools. Each program or shared folder that others maintain has its own
# fragment; this file has the importer, the quantizer and the packer.
-include tools/common/build.mk tools/run/build.mk tools/info/build.mk tools/bench/build.mk \
	tools/tflite/build.mk

# What qnn-pack and qnn-float are made of, and their tests use: everything but
# the two main files and the command line.
QNN_PACK_SRC := $(addprefix tools/pack/,main.c options.c options_files.c options_quant.c mixed.c)
PACK_SRC := $(filter-out %/main.c $(QNN_PACK_SRC),$(wildcard tools/graph/*.c tools/onnx/*.c \
	tools/import/*.c tools/float/*.c tools/quant/*.c tools/pack/*.c \
	tools/report/*.c)) $(TFLITE_SRC)
PACK_GEN := $(B)/tools/onnx/onnx.pb-c
PACK_LIBS = -lprotobuf-c -lopenblas $(TOOLS_LIBS)
PACK_PARTS := $(PACK_SRC:.c=.o) $(PACK_GEN).o $(TOOLS_COMMON_SRC:.c=.o) $(TFLITE_OBJ)
PACK_LIB := $(B)/tools/libpack.a
PACK_SAN_LIB := $(B)/san/tools/libpack.a

# The reader for ONNX files is generated from the description that Debian has.
# Fields through which a message can contain its own kind are left out: nothing
# here reads them, and without them no file can make the reader recurse.
ONNX_PROTO ?= /usr/include/onnx/onnx.proto
ONNX_RECURSIVE := (GraphProto|TypeProto) (g|tp|graphs|type_protos|elem_type|value_type) =

$(B)/tools/onnx/onnx.proto: $(ONNX_PROTO)
	@mkdir -p $(@D)
	sed -E '/(optional|repeated) $(ONNX_RECURSIVE)/d' $< > $@

$(PACK_GEN).c: $(B)/tools/onnx/onnx.proto
	protoc-c --proto_path=$(@D) --c_out=$(@D) $<

PACK_TEST_SRC := $(wildcard $(addprefix tools/tests/,onnx_*.c float_*.c pack_*.c graph_*.c quant_*.c))
PACK_USES_PROTO := $(filter tools/onnx/%,$(PACK_SRC)) $(PACK_GEN).c $(PACK_TEST_SRC)
PACK_USES_PROTO_OBJ := $(foreach f,obj san,$(PACK_USES_PROTO:%.c=$(B)/$(f)/%.o))
$(PACK_USES_PROTO_OBJ): OBJ_CFLAGS := -I$(B)/tools/onnx
$(PACK_USES_PROTO_OBJ): | $(PACK_GEN).c

$(PACK_LIB): $(addprefix $(B)/obj/,$(PACK_PARTS))
$(PACK_SAN_LIB): $(addprefix $(B)/san/,$(PACK_PARTS))
$(PACK_LIB) $(PACK_SAN_LIB):
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^

ALL += $(PACK_LIB)

# $(B)/san has the programs with sanitizers.
$(B)/tools/qnn-float: $(B)/obj/tools/float/main.o $(PACK_LIB) $(TOOLS_STATIC)
$(B)/tools/qnn-pack: $(QNN_PACK_SRC:%.c=$(B)/obj/%.o) $(PACK_LIB) $(TOOLS_STATIC)
$(B)/tools/qnn-pack: PACK_LIBS += -lmd
$(B)/tools/qnn-float $(B)/tools/qnn-pack:
	$(CC) $(QNN_CFLAGS) $(LDFLAGS) $^ -o $@ $(PACK_LIBS)

$(B)/san/tools/qnn-float: $(B)/san/tools/float/main.o $(PACK_SAN_LIB) $(TOOLS_SAN_STATIC)
$(B)/san/tools/qnn-pack: $(QNN_PACK_SRC:%.c=$(B)/san/%.o) $(PACK_SAN_LIB) $(TOOLS_SAN_STATIC)
$(B)/san/tools/qnn-pack: PACK_LIBS += -lmd
$(B)/san/tools/qnn-float $(B)/san/tools/qnn-pack:
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $(LDFLAGS) $^ -o $@ $(PACK_LIBS)

ALL += $(B)/tools/qnn-pack $(B)/tools/qnn-float

# Tests. Models for them are made by onnx_build.c and run by pack_run.c.
PACK_TEST_OBJ := $(addprefix $(B)/san/tools/tests/,onnx_build.o pack_run.o graph_make.o)
PACK_TESTS := $(addprefix $(B)/san/tools/tests/,quant_steps quant_methods quant_prune quant_ranges quant_slim \
	quant_teacher pack_methods onnx_import onnx_hostile onnx_limits onnx_quant \
	float_exec pack_exact pack_float pack_digits pack_plan pack_report \
	pack_integer pack_nodes pack_functions pack_types pack_steps)
$(PACK_TESTS): %: %.o $(PACK_TEST_OBJ) $(PACK_SAN_LIB) $(TOOLS_SAN_STATIC)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $(LDFLAGS) $^ -o $@ -lcmocka $(PACK_LIBS)

UNIT_TESTS += $(PACK_TESTS)

# A fuzzer from files to programs, by clang's libFuzzer.
.PHONY: fuzz-onnx
fuzz-onnx: $(B)/fuzz/onnx

# What the fuzzers of both formats have in common.
PACK_FUZZ_SRC := tools/tests/fuzz_pack.c $(addprefix tools/common/,text.c file.c) \
	$(firmware-objs:.o=.c) $(filter-out tools/onnx/% $(TFLITE_SRC) tools/pack/file.c \
		tools/pack/origin.c tools/report/% tools/import/%,$(PACK_SRC))
PACK_FUZZ_DEPS := tools/tests/fuzz_pack.h \
	$(wildcard $(addprefix tools/,graph/*.h quant/*.h pack/*.h common/*.h))
PACK_FUZZ_FLAGS := -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

ONNX_FUZZ_SRC := tools/tests/fuzz_onnx.c $(PACK_GEN).c $(filter tools/onnx/%,$(PACK_SRC))

$(B)/fuzz/onnx: $(ONNX_FUZZ_SRC) $(PACK_FUZZ_SRC) $(PACK_FUZZ_DEPS) $(wildcard tools/onnx/*.h)
	@mkdir -p $(@D)
	clang $(QNN_CFLAGS) $(PACK_FUZZ_FLAGS) $(QNN_CPPFLAGS) -I$(B)/tools/onnx \
		$(filter %.c,$^) -lprotobuf-c -lopenblas -lm -o $@

FUZZERS += $(B)/fuzz/onnx

# The same without a fuzzer, for what it has found: selftests/checks/corpus.sh.
$(B)/san/replay/onnx: $(B)/san/selftests/lib/replay.o $(B)/san/tools/tests/fuzz_onnx.o \
		$(B)/san/tools/tests/fuzz_pack.o \
		$(PACK_SAN_LIB) $(TOOLS_SAN_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $^ -o $@ $(PACK_LIBS)

REPLAYERS += $(B)/san/replay/onnx

-include tools/report/build.mk tools/compare/build.mk tools/tflite/tests.mk
