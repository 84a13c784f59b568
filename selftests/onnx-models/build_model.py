# SPDX-License-Identifier: MIT
"""Small ONNX models, made node by node."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TYPES = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.int8): TensorProto.INT8,
         np.dtype(np.uint8): TensorProto.UINT8}


class Model:
    def __init__(self, shape, opset, dtype=np.float32, rng=None):
        self.opset = opset
        self.rng = rng or np.random.RandomState(0)
        self.nodes, self.constants, self.outputs = [], [], []
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)
        self.domains = {"": opset}
        self.input = "x"

    def const(self, value, dtype=np.float32):
        name = "c%d" % len(self.constants)
        value = value if isinstance(value, onnx.TensorProto) else np.asarray(value, dtype)
        if isinstance(value, onnx.TensorProto):
            value.name = name
            self.constants.append(value)
        else:
            self.constants.append(numpy_helper.from_array(value, name))
        return name

    def random(self, *shape):
        return self.const(self.rng.randn(*shape))

    def add(self, op, *inputs, results=1, domain="", **attributes):
        names = ["v%d_%d" % (len(self.nodes), k) for k in range(results)]
        if domain:
            self.domains[domain] = 1
        self.nodes.append(helper.make_node(op, list(inputs), names, domain=domain,
                                           name="n%d" % len(self.nodes), **attributes))
        return names[0] if results == 1 else names

    def save(self, path, *outputs, shape=None):
        graph = helper.make_graph(
            self.nodes, "test",
            [helper.make_tensor_value_info("x", TYPES[self.dtype], self.shape)],
            [helper.make_tensor_value_info(o, TensorProto.FLOAT, shape) if shape else
             helper.make_empty_tensor_value_info(o) for o in outputs], self.constants)
        model = helper.make_model(graph, opset_imports=[
            helper.make_opsetid(d, v) for d, v in self.domains.items()])
        model.ir_version = 13 if self.opset > 22 else 10 if self.opset > 20 else 8
        onnx.save(model, path)
        return path
