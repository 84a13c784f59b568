# SPDX-License-Identifier: (GPL-2.0 OR MIT)
#
# libqnn: shared and static, the latter plain and sanitized. Both contain the
# device code.

libqnn-objs := $(addprefix libqnn/src/, \
	buffer.o \
	crc.o \
	device.o \
	error.o \
	file.o \
	file_layout.o \
	file_program.o \
	file_steps.o \
	file_tensors.o \
	file_texts.o \
	job.o \
	job_data.o \
	memory.o \
	model.o \
	quantize.o \
	tensor.o \
	text.o \
	time.o \
	unpack.o \
	writer.o \
	writer_pack.o \
	writer_program.o \
	writer_save.o \
	inproc/device.o \
	inproc/buffer.o \
	inproc/job.o \
	inproc/lanes.o \
	inproc/program.o \
	inproc/worker.o \
	kernel/device.o \
	kernel/buffer.o \
	kernel/job.o \
	kernel/program.o \
	kernel/queue.o)

# The version stands in qnn.h only.
libqnn_number = $(shell sed -n 's/^\#define QNN_VERSION_$(1)[^0-9]*//p' libqnn/include/qnn.h)
LIBQNN_MAJOR := $(call libqnn_number,MAJOR)
LIBQNN_VERSION := $(LIBQNN_MAJOR).$(call libqnn_number,MINOR).$(call libqnn_number,PATCH)

LIBQNN_OBJ := $(addprefix $(B)/obj/,$(libqnn-objs))
LIBQNN_SAN := $(addprefix $(B)/san/,$(libqnn-objs))
LIBQNN_LIBS := -ldrm -lz -lm -pthread
LIBQNN_A := $(B)/libqnn/libqnn.a
LIBQNN_SAN_A := $(B)/san/libqnn/libqnn.a
LIBQNN_SONAME := libqnn.so.$(LIBQNN_MAJOR)
LIBQNN_SO := $(B)/libqnn/libqnn.so.$(LIBQNN_VERSION)
LIBQNN_LINKS := $(B)/libqnn/$(LIBQNN_SONAME) $(B)/libqnn/libqnn.so
LIBQNN_PC := $(B)/libqnn/qnn.pc
LIBQNN_HEADERS := $(addprefix libqnn/include/,qnn.h qnn_file.h qnn_writer.h)
LIBQNN_MAN := $(wildcard Documentation/man/qnn_*.3 Documentation/man/libqnn.7)

# Functions that a page describes beside the one it is named after: its NAME
# section without the first name.
libqnn_aliases = $$(sed -n '/^\.SH NAME/,/\\-/p' $(1) | sed -e '1d' -e 's/ \\-.*//' | \
	tr -d ',' | tr '\n' ' ' | cut -d ' ' -f 2-)

$(LIBQNN_A): $(LIBQNN_OBJ) $(FW_OBJ)
$(LIBQNN_SAN_A): $(LIBQNN_SAN) $(FW_SAN)
# Appended, not replaced: files in different folders have the same name.
$(LIBQNN_A) $(LIBQNN_SAN_A):
	@mkdir -p $(@D)
	rm -f $@
	$(AR) qcs $@ $^

$(LIBQNN_SO): $(LIBQNN_OBJ) $(FW_OBJ) libqnn/libqnn.map
	@mkdir -p $(@D)
	$(CC) $(QNN_CFLAGS) -shared -Wl,-soname,$(LIBQNN_SONAME) -Wl,-z,defs \
		-Wl,--version-script=libqnn/libqnn.map $(filter %.o,$^) \
		$(LDFLAGS) $(LIBQNN_LIBS) -o $@

$(LIBQNN_LINKS): $(LIBQNN_SO)
	ln -sf $(<F) $@

# Rewritten by each build, touched only when PREFIX or the version changed.
$(LIBQNN_PC): libqnn/qnn.pc.in libqnn/include/qnn.h FORCE
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(LIBQNN_VERSION)|' $< > $@.new
	@cmp -s $@.new $@ || cp $@.new $@
	@rm -f $@.new

.PHONY: FORCE
FORCE:

ALL += $(LIBQNN_A) $(LIBQNN_SO) $(LIBQNN_LINKS) $(LIBQNN_PC)

.PHONY: install-libqnn
install-libqnn: $(LIBQNN_A) $(LIBQNN_SO) $(LIBQNN_PC)
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include \
		$(DESTDIR)$(PREFIX)/share/man/man3 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 755 $(LIBQNN_SO) $(DESTDIR)$(PREFIX)/lib/
	ln -sf $(notdir $(LIBQNN_SO)) $(DESTDIR)$(PREFIX)/lib/$(LIBQNN_SONAME)
	ln -sf $(LIBQNN_SONAME) $(DESTDIR)$(PREFIX)/lib/libqnn.so
	install -m 644 $(LIBQNN_A) $(DESTDIR)$(PREFIX)/lib/
	install -m 644 $(LIBQNN_PC) $(DESTDIR)$(PREFIX)/lib/pkgconfig/
	install -m 644 $(LIBQNN_HEADERS) $(DESTDIR)$(PREFIX)/include/
	install -m 644 $(filter %.7,$(LIBQNN_MAN)) $(DESTDIR)$(PREFIX)/share/man/man7/
	install -m 644 $(filter %.3,$(LIBQNN_MAN)) $(DESTDIR)$(PREFIX)/share/man/man3/
	for page in $(filter %.3,$(LIBQNN_MAN)); do \
		for name in $(call libqnn_aliases,$$page); do \
			echo ".so man3/$${page##*/}" \
				> $(DESTDIR)$(PREFIX)/share/man/man3/$$name.3 || exit 1; \
		done; \
	done

include libqnn/tests/build.mk
