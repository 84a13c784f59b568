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
	firmware/stage/pack.o \
	firmware/fast/cpu.o \
	firmware/fast/isa.o \
	firmware/fast/plan.o \
	firmware/fast/prepare.o \
	firmware/fast/repack.o \
	firmware/fast/run.o \
	firmware/fast/spare.o \
	firmware/fast/spots.o \
	firmware/fast/add_estimate.o \
	firmware/fast/fast_add.o \
	firmware/fast/fast_conv.o \
	firmware/fast/fast_depthwise.o \
	firmware/fast/fast_depthwise_3x3.o \
	firmware/fast/fast_depthwise_narrow.o \
	firmware/fast/fast_map.o \
	firmware/fast/fast_pairs.o \
	firmware/fast/fast_pool.o \
	firmware/fast/fast_stage.o \
	firmware/fast/lines.o \
	firmware/fast/pool_packed.o \
	firmware/fast/view.o \
	firmware/fast/plan_bits.o \
	firmware/fast/repack_bits.o \
	firmware/fast/steps.o \
	firmware/fast/view_bits.o

# Kernels, which need instructions that the rest must not use.
firmware-avx2-objs := \
	firmware/fast/avx2/add_avx2.o \
	firmware/fast/avx2/add_estimate_avx2.o \
	firmware/fast/avx2/bytes_avx2.o \
	firmware/fast/avx2/count_avx2.o \
	firmware/fast/avx2/depthwise_avx2.o \
	firmware/fast/avx2/mac_avx2.o \
	firmware/fast/avx2/mac_narrow_avx2.o \
	firmware/fast/avx2/mac_packed_avx2.o \
	firmware/fast/avx2/mac_short_avx2.o \
	firmware/fast/avx2/stage_avx2.o \
	firmware/fast/avx2/stage_codes_avx2.o \
	firmware/fast/avx2/steps_avx2.o \
	firmware/fast/avx2/widen_avx2.o
firmware-avx2-flags := -mavx2
firmware-avx512-objs := \
	firmware/fast/avx512/add_avx512vnni.o \
	firmware/fast/avx512/add_estimate_avx512vnni.o \
	firmware/fast/avx512/bytes_avx512vnni.o \
	firmware/fast/avx512/depthwise_3x3_avx512vnni.o \
	firmware/fast/avx512/depthwise_avx512vnni.o \
	firmware/fast/avx512/depthwise_narrow_avx512vnni.o \
	firmware/fast/avx512/mac_avx512vnni.o \
	firmware/fast/avx512/mac_packed_avx512vnni.o \
	firmware/fast/avx512/stage_avx512vnni.o \
	firmware/fast/avx512/stage_codes_avx512vnni.o \
	firmware/fast/avx512/steps_avx512vnni.o \
	firmware/fast/avx512/widen_avx512vnni.o
firmware-avx512-flags := -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni
firmware-avx512bits-objs := \
	firmware/fast/avx512/add_avx512bits.o \
	firmware/fast/avx512/count_avx512bits.o \
	firmware/fast/avx512/pairs_avx512bits.o
firmware-avx512bits-flags := $(firmware-avx512-flags) -mavx512vbmi -mavx512vpopcntdq
# Not for the kernel, which does not keep tiles of its own.
firmware-amx-objs := \
	firmware/fast/amx/mac_amx.o
firmware-amx-flags := $(firmware-avx512bits-flags) -mamx-tile -mamx-int8
# Not for the kernel either, which has the scalar code only on arm64.
firmware-neondot-objs := \
	firmware/fast/neon/add_neondot.o \
	firmware/fast/neon/bytes_neondot.o \
	firmware/fast/neon/count_neondot.o \
	firmware/fast/neon/depthwise_3x3_neondot.o \
	firmware/fast/neon/depthwise_neondot.o \
	firmware/fast/neon/mac_neondot.o \
	firmware/fast/neon/mac_packed_neondot.o \
	firmware/fast/neon/stage_neondot.o \
	firmware/fast/neon/stage_codes_neondot.o \
	firmware/fast/neon/steps_neondot.o \
	firmware/fast/neon/widen_neondot.o
firmware-neondot-flags := -march=armv8.2-a+dotprod
