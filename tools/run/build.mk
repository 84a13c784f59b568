# SPDX-License-Identifier: MIT
#
# qnn-run: run a model and measure it. $(B)/san has it with sanitizers.
QNN_RUN_SRC := $(sort $(wildcard tools/run/*.c)) $(TOOLS_COMMON_SRC)

$(B)/tools/qnn-run: $(QNN_RUN_SRC:%.c=$(B)/obj/%.o) $(TOOLS_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(LDFLAGS) $^ -o $@ $(TOOLS_LIBS)

$(B)/san/tools/qnn-run: $(QNN_RUN_SRC:%.c=$(B)/san/%.o) $(TOOLS_SAN_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $(LDFLAGS) $^ -o $@ $(TOOLS_LIBS)

ALL += $(B)/tools/qnn-run

QNN_RUN_TEST := $(B)/san/tools/tests/run_measure
QNN_RUN_TEST_SRC := tools/tests/run_measure.c selftests/lib/qnn_prog.c \
	$(filter-out tools/run/main.c,$(QNN_RUN_SRC))

$(QNN_RUN_TEST): $(QNN_RUN_TEST_SRC:%.c=$(B)/san/%.o) $(TOOLS_SAN_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $(LDFLAGS) $^ -o $@ -lcmocka $(TOOLS_LIBS)

UNIT_TESTS += $(QNN_RUN_TEST)
