# SPDX-License-Identifier: MIT
"""The node tests of the onnx package whose operator the device claims."""
import io
import contextlib
import pathlib
import warnings

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

OPERATORS = (
    "Add", "ArgMax", "AveragePool", "Concat", "Conv", "ConvInteger", "ConvTranspose",
    "DepthToSpace", "DequantizeLinear", "Gemm", "GlobalAveragePool", "GlobalMaxPool",
    "MatMul", "MatMulInteger", "MaxPool", "Mul", "Pad", "QLinearConv", "QLinearMatMul",
    "QuantizeLinear", "Resize", "Slice", "SpaceToDepth", "Transpose")


class Case:
    """A test: one node, its inputs (None if left out) and expected outputs."""

    def __init__(self, name, model, data, rtol, atol):
        node = model.graph.node[0]
        self.name, self.op, self.rtol, self.atol = name, node.op_type, rtol, atol
        self.opset = max(o.version for o in model.opset_import if not o.domain)
        self.attributes = {a.name: onnx.helper.get_attribute_value(a)
                           for a in node.attribute}
        known = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
        known |= zip((i.name for i in model.graph.input), map(as_array, data[0]))
        self.inputs = [known[name] if name else None for name in node.input]
        self.outputs = [as_array(output) for output in data[1]]

    def attribute(self, name, default):
        return self.attributes.get(name, default)

    def text(self, name, default):
        return self.attributes.get(name, default.encode()).decode()

    def input(self, number):
        """None if it is left out."""
        return self.inputs[number] if number < len(self.inputs) else None


def as_array(value):
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    return np.asarray(value) if isinstance(value, (np.generic, np.ndarray)) else value


def operators(model):
    """Of the nodes that do something; constants are inputs."""
    return [node.op_type for node in model.graph.node]


def generated():
    """The node tests, as the package's generator makes them."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return collect_testcases()


def node_tests():
    """Tests of one node, and the number of others that have such an operator."""
    found, others = [], 0
    for test in generated():
        nodes = operators(test.model)
        if len(nodes) == 1 and nodes[0] in OPERATORS and not test.model.graph.node[0].domain:
            found += [Case(test.name, test.model, data, test.rtol, test.atol)
                      for data in test.data_sets]
        elif set(nodes) & set(OPERATORS):
            others += 1
    return found, others
