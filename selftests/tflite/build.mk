# SPDX-License-Identifier: MIT
#
# The program that packs and runs TFLite files for the scripts of this folder.

TFLITE_RUN := $(B)/selftests/tflite/run_models

$(TFLITE_RUN): $(B)/obj/selftests/tflite/run_models.o $(PACK_LIB) $(TOOLS_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(LDFLAGS) $^ -o $@ $(PACK_LIBS)

# selftests/checks/tflite.sh runs it.
tests: $(TFLITE_RUN)
