# SPDX-License-Identifier: (GPL-2.0 OR MIT)
#
# The device code as a static library, plain and sanitized.

include firmware/sources.mk

FW_OBJ := $(addprefix $(B)/obj/,$(firmware-objs))
FW_SAN := $(addprefix $(B)/san/,$(firmware-objs))
FW_LIB := $(B)/firmware/libqnnfw.a
FW_SAN_LIB := $(B)/san/firmware/libqnnfw.a

$(FW_OBJ) $(FW_SAN): OBJ_CFLAGS := -ffreestanding

$(FW_LIB): $(FW_OBJ)
$(FW_SAN_LIB): $(FW_SAN)
$(FW_LIB) $(FW_SAN_LIB):
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^

ALL += $(FW_LIB)
