# SPDX-License-Identifier: MIT
#
# What the tools share: data sets, tables, the progress bar, command lines. The
# tools are linked with our static libraries, so that each is one file to copy.
TOOLS_COMMON_SRC := $(sort $(wildcard tools/common/*.c))
TOOLS_STATIC := $(B)/libqnn/libqnn.a $(B)/firmware/libqnnfw.a
TOOLS_LIBS := -ldrm -ljansson -lz -lpthread -lm
