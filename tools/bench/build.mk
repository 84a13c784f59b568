# SPDX-License-Identifier: MIT
#
# qnn-bench: ratios of models and devices, timed side by side.
BENCH_OBJS := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tools/bench/*.c))

$(B)/tools/qnn-bench: $(BENCH_OBJS) $(B)/libqnn/libqnn.a $(B)/firmware/libqnnfw.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $^ -ldrm -ljansson -lz -lpthread -o $@

ALL += $(B)/tools/qnn-bench
