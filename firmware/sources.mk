# SPDX-License-Identifier: (GPL-2.0 OR MIT)
#
# The device code, one list for all that compile it. Paths count from the top
# of the tree; no two files share a base name.
firmware-objs := \
	firmware/element.o \
	firmware/names.o \
	firmware/ops.o \
	firmware/cost.o \
	firmware/exec.o \
	firmware/validate/check.o \
	firmware/validate/check_program.o \
	firmware/validate/check_tensor.o \
	firmware/validate/check_stage.o \
	firmware/validate/check_conv.o \
	firmware/validate/check_pool.o \
	firmware/validate/check_elementwise.o \
	firmware/validate/check_copy.o \
	firmware/validate/check_argmax.o \
	firmware/validate/check_softmax.o \
	firmware/mac/array.o \
	firmware/mac/conv.o \
	firmware/mac/depthwise.o \
	firmware/mac/grid.o \
	firmware/mac/operand.o \
	firmware/mac/unpack.o \
	firmware/vector/pool.o \
	firmware/vector/elementwise.o \
	firmware/vector/copy.o \
	firmware/vector/argmax.o \
	firmware/vector/softmax.o \
	firmware/stage/round.o \
	firmware/stage/output.o \
	firmware/stage/pack.o
