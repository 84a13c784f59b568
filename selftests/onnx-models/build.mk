# SPDX-License-Identifier: MIT
#
# The program that runs ONNX files for the scripts of this folder.

ONNX_RUN := $(B)/selftests/onnx-models/run_onnx

$(ONNX_RUN): $(B)/obj/selftests/onnx-models/run_onnx.o $(PACK_LIB) $(TOOLS_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(LDFLAGS) $^ -o $@ $(PACK_LIBS)

# selftests/checks/onnx-models.sh runs it.
tests: $(ONNX_RUN)
