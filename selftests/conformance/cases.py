# SPDX-License-Identifier: MIT
"""The tests of the onnx package whose operator the device claims."""
import contextlib
import io
import pathlib
import warnings

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

OPERATORS = (
    "Add", "ArgMax", "AveragePool", "Concat", "Conv", "ConvInteger", "ConvTranspose",
    "DepthToSpace", "DequantizeLinear", "Gemm", "GlobalAveragePool", "GlobalMaxPool",
    "MatMul", "MatMulInteger", "MaxPool", "Mul", "Pad", "QLinearConv", "QLinearMatMul",
    "QuantizeLinear", "Resize", "Slice", "SpaceToDepth", "Sub",
    "Transpose")


class Case:
    """A test: one node, its inputs (None if left out) and expected outputs."""

    def __init__(self, name, model, data, tolerance=(1e-3, 1e-7), generated=False):
        node = model.graph.node[0]
        self.name, self.op, self.generated = name, node.op_type, generated
        self.rtol, self.atol = tolerance
        self.opset = max(o.version for o in model.opset_import if not o.domain)
        self.attributes = {a.name: onnx.helper.get_attribute_value(a)
                           for a in node.attribute}
        known = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
        free = [i.name for i in model.graph.input if i.name not in known]
        known |= zip(free, map(as_array, data[0]), strict=True)
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


def generated():
    """The node tests, as the package's generator makes them."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return collect_testcases()


def converted():
    """Models of one node in the package, which were converted from PyTorch: name,
    model and files of the data sets."""
    folder = pathlib.Path(onnx.__file__).parent / "backend/test/data/pytorch-converted"
    for path in sorted(folder.glob("*/model.onnx")):
        model = onnx.load(path)
        if len(model.graph.node) == 1 and model.graph.node[0].op_type in OPERATORS:
            yield path.parent.name, model, sorted(path.parent.glob("test_data_set_*"))


def stored(folder, kind):
    files = sorted(folder.glob(f"{kind}_*.pb"), key=lambda p: int(p.stem.split("_")[1]))
    return [onnx.load_tensor(path) for path in files]


def all_tests():
    """Tests of one node, and the number of generated ones that have such an operator
    among others."""
    found, others = [], 0
    for test in generated():
        # Operators of other domains have other meanings.
        nodes = [node.op_type for node in test.model.graph.node if not node.domain]
        if len(nodes) == len(test.model.graph.node) == 1 and nodes[0] in OPERATORS:
            found += [Case(test.name, test.model, data, (test.rtol, test.atol), True)
                      for data in test.data_sets]
        elif set(nodes) & set(OPERATORS):
            others += 1
    for name, model, folders in converted():
        found += [Case(name, model, [stored(f, "input"), stored(f, "output")])
                  for f in folders]
    return found, others
