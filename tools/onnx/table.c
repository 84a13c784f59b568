// SPDX-License-Identifier: MIT
/* The operators that there are, and what is known of others. */
#include "priv.h"

#include <string.h>

#define QONNX	"qonnx.custom_op.general"
#define MS	"com.microsoft"
#define LAST	ONNX_MAX_OPSET

/* In the order of their names. */
static const struct operator operators[] = {
	{ { "Abs", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "Add", "", 7, LAST, "two values, either repeated along sides of 1; or a constant: one number, or one for each channel" }, 2, 2, op_add },
	{ { "And", "", 7, LAST, "constants only" }, 2, 2, op_fold_binary },
	{ { "ArgMax", "", 7, LAST, "along one axis, the first of equals" }, 1, 1, op_argmax },
	{ { "AveragePool", "", 7, LAST, "one or two directions; auto_pad, ceil_mode, count_include_pad, dilations" }, 1, 1, op_average_pool },
	{ { "BatchNormalization", "", 7, LAST, "inference; folded into the layer before it" }, 5, 5, op_batch_norm },
	{ { "BipolarQuant", QONNX, 1, 2, "one scale for values, any for constants" }, 2, 2, op_bipolar_quant },
	{ { "Cast", "", 7, LAST, "between kinds of floats, from integers to floats, of constants, and behind ArgMax" }, 1, 1, op_cast },
	{ { "Ceil", "", 7, LAST, "constants only" }, 1, 1, op_fold_unary },
	{ { "Celu", "", 12, LAST, "all of it" }, 1, 1, op_celu },
	{ { "Clip", "", 7, LAST, "constant bounds; between QuantizeLinear and DequantizeLinear it says how wide the codes are (QCDQ)" }, 1, 3, op_clip },
	{ { "Concat", "", 7, LAST, "up to 256 values along any axis, or constants" }, 1, 256, op_concat },
	{ { "Constant", "", 7, LAST, "value, value_float, value_floats, value_int, value_ints" }, 0, 0, op_constant },
	{ { "ConstantOfShape", "", 9, LAST, "of a constant shape" }, 1, 1, op_constant_of_shape },
	{ { "Conv", "", 7, LAST, "one or two directions, constant weights; auto_pad, dilations, groups; kernel, stride and dilation up to 255" }, 2, 3, op_conv },
	{ { "ConvInteger", "", 10, LAST, "constant weights and zero points" }, 2, 4, op_conv_integer },
	{ { "ConvTranspose", "", 7, LAST, "one or two directions, constant weights; auto_pad, output_padding, output_shape, groups" }, 2, 3, op_conv_transpose },
	{ { "DepthToSpace", "", 7, LAST, "DCR and CRD" }, 1, 1, op_depth_to_space },
	{ { "DequantizeLinear", "", 10, LAST, "int8, uint8, int4, uint4, int2, uint2, and int32 of biases; per tensor, of constants per axis too; not blocked" }, 2, 3, op_dequantize_linear },
	{ { "DequantizeLinear", MS, 1, 1, "as ONNX's" }, 2, 3, op_dequantize_linear },
	{ { "Div", "", 7, LAST, "by a constant, of a constant, or of two values as a product with the reciprocal" }, 2, 2, op_div },
	{ { "Dropout", "", 7, LAST, "does nothing" }, 1, 3, op_dropout },
	{ { "DynamicQuantizeLinear", "", 11, LAST, "refused: quantize statically" }, 1, 1, op_dynamic_quantize },
	{ { "Elu", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "Equal", "", 7, LAST, "constants only" }, 2, 2, op_fold_binary },
	{ { "Erf", "", 9, LAST, "all of it" }, 1, 1, op_function },
	{ { "Exp", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "Expand", "", 8, LAST, "to a constant shape" }, 2, 2, op_expand },
	{ { "Flatten", "", 7, LAST, "any axis" }, 1, 1, op_flatten },
	{ { "Floor", "", 7, LAST, "constants only" }, 1, 1, op_fold_unary },
	{ { "Gather", "", 7, LAST, "constants; of values, indices that count up or down evenly" }, 2, 2, op_gather },
	{ { "Gelu", "", 20, LAST, "with erf, also where the approximation by tanh is asked for" }, 1, 1, op_function },
	{ { "Gelu", MS, 1, 1, "all of it" }, 1, 1, op_function },
	{ { "Gemm", "", 7, LAST, "constant weights and bias; alpha above zero, beta, transA, transB" }, 2, 3, op_gemm },
	{ { "GlobalAveragePool", "", 7, LAST, "all of it" }, 1, 1, op_global_average_pool },
	{ { "GlobalMaxPool", "", 7, LAST, "all of it" }, 1, 1, op_global_max_pool },
	{ { "Greater", "", 7, LAST, "constants only" }, 2, 2, op_fold_binary },
	{ { "HardSigmoid", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "HardSwish", "", 14, LAST, "all of it" }, 1, 1, op_function },
	{ { "Identity", "", 7, LAST, "does nothing" }, 1, 1, op_identity },
	{ { "IntQuant", QONNX, 1, 2, "as Quant" }, 4, 4, op_quant },
	{ { "LeakyRelu", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "Less", "", 7, LAST, "constants only" }, 2, 2, op_fold_binary },
	{ { "Log", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "LogSoftmax", "", 7, LAST, "at the end of a network, where it is dropped" }, 1, 1, op_softmax },
	{ { "MatMul", "", 7, LAST, "of a value with a constant matrix, from either side" }, 2, 2, op_matmul },
	{ { "MatMulInteger", "", 10, LAST, "constant weights and zero points" }, 2, 4, op_matmul_integer },
	{ { "Max", "", 7, LAST, "of one value and constant numbers" }, 1, 64, op_min_max },
	{ { "MaxPool", "", 7, LAST, "one or two directions; auto_pad, ceil_mode, dilations; the first result" }, 1, 1, op_max_pool },
	{ { "Min", "", 7, LAST, "of one value and constant numbers" }, 1, 64, op_min_max },
	{ { "Mish", "", 18, LAST, "all of it" }, 1, 1, op_function },
	{ { "Mod", "", 10, LAST, "constants only" }, 2, 2, op_fold_binary },
	{ { "Mul", "", 7, LAST, "as Add" }, 2, 2, op_mul },
	{ { "MultiThreshold", QONNX, 1, 2, "one row, or one for each channel; out_scale above zero, out_bias, data_layout" }, 2, 2, op_multi_threshold },
	{ { "Neg", "", 7, LAST, "all of it" }, 1, 1, op_neg },
	{ { "Not", "", 7, LAST, "constants only" }, 1, 1, op_fold_unary },
	{ { "Or", "", 7, LAST, "constants only" }, 2, 2, op_fold_binary },
	{ { "PRelu", "", 7, LAST, "one slope, or one for each channel" }, 2, 2, op_prelu },
	{ { "Pad", "", 7, LAST, "constant, edge and reflect; constant pads" }, 1, 4, op_pad },
	{ { "Pow", "", 7, LAST, "constant exponent" }, 2, 2, op_pow },
	{ { "QGemm", MS, 1, 1, "constant weights and bias; transB; alpha 1" }, 6, 9, op_qgemm },
	{ { "QLinearAdd", MS, 1, 1, "as Add" }, 7, 8, op_qlinear_binary },
	{ { "QLinearAveragePool", MS, 1, 1, "as AveragePool" }, 4, 5, op_qlinear_unary },
	{ { "QLinearConcat", MS, 1, 1, "up to 20 values along any axis" }, 5, 62, op_qlinear_concat },
	{ { "QLinearConv", "", 10, LAST, "as Conv; weights per tensor or per channel" }, 8, 9, op_qlinear_conv },
	{ { "QLinearGlobalAveragePool", MS, 1, 1, "as GlobalAveragePool" }, 4, 5, op_qlinear_unary },
	{ { "QLinearLeakyRelu", MS, 1, 1, "as LeakyRelu" }, 4, 5, op_qlinear_unary },
	{ { "QLinearMatMul", "", 10, LAST, "constant second input, per tensor or per column" }, 8, 8, op_qlinear_matmul },
	{ { "QLinearMul", MS, 1, 1, "as Mul" }, 7, 8, op_qlinear_binary },
	{ { "QLinearSigmoid", MS, 1, 1, "as Sigmoid" }, 4, 5, op_qlinear_unary },
	{ { "QLinearSoftmax", MS, 1, 1, "as Softmax of opset 13" }, 4, 5, op_qlinear_unary },
	{ { "Quant", QONNX, 1, 2, "1 to 8 bits for values and weights, up to 32 for biases; all rounding modes; one scale for values, any for constants" }, 4, 4, op_quant },
	{ { "QuantizeLinear", "", 10, LAST, "to int8, uint8, int4, uint4, int2, uint2; per tensor, of constants per axis too; not blocked" }, 2, 3, op_quantize_linear },
	{ { "QuantizeLinear", MS, 1, 1, "as ONNX's" }, 2, 3, op_quantize_linear },
	{ { "QuickGelu", MS, 1, 1, "all of it" }, 1, 1, op_function },
	{ { "Range", "", 11, LAST, "constants only" }, 3, 3, op_range },
	{ { "Reciprocal", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "ReduceMax", "", 7, LAST, "over height and width, over the channels, or over all" }, 1, 2, op_reduce },
	{ { "ReduceMean", "", 7, LAST, "over height and width, over the channels, or over all" }, 1, 2, op_reduce },
	{ { "ReduceSum", "", 7, LAST, "over height and width, over the channels, or over all" }, 1, 2, op_reduce },
	{ { "Relu", "", 7, LAST, "all of it" }, 1, 1, op_relu },
	{ { "Reshape", "", 7, LAST, "to up to three dimensions above 1" }, 2, 2, op_reshape },
	{ { "Resize", "", 10, LAST, "nearest; constant scales or sizes" }, 1, 4, op_resize },
	{ { "Selu", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "Shape", "", 7, LAST, "becomes a constant" }, 1, 1, op_shape },
	{ { "Sigmoid", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "Size", "", 7, LAST, "becomes a constant" }, 1, 1, op_size },
	{ { "Slice", "", 7, LAST, "constant starts, ends and steps" }, 1, 5, op_slice },
	{ { "Softmax", "", 7, LAST, "along one axis; at the end of a network in floats, by libqnn" }, 1, 1, op_softmax },
	{ { "Softplus", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "Softsign", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "SpaceToDepth", "", 7, LAST, "all of it" }, 1, 1, op_space_to_depth },
	{ { "Split", "", 7, LAST, "constant sizes" }, 1, 2, op_split },
	{ { "Sqrt", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "Squeeze", "", 7, LAST, "constant axes" }, 1, 2, op_squeeze },
	{ { "Sub", "", 7, LAST, "as Add" }, 2, 2, op_sub },
	{ { "Sum", "", 8, LAST, "of values" }, 1, 64, op_sum },
	{ { "Swish", "", 24, LAST, "all of it" }, 1, 1, op_function },
	{ { "Tanh", "", 7, LAST, "all of it" }, 1, 1, op_function },
	{ { "Transpose", "", 7, LAST, "values and constants" }, 1, 1, op_transpose },
	{ { "Trunc", QONNX, 1, 2, "both versions" }, 5, 6, op_trunc },
	{ { "Unsqueeze", "", 7, LAST, "constant axes" }, 1, 2, op_unsqueeze },
	{ { "Upsample", "", 7, 9, "nearest; constant scales" }, 1, 2, op_upsample },
	{ { "Where", "", 9, LAST, "constants only" }, 3, 3, op_where },
};

