# SPDX-License-Identifier: MIT
"""
8-bit networks as onnxruntime's own quantizer makes them, from the digits
network and from random ones: outputs of the device against onnxruntime's.
"""

import os

import numpy as np
import onnx
import onnxruntime
from build_model import Model
from device import Refused
from onnxruntime.quantization import (CalibrationDataReader, CalibrationMethod, QuantFormat,
                                      QuantType, quantize_static)
from onnxruntime.quantization.shape_inference import quant_pre_process

SHARE = 0.999


class Data(CalibrationDataReader):
    def __init__(self, name, inputs):
        self.rows = iter([{name: x} for x in inputs])

    def get_next(self):
        return next(self.rows, None)


def conv(m, x, c, out, k, groups=1, stride=1, relu=True):
    scale = 1 / np.sqrt(c / groups * k * k)
    w = m.const(m.rng.randn(out, c // groups, k, k) * scale)
    p = k // 2
    y = m.add("Conv", x, w, m.const(m.rng.randn(out) * 0.2), group=groups, pads=[p] * 4,
              strides=[stride] * 2)
    return m.add("Relu", y) if relu else y


def residual(m):
    x = conv(m, "x", 3, 8, 3)
    y = conv(m, conv(m, x, 8, 8, 3), 8, 8, 3, relu=False)
    x = m.add("Relu", m.add("Add", x, y))
    x = conv(m, m.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]), 8, 12, 3, stride=2)
    return x, 12


def depthwise(m):
    x = conv(m, "x", 3, 8, 3, stride=2)
    for _ in range(2):
        x = conv(m, conv(m, x, 8, 8, 3, groups=8), 8, 8, 1)
    return conv(m, x, 8, 8, 1, relu=False), 8


def joined(m):
    x = conv(m, "x", 3, 6, 3)
    a, b = conv(m, x, 6, 4, 1), conv(m, x, 6, 5, 3)
    c = m.add("MaxPool", x, kernel_shape=[3, 3], pads=[1] * 4)
    x = m.add("Concat", a, b, c, axis=1)
    return conv(m, x, 15, 10, 3, stride=2), 10


def functions(m):
    x = m.add("LeakyRelu", conv(m, "x", 3, 6, 3, relu=False), alpha=0.1)
    y = m.add("Sigmoid", conv(m, x, 6, 6, 1, relu=False))
    x = m.add("Mul", x, y)
    return m.add("Clip", conv(m, x, 6, 8, 3, relu=False), m.const(np.float32(0)),
                 m.const(np.float32(6))), 8


