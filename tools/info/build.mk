# SPDX-License-Identifier: MIT
#
# qnn-info: show what is in a model file.
QNN_INFO := $(B)/tools/qnn-info
QNN_INFO_OBJ := $(patsubst %.c,$(B)/obj/%.o,$(sort $(wildcard tools/info/*.c)) $(TOOLS_COMMON_SRC))

$(QNN_INFO): $(QNN_INFO_OBJ) $(TOOLS_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(LDFLAGS) $^ -o $@ $(TOOLS_LIBS)

ALL += $(QNN_INFO)
