# SPDX-License-Identifier: MIT
#
# What the tools share: data sets, tables, the progress bar, command lines. The
# tools are linked with our static libraries, so that each is one file to copy.
TOOLS_COMMON_SRC := $(sort $(wildcard tools/common/*.c))
TOOLS_COMMON_LIBS := -ljansson -lz -lm
TOOLS_STATIC := $(B)/libqnn/libqnn.a
TOOLS_SAN_STATIC := $(B)/san/libqnn/libqnn.a
TOOLS_LIBS := -ldrm $(TOOLS_COMMON_LIBS) -lpthread

TOOLS_COMMON_TESTS := $(patsubst tools/tests/%.c,$(B)/san/tools/tests/%, \
	$(wildcard tools/tests/common_*.c))

$(TOOLS_COMMON_TESTS): $(TOOLS_COMMON_SRC:%.c=$(B)/san/%.o)
$(TOOLS_COMMON_TESTS): $(B)/san/tools/tests/common_%: $(B)/san/tools/tests/common_%.o
	$(CC) $(QNN_CFLAGS) $(SANITIZE) $(LDFLAGS) $^ -o $@ -lcmocka $(TOOLS_COMMON_LIBS)

UNIT_TESTS += $(TOOLS_COMMON_TESTS)

# Makes the models for selftests/checks/tools-cli.sh.
MAKE_MODEL := $(B)/tools/tests/make_model

$(MAKE_MODEL): $(B)/obj/tools/tests/make_model.o $(B)/obj/selftests/lib/qnn_prog.o $(TOOLS_STATIC)
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) $(LDFLAGS) $^ -o $@ $(TOOLS_LIBS)

ALL += $(MAKE_MODEL)

# bash finds a completion by the name of the program.
TOOLS_INSTALLED := qnn-pack qnn-run qnn-info qnn-float qnn-bench
TOOLS_COMPLETED := qnn-run qnn-info qnn-pack qnn-float qnn-bench

.PHONY: install-tools
install-tools: $(addprefix $(B)/tools/,$(TOOLS_INSTALLED) qnn-compare)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/qnn \
		$(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 755 $(filter-out %/qnn-compare,$^) $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(B)/tools/qnn-compare $(DESTDIR)$(PREFIX)/libexec/qnn/
	install -m 644 $(wildcard Documentation/man/*.1) $(DESTDIR)$(PREFIX)/share/man/man1/
	for name in $(TOOLS_COMPLETED); do \
		install -m 644 tools/completion/qnn \
			$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$name || exit 1; \
	done

DATASET_FUZZ_SRC := tools/tests/fuzz_dataset.c tools/common/reader.c \
	$(wildcard tools/common/dataset*.c)

$(B)/fuzz/dataset: $(DATASET_FUZZ_SRC) $(wildcard tools/common/*.h)
	@mkdir -p $(@D)
	clang $(QNN_CFLAGS) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		$(QNN_CPPFLAGS) $(DATASET_FUZZ_SRC) -lz -lm -o $@

FUZZERS += $(B)/fuzz/dataset
