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
from build_model import Model
from device import Refused
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
    """Returns whether all is equal, to the last bit, and a sentence about it."""
    expected = executor(path, inputs)
    found = {}
    for how in ("float", "device"):
        outputs, _ = run.run(how, path, list(inputs))
        found[how] = np.array([o[0].ravel() for o in outputs])
    bits = expected.astype(np.float32).view(np.int32).astype(np.int64)
    apart = np.abs(found["device"].astype(np.float32).view(np.int32) - bits)
    same = apart.max() == 0 and \
        np.abs(found["float"] - expected).max() < 1e-6 * np.abs(expected).max()
    text = "%s: %d inputs, %d of %d floats equal to the last bit, others %d units apart" % (
        name, len(inputs), (apart == 0).sum(), apart.size, apart.max())
    if labels is not None:
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


DOMAIN = "qonnx.custom_op.general"


def quant(m, x, bits, scale, signed=1, narrow=0, zero=0.0, mode="ROUND"):
    return m.add("Quant", x, m.const(np.float32(scale)), m.const(np.float32(zero)),
                 m.const(np.float32(bits)), domain=DOMAIN, signed=signed, narrow=narrow,
                 rounding_mode=mode)


def random_network(seed):
    """Weights and values of random widths from 1 to 8 bits."""
    rng = np.random.RandomState(seed)
    m = Model((1, 3, 8, 6), 13, rng=rng)
    x = quant(m, "x", 8, 0.03125, 1, 0)
    channels = 3
    for layer in range(3):
        out = rng.randint(2, 9)
        w = m.const(rng.randn(out, channels, 3, 3))
        bits = rng.randint(2, 9)
        scale = 2.0 / 2 ** bits * (0.5 + rng.rand(out, 1, 1, 1) if rng.randint(2) else 1.0)
        if seed % 5 == 4 and layer == 1:
            w = m.add("BipolarQuant", w, m.const(np.float32(0.25)), domain=DOMAIN)
        else:
            w = quant(m, w, bits, scale, 1, rng.randint(2))
        x = m.add("Conv", x, w, pads=[1, 1, 1, 1])
        if rng.randint(2):
            x = m.add("BatchNormalization", x, m.const(rng.rand(out) + 0.5), m.random(out),
                      m.random(out), m.const(rng.rand(out) + 0.5))
        kind = rng.randint(4)
        if kind == 0:
            x = m.add("MultiThreshold", x, m.const(np.sort(2 * rng.randn(out, 7))), domain=DOMAIN,
                      out_dtype="UINT3", out_scale=0.5, out_bias=float(rng.randint(-1, 1)))
        elif kind == 1:
            x = quant(m, m.add("Relu", x), rng.randint(1, 9), 0.25, 0)
        else:
            mode = ("ROUND", "FLOOR", "CEIL", "UP", "DOWN", "HALF_UP")[rng.randint(6)]
            x = quant(m, x, rng.randint(2, 9), 0.125, 1, rng.randint(2), mode=mode)
        channels = out
    return m, x, (1, channels, 8, 6)


def random_widths(run, work, count=25):
    """Networks of QONNX operators: equal to the executor's, number by number."""
    wrong, refused, numbers, same = [], [], 0, 0
    for seed in range(count):
        m, x, shape = random_network(seed)
        path = m.save("%s/qonnx.onnx" % work, x, shape=shape)
        inputs = m.rng.randn(40, 3, 8, 6).astype(np.float32)
        try:
            outputs, _ = run.run("device", path, list(inputs))
        except Refused as e:
            refused.append("%d: %s" % (seed, str(e)[:200]))
            continue
        found = np.array([o[0] for o in outputs])
        expected = executor(path, inputs)
        # Steps are 1/8 at least; floats in between are ties by accident.
        equal = np.abs(found - expected) < 1e-5
        numbers += equal.size
        same += int(equal.sum())
        if equal.mean() < 0.999:
            wrong.append("%d: %.4f" % (seed, equal.mean()))
    return [(not wrong and not refused,
             "QONNX networks of random widths: %d, %.4f %% of %d numbers equal%s" %
             (count, 100.0 * same / max(numbers, 1), numbers,
              "".join("; " + t for t in wrong + refused)))]
