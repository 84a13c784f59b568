# SPDX-License-Identifier: MIT
#
# What the tools share: data sets, tables, the progress bar, command lines.
TOOLS_COMMON_SRC := $(wildcard tools/common/*.c)
TOOLS_COMMON_LIBS := -ljansson -lz -lm
