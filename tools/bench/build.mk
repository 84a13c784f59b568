# SPDX-License-Identifier: MIT
#
# qnn-bench: ratios of models and devices, timed side by side.
BENCH_SRC := $(wildcard tools/bench/*.c) $(TOOLS_COMMON_SRC)

$(B)/tools/qnn-bench: $(BENCH_SRC:%.c=$(B)/obj/%.o) $(TOOLS_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(LDFLAGS) $^ -o $@ $(TOOLS_LIBS)

ALL += $(B)/tools/qnn-bench
