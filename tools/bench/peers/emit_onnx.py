# SPDX-License-Identifier: MIT
"""A network as an ONNX file of 8 bits between QuantizeLinear and DequantizeLinear.

Values are u8 whose range ends a ReLU, weights s8 with a scale for each channel.
Layers of fewer bits have QONNX nodes.
"""
import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from networks import INPUT

QONNX = "qonnx.custom_op.general"
WEIGHTS = {8: np.int8, 4: ml_dtypes.int4, 2: ml_dtypes.int2}


class Emitter:
    def __init__(self, net):
        self.net = net
        self.random = np.random.default_rng(1)
        self.nodes = []
        self.tensors = []
        self.count = 0
        self.scale = {INPUT: np.float32(1 / 64)}
        self.codes = {}

    def tensor(self, array):
        self.count += 1
        name = f"c{self.count}"
        self.tensors.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def node(self, op, inputs, domain="", **attributes):
        self.count += 1
        name = f"v{self.count}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=f"n{self.count}",
                                           domain=domain, **attributes))
        return name

    def quantize(self, value, layer, source):
        """The float @value through codes; gives the float again."""
        bits = layer.activation_bits
        if bits < 8:
            self.scale[layer.name] = np.float32(1)
            return self.node("Quant", [value, self.tensor(np.float32(1)),
                                       self.tensor(np.float32(0)),
                                       self.tensor(np.float32(bits))], QONNX,
                             signed=int(not layer.relu), narrow=0, rounding_mode="ROUND")
        # Ranges differ from layer to layer, but not across a choice of values.
        scale = (self.scale[source] if layer.op == "maxpool" else
                 np.float32(self.random.uniform(0.8, 1.2) / 64))
        self.scale[layer.name] = scale
        zero = np.uint8(0 if layer.relu else 128)
        self.codes[layer.name] = self.tensor(scale), self.tensor(zero)
        return self.requantize(value, *self.codes[layer.name])

    def requantize(self, value, scale, zero):
        codes = self.node("QuantizeLinear", [value, scale, zero])
        return self.node("DequantizeLinear", [codes, scale, zero])

    def integers(self, codes, scale):
        """Codes with a scale for each output channel."""
        return self.node("DequantizeLinear", [
            self.tensor(codes), self.tensor(scale),
            self.tensor(np.zeros(codes.shape[0], codes.dtype))], axis=0)

    def weights(self, shape, bits, source):
        """@shape: output channels first; @source is multiplied. Gives the bias as well."""
        fan = int(np.prod(shape[1:]))
        scale = (self.random.uniform(0.8, 1.2, shape[0]) / np.sqrt(fan) / 64).astype(np.float32)
        bias = self.random.integers(-400, 400, shape[0], dtype=np.int32)
        if bits > 1:
            most = (1 << bits - 1) - 1
            codes = self.random.integers(-most, most + 1, shape).astype(WEIGHTS[bits])
            scale *= np.float32(127 / most)
            return self.integers(codes, scale), self.integers(bias, scale * self.scale[source])
        bias = self.tensor((bias / 4096).astype(np.float32))
        values = self.tensor(self.random.normal(0, 1, shape).astype(np.float32))
        scale = (scale * 64).reshape(-1, *(1,) * (len(shape) - 1))
        return self.node("BipolarQuant", [values, self.tensor(scale)], QONNX), bias

    def dense(self, layer, value, source):
        kh, kw = layer.kernel
        out = layer.shape[2]
        bits = layer.weight_bits
        if layer.op == "fc":
            weights, bias = self.weights((out, layer.depth), bits, source)
            flat = self.requantize(self.node("Flatten", [value]), *self.codes[source])
            return self.node("Gemm", [flat, weights, bias], transB=1)
        groups = out if layer.op == "depthwise" else 1
        weights, bias = self.weights((out, layer.depth // groups, kh, kw), bits, source)
        return self.node("Conv", [value, weights, bias], kernel_shape=[kh, kw],
                         strides=[layer.stride] * 2, pads=list(layer.pads), group=groups)

    def layer(self, layer, inputs):
        """Its float, before codes."""
        if layer.op == "add":
            value = self.node("Add", inputs)
            return self.node("Relu", [value]) if layer.activation_bits < 8 else value
        if layer.op == "maxpool":
            return self.node("MaxPool", inputs, kernel_shape=list(layer.kernel),
                             strides=[layer.stride] * 2, pads=list(layer.pads))
        if layer.op == "avgpool":
            return self.node("GlobalAveragePool", inputs)
        value = self.dense(layer, inputs[0], layer.inputs[0])
        return self.node("Relu", [value]) if layer.activation_bits < 8 else value

    def model(self):
        h, w, c = self.net.input_shape
        self.codes[INPUT] = self.tensor(self.scale[INPUT]), self.tensor(np.uint8(0))
        at = {INPUT: self.node("DequantizeLinear", [INPUT, *self.codes[INPUT]])}
        for layer in self.net.layers:
            value = self.layer(layer, [at[i] for i in layer.inputs])
            at[layer.name] = self.quantize(value, layer, layer.inputs[0])
        # The last codes are the output: what would make floats of them goes.
        self.nodes.pop()
        self.nodes[-1].output[0] = "output"
        flat = self.net.layers[-1].op == "fc"
        oh, ow, oc = self.net.layers[-1].shape
        graph = helper.make_graph(
            self.nodes, self.net.name,
            [helper.make_tensor_value_info(INPUT, TensorProto.UINT8, [1, c, h, w])],
            [helper.make_tensor_value_info("output", TensorProto.UINT8,
                                           [1, oc] if flat else [1, oc, oh, ow])],
            self.tensors)
        narrow = any(l.weight_bits in (2, 4) for l in self.net.layers)
        return helper.make_model(graph, ir_version=13 if narrow else 8, opset_imports=[
            helper.make_opsetid("", 25 if narrow else 13), helper.make_opsetid(QONNX, 1)])


def emit(net, path):
    onnx.save(Emitter(net).model(), path)
