# SPDX-License-Identifier: MIT
"""
Networks of the QONNX model zoo: what the device gives against QONNX's own
executor, for whole files of inputs.
"""

import glob
import gzip
import os
import warnings

import numpy as np
import onnx
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes

BATCH = 1000

# The executor makes a file of each node, newer than onnxruntime reads.
onnx.helper.IR_VERSION = 10
onnx.IR_VERSION = 10
# It also complains about several inputs at once.
warnings.filterwarnings("ignore", module="qonnx")


def idx(path):
    data = gzip.open(path).read()
    rank = data[3]
    dims = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(dims)


def mnist(folder):
    images = idx(glob.glob(os.path.join(folder, "mnist", "test-images*"))[0])
    labels = idx(glob.glob(os.path.join(folder, "mnist", "test-labels*"))[0])
    return (images[:, None] / np.float32(255)).astype(np.float32), labels


def binary(count, width):
    """Random bits, rows of one bit, prefixes, and periods."""
    rng = np.random.RandomState(1)
    rows = [rng.randint(0, 2, width) for _ in range(count)]
    rows += [(rng.rand(width) < p) for p in np.linspace(0, 1, 101)]
    rows += [np.arange(width) == k for k in range(width)]
    rows += [np.arange(width) < k for k in range(0, width + 1, 7)]
    rows += [np.arange(width) % k == 0 for k in range(1, 40)]
    return np.array(rows, np.float32)


def executor(path, inputs):
    """What QONNX gives, several inputs at once."""
    model = ModelWrapper(path)
    name = model.graph.input[0].name
    constants = {i.name for i in model.graph.initializer}
    name = [i.name for i in model.graph.input if i.name not in constants][0]
    out = model.graph.output[0].name
    results = []
    for at in range(0, len(inputs), BATCH):
        part = inputs[at:at + BATCH]
        del model.graph.value_info[:]
        dims = model.graph.output[0].type.tensor_type.shape.dim
        dims[0].dim_value = len(part)
        model.set_tensor_shape(name, part.shape)
        model = model.transform(InferShapes())
        results.append(execute_onnx(model, {name: part})[out])
    return np.concatenate(results)


def compare(run, name, path, inputs, labels=None):
    """Returns whether all is equal, and a sentence about it."""
    expected = executor(path, inputs)
    found = {}
    for how in ("float", "device"):
        outputs, _ = run.run(how, path, list(inputs))
        found[how] = np.array([o[0].ravel() for o in outputs])
    # Results are whole numbers of steps; the device rounds what is added to
    # all of them to a part of one.
    gaps = np.diff(np.unique(np.float64(expected)))
    step = gaps[gaps > 1e-4].min()
    diff = np.abs(found["device"] - expected).max() / step
    same = diff < 0.05 and np.abs(found["float"] - expected).max() < 1e-6 * np.abs(expected).max()
    text = "%s: %d inputs, largest difference %.3g of the step between results" % (
        name, len(inputs), diff)
    if labels is not None:
        same = same and (found["device"].argmax(1) == expected.argmax(1)).all()
        text += ", accuracy %.2f %% (QONNX %.2f %%)" % (
            100 * np.mean(found["device"].argmax(1) == labels),
            100 * np.mean(expected.argmax(1) == labels))
    return bool(same), text


def cases(run, folder):
    images, labels = mnist(folder)
    for name in ("TFC_1W1A", "TFC_1W2A"):
        yield compare(run, name, os.path.join(folder, "qonnx", name + ".onnx"), images, labels)
    path = os.path.join(folder, "qonnx", "unsw_nb15-mlp-w2a2.onnx")
    rows = binary(2000, 600)
    yield compare(run, "UNSW W2A2 of 0 and 1", path, rows)
    yield compare(run, "UNSW W2A2 of -1 and 1", path, rows * 2 - 1)
