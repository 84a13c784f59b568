# SPDX-License-Identifier: MIT
#
# qnn-run: run a model and measure it.
QNN_RUN := $(B)/tools/qnn-run
QNN_RUN_OBJ := $(patsubst %.c,$(B)/obj/%.o,$(sort $(wildcard tools/run/*.c)) $(TOOLS_COMMON_SRC))

$(QNN_RUN): $(QNN_RUN_OBJ) $(TOOLS_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(LDFLAGS) $^ -o $@ $(TOOLS_LIBS)

ALL += $(QNN_RUN)
