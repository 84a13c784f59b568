# SPDX-License-Identifier: MIT
#
# qnn-compare: what qnn-run --compare starts. Of qnn-run it has the command
# line, the data and the device; of qnn-pack all but the command line.
COMPARE_SRC := $(wildcard tools/compare/*.c) \
	$(addprefix tools/run/,options.c source.c device.c)

$(B)/tools/qnn-compare: $(COMPARE_SRC:%.c=$(B)/obj/%.o) $(PACK_LIB) $(TOOLS_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(LDFLAGS) $^ -o $@ $(PACK_LIBS) -lmd

$(B)/san/tools/qnn-compare: $(COMPARE_SRC:%.c=$(B)/san/%.o) $(PACK_SAN_LIB) $(TOOLS_SAN_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $(LDFLAGS) $^ -o $@ $(PACK_LIBS) -lmd

ALL += $(B)/tools/qnn-compare

COMPARE_STATS_TEST := $(B)/san/tools/tests/compare_stats

$(COMPARE_STATS_TEST): $(addprefix $(B)/san/,tools/tests/compare_stats.o tools/compare/stats.o)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $(LDFLAGS) $^ -o $@ -lcmocka -lm

UNIT_TESTS += $(COMPARE_STATS_TEST)
