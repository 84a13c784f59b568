# SPDX-License-Identifier: MIT
"""A network as a TFLite file of 8 bits, with the shapes of its ONNX file.

Paddings are what SAME makes of them: as many rows and columns, though not always
on the same side.
"""
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from networks import INPUT

OPS = {
    "conv": (schema.BuiltinOperator.CONV_2D, schema.BuiltinOptions.Conv2DOptions),
    "depthwise": (schema.BuiltinOperator.DEPTHWISE_CONV_2D,
                  schema.BuiltinOptions.DepthwiseConv2DOptions),
    "add": (schema.BuiltinOperator.ADD, schema.BuiltinOptions.AddOptions),
    "maxpool": (schema.BuiltinOperator.MAX_POOL_2D, schema.BuiltinOptions.Pool2DOptions),
    "avgpool": (schema.BuiltinOperator.AVERAGE_POOL_2D, schema.BuiltinOptions.Pool2DOptions),
    "fc": (schema.BuiltinOperator.FULLY_CONNECTED, schema.BuiltinOptions.FullyConnectedOptions),
}


class Emitter:
    def __init__(self, net):
        self.net = net
        self.random = np.random.default_rng(1)
        self.buffers = [schema.BufferT()]
        self.tensors = []
        self.scale = []
        self.codes = []
        self.operators = []

    def tensor(self, shape, kind, scale, zero=0, data=None, axis=0):
        t = schema.TensorT()
        t.shape, t.type, t.name = list(shape), kind, f"t{len(self.tensors)}"
        t.buffer = 0
        if data is not None:
            b = schema.BufferT()
            b.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            t.buffer = len(self.buffers)
            self.buffers.append(b)
        q = schema.QuantizationParametersT()
        q.scale = np.atleast_1d(np.asarray(scale, np.float32))
        q.zeroPoint = np.full(q.scale.shape, zero, np.int64)
        q.quantizedDimension = axis
        t.quantization = q
        self.tensors.append(t)
        self.scale.append(q.scale)
        return len(self.tensors) - 1

    def code(self, op):
        builtin = OPS[op][0]
        for i, c in enumerate(self.codes):
            if c.builtinCode == builtin:
                return i
        c = schema.OperatorCodeT()
        c.builtinCode = c.deprecatedBuiltinCode = builtin
        c.version = 3
        self.codes.append(c)
        return len(self.codes) - 1

    def weights(self, layer, source):
        """With a scale for each output channel, where the layer has a choice."""
        out, (kh, kw) = layer.shape[2], layer.kernel
        shape, axis = {
            "conv": ((out, kh, kw, layer.depth), 0),
            "depthwise": ((1, kh, kw, out), 3),
            "fc": ((out, layer.depth), 0),
        }[layer.op]
        fan = int(np.prod(shape)) // out
        scale = self.random.uniform(0.8, 1.2, 1 if layer.op == "fc" else out)
        scale = (scale / np.sqrt(fan) / 64).astype(np.float32)
        codes = self.random.integers(-127, 128, shape, dtype=np.int8)
        bias = self.random.integers(-400, 400, out, dtype=np.int32)
        return [self.tensor(shape, schema.TensorType.INT8, scale, data=codes, axis=axis),
                self.tensor((out,), schema.TensorType.INT32, scale * self.scale[source][0],
                            data=bias)]

    def options(self, layer):
        op, relu = layer.op, schema.ActivationFunctionType.RELU
        o = getattr(schema, {
            "conv": "Conv2DOptionsT", "depthwise": "DepthwiseConv2DOptionsT",
            "add": "AddOptionsT", "maxpool": "Pool2DOptionsT", "avgpool": "Pool2DOptionsT",
            "fc": "FullyConnectedOptionsT"}[op])()
        o.fusedActivationFunction = relu if layer.relu and "pool" not in op else 0
        if op in ("add", "fc"):
            return o
        o.strideH = o.strideW = layer.stride
        o.padding = schema.Padding.SAME
        if op == "depthwise":
            o.depthMultiplier = 1
        if op == "maxpool":
            o.filterHeight, o.filterWidth = layer.kernel
        if op == "avgpool":
            o.filterHeight, o.filterWidth, _ = self.net.shape(layer.inputs[0])
            o.padding = schema.Padding.VALID
        return o

    def layer(self, layer, at):
        o = schema.OperatorT()
        o.opcodeIndex = self.code(layer.op)
        o.inputs = [at[i] for i in layer.inputs]
        pool = layer.op in ("maxpool", "avgpool")
        if layer.op in ("conv", "depthwise", "fc"):
            o.inputs += self.weights(layer, o.inputs[0])
        scale = self.scale[o.inputs[0]] if pool else self.random.uniform(0.8, 1.2) / 64
        zero = self.tensors[o.inputs[0]].quantization.zeroPoint[0] if pool else \
            -128 if layer.relu else 0
        shape = (1, layer.shape[2]) if layer.op == "fc" else (1, *layer.shape)
        at[layer.name] = self.tensor(shape, schema.TensorType.INT8, scale, zero)
        o.outputs = [at[layer.name]]
        o.builtinOptionsType = OPS[layer.op][1]
        o.builtinOptions = self.options(layer)
        self.operators.append(o)

    def model(self):
        at = {INPUT: self.tensor((1, *self.net.input_shape), schema.TensorType.INT8, 1 / 64,
                                 -128)}
        for layer in self.net.layers:
            self.layer(layer, at)
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = self.tensors, self.operators
        graph.inputs, graph.outputs = [0], [at[self.net.layers[-1].name]]
        model = schema.ModelT()
        model.version, model.description = 3, self.net.name
        model.operatorCodes, model.subgraphs, model.buffers = self.codes, [graph], self.buffers
        return model


def emit(net, path):
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(Emitter(net).model().Pack(builder), b"TFL3")
    with open(path, "wb") as f:
        f.write(builder.Output())
