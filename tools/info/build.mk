# SPDX-License-Identifier: MIT
#
# qnn-info: show what is in a model file. $(B)/san has it with sanitizers.
QNN_INFO_SRC := $(sort $(wildcard tools/info/*.c)) $(TOOLS_COMMON_SRC)

$(B)/tools/qnn-info: $(QNN_INFO_SRC:%.c=$(B)/obj/%.o) $(TOOLS_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(LDFLAGS) $^ -o $@ $(TOOLS_LIBS)

$(B)/san/tools/qnn-info: $(QNN_INFO_SRC:%.c=$(B)/san/%.o) $(TOOLS_SAN_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $(LDFLAGS) $^ -o $@ $(TOOLS_LIBS)

ALL += $(B)/tools/qnn-info
