# SPDX-License-Identifier: MIT
#
# The TFLite importer. One file is C++, because the FlatBuffers library is; it
# needs nothing of the C++ run time, so that everything is linked as C.
CXX ?= g++
FLATC ?= flatc

TFLITE_GEN := $(B)/tools/tflite/schema_generated.h
TFLITE_CXXFLAGS = -std=c++17 -fno-exceptions -fno-rtti -Wall -Wextra -Werror \
	-fPIC -fvisibility=hidden $(OPT) $(CXXFLAGS)
TFLITE_OBJ := tools/tflite/read.cc.o
TFLITE_SRC := $(wildcard tools/tflite/*.c)

$(TFLITE_GEN): tools/tflite/schema.fbs
	@mkdir -p $(@D)
	$(FLATC) --cpp -o $(@D) $<

$(B)/obj/$(TFLITE_OBJ): tools/tflite/read.cc $(TFLITE_GEN)
	@mkdir -p $(@D)
	$(CXX) $(TFLITE_CXXFLAGS) $(QNN_CPPFLAGS) -I$(dir $(TFLITE_GEN)) -MMD -MP -c $< -o $@

$(B)/san/$(TFLITE_OBJ): tools/tflite/read.cc $(TFLITE_GEN)
	@mkdir -p $(@D)
	$(CXX) $(TFLITE_CXXFLAGS) $(SANITIZE) $(QNN_CPPFLAGS) -I$(dir $(TFLITE_GEN)) -MMD -MP -c $< -o $@
