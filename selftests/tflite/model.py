# SPDX-License-Identifier: MIT
"""Writes TFLite files: tensors and operators, one after the other."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as fmt

TYPES = {
    "float32": fmt.TensorType.FLOAT32, "float16": fmt.TensorType.FLOAT16,
    "int8": fmt.TensorType.INT8, "uint8": fmt.TensorType.UINT8,
    "int32": fmt.TensorType.INT32, "int64": fmt.TensorType.INT64,
    "int16": fmt.TensorType.INT16, "int4": fmt.TensorType.INT4,
    "int2": fmt.TensorType.INT2, "bool": fmt.TensorType.BOOL,
}


class Tensor:
    """shape, type, scales and zero points of a tensor of a model."""

    def __init__(self, index, shape, kind, scale, zero):
        self.index = index
        self.shape = tuple(shape)
        self.kind = kind
        self.scale = scale
        self.zero = zero
        self.codes_of = None  # a tensor of floats: the one with codes for it


def packed(data, kind):
    """The bytes of an array; narrow integers lie beside each other."""
    if kind not in ("int4", "int2"):
        return np.ascontiguousarray(data, dtype=kind).tobytes()
    bits = int(kind[3:])
    per_byte = 8 // bits
    flat = np.asarray(data).astype(np.int64).reshape(-1) & ((1 << bits) - 1)
    flat = np.concatenate([flat, np.zeros(-len(flat) % per_byte, np.int64)])
    shifts = np.arange(per_byte) * bits
    return (flat.reshape(-1, per_byte) << shifts).sum(1).astype(np.uint8).tobytes()


class Model:
    """A network under construction."""

    def __init__(self):
        self.graph = fmt.SubGraphT()
        self.graph.name = b"main"
        self.graph.tensors = []
        self.graph.operators = []
        self.buffers = [fmt.BufferT()]
        self.codes = []

    def tensor(self, shape, kind, scale=None, zero=0, data=None, axis=0, name=None):
        """Add a tensor; with data it is constant. Several scales go along axis."""
        t = fmt.TensorT()
        t.shape = [int(n) for n in shape]
        t.type = TYPES[kind]
        t.name = (name or "t%d" % len(self.graph.tensors)).encode()
        t.buffer = 0
        if scale is not None:
            q = fmt.QuantizationParametersT()
            q.scale = np.atleast_1d(np.asarray(scale, np.float32))
            zeros = np.broadcast_to(np.asarray(zero, np.int64), q.scale.shape)
            q.zeroPoint = np.array(zeros)
            q.quantizedDimension = axis
            t.quantization = q
        if data is not None:
            b = fmt.BufferT()
            b.data = np.frombuffer(packed(data, kind), np.uint8)
            t.buffer = len(self.buffers)
            self.buffers.append(b)
        self.graph.tensors.append(t)
        return Tensor(len(self.graph.tensors) - 1, shape, kind, scale, zero)

    def constant(self, data, kind, scale=None, zero=0, axis=0):
        return self.tensor(np.shape(data), kind, scale, zero, data, axis)

    def code(self, builtin, version):
        for i, c in enumerate(self.codes):
            if c.builtinCode == builtin and c.version == version:
                return i
        c = fmt.OperatorCodeT()
        c.builtinCode = builtin
        c.deprecatedBuiltinCode = min(builtin, 127)
        c.version = version
        self.codes.append(c)
        return len(self.codes) - 1

    def op(self, name, inputs, outputs, version=1, options=None, **fields):
        """Add an operator: "CONV_2D", and "Conv2D" with the fields of its options."""
        o = fmt.OperatorT()
        o.opcodeIndex = self.code(getattr(fmt.BuiltinOperator, name), version)
        o.inputs = [-1 if t is None else t.index for t in inputs]
        o.outputs = [t.index for t in outputs]
        if options:
            table = getattr(fmt, options + "OptionsT")()
            for field, value in fields.items():
                if not hasattr(table, field):
                    raise AttributeError(f"{options} has no {field}")
                setattr(table, field, value)
            o.builtinOptionsType = getattr(fmt.BuiltinOptions, options + "Options")
            o.builtinOptions = table
        self.graph.operators.append(o)

    def bytes(self, inputs, outputs):
        """The file."""
        model = fmt.ModelT()
        model.version = 3
        model.operatorCodes = self.codes
        model.subgraphs = [self.graph]
        model.buffers = self.buffers
        self.graph.inputs = [t.index for t in inputs]
        self.graph.outputs = [t.index for t in outputs]
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())