/* What to do instead. */
static const struct {
	const char *type;
	const char *text;
} hints[] = {
	{ "DynamicQuantizeMatMul", ": quantize statically (onnxruntime.quantization.quantize_static)" },
	{ "GroupNormalization", ": train with BatchNormalization, which is folded away" },
	{ "GRU", ": the device keeps no state; unroll it, or use convolutions over time" },
	{ "If", ": export the network with the branch that is taken (onnxsim removes constant conditions)" },
	{ "InstanceNormalization", ": train with BatchNormalization, which is folded away" },
	{ "LSTM", ": the device keeps no state; cut the network in front of it, or use convolutions over time" },
	{ "LayerNormalization", ": train with BatchNormalization, which is folded away" },
	{ "Loop", ": unroll it" },
	{ "LpNormalization", ": cut the network in front of it" },
	{ "NonMaxSuppression", ": cut the network in front of it, and do it on the CPU" },
	{ "RNN", ": the device keeps no state; unroll it, or use convolutions over time" },
	{ "RoiAlign", ": cut the network in front of it" },
	{ "Round", ": QuantizeLinear says how to round" },
	{ "ScatterND", ": cut the network in front of it" },
	{ "Sign", ": BipolarQuant of QONNX has two values" },
	{ "TopK", ": cut the network in front of it, and do it on the CPU; ArgMax is supported" },
};

static bool quant_domain(const char *d)
{
	return !strncmp(d, "qonnx.custom_op.", 16) ||
	       !strcmp(d, "onnx.brevitas") ||
	       !strncmp(d, "finn.custom_op.", 15);
}

static bool same_domain(const char *ours, const char *d)
{
	if (!*ours)
		return !*d || !strcmp(d, "ai.onnx");
	return !strcmp(ours, QONNX) ? quant_domain(d) : !strcmp(ours, d);
}

const struct operator *operator_find(const Onnx__NodeProto *node)
{
	const char *d = node->domain ? node->domain : "";
	const char *type = node->op_type ? node->op_type : "";

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (!strcmp(type, operators[i].doc.type) &&
		    same_domain(operators[i].doc.domain, d))
			return &operators[i];
	return NULL;
}

const struct onnx_operator_doc *onnx_operator(size_t index)
{
	return index < sizeof(operators) / sizeof(operators[0]) ?
	       &operators[index].doc : NULL;
}

const char *operator_hint(const char *type)
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (!strcmp(type, hints[i].type))
			return hints[i].text;
	return "";
}