def moved(m):
    """Functions behind pools, joins, resizing, transposing and slices."""
    x = m.add("MaxPool", conv(m, "x", 3, 6, 3, relu=False), kernel_shape=[2, 2], strides=[2, 2])
    x = conv(m, m.add("LeakyRelu", x, alpha=0.1), 6, 6, 1, relu=False)
    x = m.add("Sigmoid", m.add("Concat", x, m.add("Tanh", x), axis=1))
    x = m.add("Resize", x, "", m.const([1, 1, 2, 2]), mode="nearest",
              coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    x = m.add("Sigmoid", m.add("Transpose", x, perm=[0, 1, 3, 2]))
    x = m.add("Slice", x, m.const([1], np.int64), m.const([5], np.int64), m.const([2], np.int64))
    return conv(m, x, 12, 8, 3, stride=2), 8


def gated(m):
    """
    Channels that are switched by a small network, and a transposed convolution.
    As QOperator its weights stay floats, which onnxruntime quantizes by itself.
    """
    x = conv(m, "x", 3, 8, 3)
    s = conv(m, m.add("GlobalAveragePool", x), 8, 4, 1)
    s = m.add("HardSigmoid", conv(m, s, 4, 8, 1, relu=False), alpha=0.2)
    y = m.add("ConvTranspose", m.add("Mul", x, s), m.const(m.rng.randn(8, 5, 2, 2) * 0.3),
              m.random(5), strides=[2, 2])
    return conv(m, m.add("Relu", y), 5, 6, 3, stride=2), 6


def averages(m):
    """
    Averages that end in the middle between two codes, as a quarter of these do
    where scales are the same: rounding errors of onnxruntime's sums of floats
    decide.
    """
    return m.add("AveragePool", conv(m, "x", 3, 6, 3), kernel_shape=[2, 2], strides=[2, 2]), 0


def padded(m):
    """Averages without the padding; those of QDQ have the scale of the input, too."""
    return m.add("AveragePool", conv(m, "x", 3, 6, 3), kernel_shape=[3, 3], pads=[1] * 4), 0


def beyond(m):
    """Padding that a small kernel does not reach, as onnxruntime's fusion makes it."""
    x = m.add("Pad", conv(m, "x", 3, 6, 3), m.const([0, 0, 1, 2, 0, 0, 2, 1], np.int64))
    return conv(m, x, 6, 8, 1), 8


def probabilities(m):
    """Steps of 1/256 are the device's; of others some come out one off."""
    x = m.add("Flatten", m.add("GlobalAveragePool", conv(m, "x", 3, 6, 3)))
    y = m.add("Gemm", x, m.const(m.rng.randn(20, 6) * 2), m.const(m.rng.randn(20)), transB=1)
    return m.add("Softmax", y), 0


# Share of outputs that must be equal in QDQ form, and how far others may be off.
LIMITS = {"averages": (0.9, 1), "padded": (0.95, 1), "probabilities": (0.7, 1)}


def network(build, seed, path):
    m = Model((1, 3, 12, 10), 13, rng=np.random.RandomState(seed))
    x, c = build(m)
    if not c:
        return m.save(path, x)
    x = m.add("Flatten", m.add("GlobalAveragePool", x))
    w = m.const(m.rng.randn(10, c) / np.sqrt(c))
    y = m.add("Gemm", x, w, m.const(m.rng.randn(10) * 0.1), transB=1)
    return m.save(path, y)


FORMS = [
    # name, format, weights, activations, per channel, other options
    ("QDQ int8 int8 per channel", QuantFormat.QDQ, QuantType.QInt8, QuantType.QInt8, True, {}),
    ("QDQ uint8 int8 per tensor", QuantFormat.QDQ, QuantType.QInt8, QuantType.QUInt8, False, {}),
    ("QDQ uint8 uint8 per tensor", QuantFormat.QDQ, QuantType.QUInt8, QuantType.QUInt8, False, {}),
    ("QDQ int8 int8 symmetric", QuantFormat.QDQ, QuantType.QInt8, QuantType.QInt8, True,
     {"ActivationSymmetric": True}),
    ("QOperator int8 int8 per channel", QuantFormat.QOperator, QuantType.QInt8, QuantType.QInt8,
     True, {}),
    ("QOperator uint8 int8 per tensor", QuantFormat.QOperator, QuantType.QInt8, QuantType.QUInt8,
     False, {}),
]


def last_codes(path):
    """Make the last quantized value the output, so that codes are compared."""
    model = onnx.load(path)
    node = next(n for n in model.graph.node if model.graph.output[0].name in n.output)
    if node.op_type != "DequantizeLinear":
        return None
    scale = next(i for i in model.graph.initializer if i.name == node.input[1])
    return float(onnx.numpy_helper.to_array(scale))


def compare(run, path, inputs, how, plain=False):
    options = onnxruntime.SessionOptions()
    if plain:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    step = last_codes(path)
    results, _ = run.run(how, path, inputs)
    worst, same, count = 0, 0, 0
    for x, found in zip(inputs, results):
        want = session.run(None, {name: x})[0].ravel()
        diff = np.abs(np.rint((found[0].ravel() - want) / step))
        worst = max(worst, int(diff.max()))
        same += int((diff == 0).sum())
        count += diff.size
    return worst, same / count, count


def variants(work, name, path, calibration):
    shape = onnx.load(path).graph.input[0]
    prepared = "%s/%s-prepared.onnx" % (work, name)
    quant_pre_process(path, prepared, auto_merge=True)
    for form, kind, weights, activations, channels, extra in FORMS:
        if name == "gated" and kind == QuantFormat.QOperator:
            continue
        out = "%s/%s-%s.onnx" % (work, name, form.replace(" ", "-"))
        quantize_static(prepared, out, Data(shape.name, calibration), quant_format=kind,
                        weight_type=weights, activation_type=activations, per_channel=channels,
                        calibrate_method=CalibrationMethod.MinMax, extra_options=extra)
        yield form, out


def networks(work, digits, count):
    """Name, file, and inputs."""
    rows = np.loadtxt(digits, delimiter=",", dtype=np.float32)[:count, :64] if digits else None
    if rows is not None:
        top = os.path.join(os.path.dirname(__file__), "..", "..")
        yield ("digits", os.path.join(top, "tools/train/digits/digits.onnx"),
               list(rows.reshape(-1, 1, 1, 8, 8)))
    for seed, build in enumerate((residual, depthwise, joined, functions, moved, gated,
                                  averages, padded, beyond, probabilities)):
        path = network(build, seed, "%s/%s.onnx" % (work, build.__name__))
        rng = np.random.RandomState(seed + 100)
        yield build.__name__, path, list(rng.randn(count, 1, 3, 12, 10).astype(np.float32))


def narrow(work, kind, low, high, channels, values):
    """A convolution with weights of a few bits."""
    newest = kind in ("INT2", "UINT2")
    m = Model((1, 3, 8, 6), 25 if newest else 21, rng=np.random.RandomState(high + channels))

    def small(numbers, shape):
        kinds = getattr(onnx.TensorProto, kind)
        return m.const(onnx.helper.make_tensor("t", kinds, shape, np.ravel(numbers).tolist()))

    def pair(x, scale):
        s, z = m.const(np.float32(scale)), m.const(values(3), values)
        return m.add("DequantizeLinear", m.add("QuantizeLinear", x, s, z), s, z)

    zero = (low + high) // 2 if low == 0 else 0
    w = small(m.rng.randint(low, high, (5, 3, 3, 3)), (5, 3, 3, 3))
    if channels:
        s = m.const(m.rng.rand(5) * 0.1 + 0.02)
        w = m.add("DequantizeLinear", w, s, small([zero] * 5, [5]), axis=0)
    else:
        w = m.add("DequantizeLinear", w, m.const(np.float32(m.rng.rand() * 0.1 + 0.02)),
                  small([zero], []))
    step = np.float32(0.05 + 0.1 * m.rng.rand())
    y = pair(m.add("Conv", pair("x", 0.02 + 0.02 * m.rng.rand()), w, pads=[1] * 4), step)
    return m.save("%s/narrow.onnx" % work, y)


def few_bits(run, work):
    """Weights of 2 and 4 bits; onnxruntime 1.31 fails to optimize those of 2."""
    for kind, low, high in (("INT4", -8, 8), ("UINT4", 0, 16), ("INT2", -2, 2), ("UINT2", 0, 4)):
        worst, same, count = 0, 0, 0
        for channels in (0, 1):
            for values in (np.int8, np.uint8):
                path = narrow(work, kind, low, high, channels, values)
                rng = np.random.RandomState(9)
                inputs = list(rng.randn(50, 1, 3, 8, 6).astype(np.float32))
                found = compare(run, path, inputs, "device", plain=True)
                worst = max(worst, found[0])
                same += found[1] * found[2]
                count += found[2]
        yield (same / count >= SHARE and worst <= 1,
               "weights of %s: %.3f %% of %d outputs equal, largest difference %d" %
               (kind, 100 * same / count, count, worst), [])


HALVES = {
    "Add": lambda m, a, b: m.add("Add", a, b),
    "Mul": lambda m, a, b: m.add("Mul", a, b),
    "Mul by channel": lambda m, a, b: m.add("Mul", a, b),
    "Sub": lambda m, a, b: m.add("Sub", a, b),
    "Concat": lambda m, a, b: m.add("Concat", a, b, axis=1),
    "AveragePool": lambda m, a, b: m.add("AveragePool", a, kernel_shape=[2, 2], strides=[2, 2]),
    "AveragePool with padding": lambda m, a, b: m.add(
        "AveragePool", a, kernel_shape=[3, 2], pads=[1, 1, 2, 1], strides=[2, 1]),
    "AveragePool with counted padding": lambda m, a, b: m.add(
        "AveragePool", a, kernel_shape=[2, 2], pads=[1] * 4, count_include_pad=1),
    "GlobalAveragePool": lambda m, a, b: m.add("GlobalAveragePool", a),
    "Relu": lambda m, a, b: m.add("Relu", b),
    "LeakyRelu": lambda m, a, b: m.add("LeakyRelu", a, alpha=0.25),
    "Conv": lambda m, a, b: m.add("Conv", a, m.add(
        "DequantizeLinear", m.const(m.rng.randint(-127, 128, (5, 4, 3, 3)), np.int8),
        m.const(np.float32(2 ** -9)), m.const(0, np.int8)), pads=[1] * 4),
}


def halves(run, work):
    """Scales that are powers of two, so that results lie in the middle, and odd zero points."""
    def pair(m, x, scale, zero, kind):
        s, z = m.const(np.float32(scale)), m.const(zero, kind)
        return m.add("DequantizeLinear", m.add("QuantizeLinear", x, s, z), s, z)

    for name, build in HALVES.items():
        worst, same, count = 0, 0, 0
        for kind in (np.int8, np.uint8):
            for zero, out in ((0, 0), (3, 7), (2, 5), (7, 2)):
                for a, b, step in ((5, 5, 4), (5, 6, 3), (4, 4, 4)):
                    m = Model((1, 4, 7, 6), 13, rng=np.random.RandomState(5))
                    x = pair(m, "x", 2.0 ** -a, zero, kind)
                    y = m.add("GlobalAveragePool", x) if name == "Mul by channel" else \
                        m.add("Relu", x)
                    y = pair(m, y, 2.0 ** -b, zero, kind)
                    path = m.save("%s/halves.onnx" % work,
                                  pair(m, build(m, x, y), 2.0 ** -step, out, kind))
                    inputs = list((2 * m.rng.randn(8, 1, 4, 7, 6)).astype(np.float32))
                    found = compare(run, path, inputs, "device")
                    worst = max(worst, found[0])
                    same += found[1] * found[2]
                    count += found[2]
        yield (same / count >= SHARE and worst <= 1,
               "%s with results in the middle: %.3f %% of %d outputs equal, largest difference %d" %
               (name, 100 * same / count, count, worst), [])


def check(run, work, digits, count=400, how="device"):
    yield from few_bits(run, work)
    yield from halves(run, work)
    for name, path, inputs in networks(work, digits, count):
        for form, out in variants(work, name, path, inputs[:100]):
            try:
                worst, share, numbers = compare(run, out, inputs, how)
            except Refused as e:
                yield False, "%s, %s" % (name, form), ["refused: " + str(e)]
                continue
            limits = LIMITS if form.startswith("QDQ") else {}
            wanted, most = limits.get(name, (SHARE, 1))
            yield (share >= wanted and worst <= most,
                   "%s, %s: %.3f %% of %d outputs equal, largest difference %d" %
                   (name, form, 100 * share, numbers, worst), [])
