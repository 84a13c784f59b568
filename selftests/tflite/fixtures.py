#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the small files that tools/tests/tflite_import.c and tflite_hostile.c read."""

import os
import sys

import numpy as np

from model import Model


def codes(model, shape, kind="int8", zero=0):
    return model.tensor(shape, kind, 0.05, zero)


def small(rng):
    """A convolution, a pool, a sum, a fully connected layer, a softmax."""
    m = Model()
    x = codes(m, (1, 6, 5, 2), zero=-3)
    w = m.constant(rng.integers(-127, 128, (4, 3, 3, 2)), "int8",
                   rng.uniform(0.01, 0.02, 4))
    b = m.constant(rng.integers(-900, 900, 4), "int32", np.full(4, 0.001))
    y = m.tensor((1, 3, 3, 4), "int8", 0.05, -128, name="conv/Relu6;conv/bias;conv")
    m.op("CONV_2D", [x, w, b], [y], 3, "Conv2D", strideW=2, strideH=2, dilationWFactor=1,
         dilationHFactor=1, fusedActivationFunction=3)
    p = codes(m, (1, 3, 3, 4), zero=-128)
    m.op("AVERAGE_POOL_2D", [y], [p], 2, "Pool2D", strideW=1, strideH=1, filterWidth=2,
         filterHeight=2)
    s = codes(m, (1, 3, 3, 4))
    m.op("ADD", [y, p], [s], 2, "Add")
    d = codes(m, (1, 3))
    v = m.constant(rng.integers(-7, 8, (3, 36)), "int4", 0.02)
    m.op("FULLY_CONNECTED", [s, v], [d], 4, "FullyConnected")
    z = m.tensor((1, 3), "int8", 1 / 256, -128, name="probabilities")
    m.op("SOFTMAX", [d], [z], 2, "Softmax", beta=1.0)
    return m.bytes([x], [z])


def moves(rng):
    """What has no sums: functions and movement, unsigned."""
    m = Model()
    x = codes(m, (1, 4, 4, 4), "uint8", 100)
    a = m.tensor((1, 4, 4, 4), "uint8", 1 / 256, 0)
    m.op("LOGISTIC", [x], [a])
    q = codes(m, (1, 4, 4, 4), "uint8", 5)
    m.op("QUANTIZE", [a], [q], 2, "Quantize")
    t = codes(m, (1, 8, 8, 1), "uint8", 5)
    m.op("DEPTH_TO_SPACE", [q], [t], 1, "DepthToSpace", blockSize=2)
    f = codes(m, (1, 8, 10, 1), "uint8", 5)
    pads = m.constant(np.array([[0, 0], [0, 0], [2, 0], [0, 0]]), "int32")
    m.op("PAD", [t, pads], [f], 2, "Pad")
    s = codes(m, (1, 4, 5, 1), "uint8", 5)
    m.op("STRIDED_SLICE", [f] + [m.constant(np.array(v), "int32") for v in
                                 ([0, 7, 0, 0], [1, -9, 10, 1], [1, -2, 2, 1])], [s], 2,
         "StridedSlice")
    k = m.constant(rng.integers(0, 256, (1, 1, 1, 1)), "uint8", 0.05, 3)
    e = codes(m, (1, 4, 5, 1), "uint8", 5)
    m.op("MUL", [s, k], [e], 2, "Mul")
    c = codes(m, (1, 4, 10, 1), "uint8", 9)
    m.op("CONCATENATION", [e, s], [c], 2, "Concatenation", axis=2)
    return m.bytes([x], [c])


def half():
    """A float layer whose weights are half as wide; ends in 1.5 and -2."""
    m = Model()
    x = m.tensor((1, 2), "float32")
    h = m.constant(np.array([[1.5, -2]], np.float16), "float16")
    w = m.tensor((1, 2), "float32")
    m.op("DEQUANTIZE", [h], [w], 2, "Dequantize")
    y = m.tensor((1, 1), "float32")
    m.op("FULLY_CONNECTED", [x, w], [y], 1, "FullyConnected")
    return m.bytes([x], [y])


def unsupported():
    """Two operators in a row that are not supported, and one behind them."""
    m = Model()
    x = codes(m, (1, 4, 4, 2))
    a = m.tensor((1, 4, 4, 2), "int8", 0.05, name="first")
    m.op("RELU", [x], [a], 2)
    b = m.tensor((1, 8, 8, 2), "int8", 0.05, name="larger")
    m.op("RESIZE_BILINEAR", [a, m.constant(np.array([8, 8]), "int32")], [b], 2, "ResizeBilinear")
    c = m.tensor((1, 4, 4, 2), "int8", 0.05, name="sorted")
    m.op("TOPK_V2", [a], [c], 2)
    d = codes(m, (1, 8, 8, 2))
    m.op("RELU", [b], [d], 2)
    return m.bytes([x], [d, c])


def one_relu(shape=(1, 4), kind="int8", scale=0.05, zero=0, signature=None, result=None):
    m = Model()
    x = m.tensor(shape, kind, scale, zero, name="input")
    y = m.tensor(result or shape, kind, scale, zero, name="result")
    m.op("RELU", [x], [y], 2)
    if signature:
        m.graph.tensors[0].shapeSignature = list(signature)
    return m.bytes([x], [y])


def dense_of(weights, kind="float32", bytes_of=None):
    m = Model()
    x = m.tensor((1, 2), "float32")
    w = m.constant(weights, kind)
    if bytes_of:
        m.buffers[-1].data = np.frombuffer(bytes_of, np.uint8)
    y = m.tensor((1, 1), "float32", name="result")
    m.op("FULLY_CONNECTED", [x, w], [y], 1, "FullyConnected")
    return m.bytes([x], [y])


def circle():
    """An operator that reads what the one behind it computes."""
    m = Model()
    x = codes(m, (1, 4))
    a, b = codes(m, (1, 4)), m.tensor((1, 4), "int8", 0.05, name="late")
    m.op("ADD", [x, b], [a], 2, "Add")
    m.op("RELU", [a], [b], 2)
    return m.bytes([x], [b])


def zero_points(rng):
    """Weights with four scales and three zero points."""
    m = Model()
    x = codes(m, (1, 4))
    w = m.constant(rng.integers(-127, 128, (4, 4)), "int8", np.full(4, 0.02))
    m.graph.tensors[w.index].quantization.zeroPoint = [0, 0, 0]
    y = codes(m, (1, 4))
    m.op("FULLY_CONNECTED", [x, w], [y], 4, "FullyConnected")
    return m.bytes([x], [y])


def dense_codes(kind, weights_kind, scales, through_floats=False):
    """Codes of one kind times codes of another."""
    m = Model()
    x = codes(m, (1, 4), kind)
    w = m.constant(np.arange(16).reshape(4, 4), weights_kind, scales)
    if through_floats:
        f = m.tensor((4, 4), "float32")
        m.op("DEQUANTIZE", [w], [f], 2, "Dequantize")
        w = f
    y = codes(m, (1, 4), kind)
    m.op("FULLY_CONNECTED", [x, w], [y], 4, "FullyConnected")
    return m.bytes([x], [y])


def positions():
    """DEQUANTIZE takes positions for codes."""
    m = Model()
    x = codes(m, (1, 2, 2, 4))
    a = m.tensor((1, 2, 2), "int32")
    m.op("ARG_MAX", [x, m.constant(np.array(3), "int32")], [a], 1, "ArgMax")
    y = m.tensor((1, 2, 2), "float32")
    m.op("DEQUANTIZE", [a], [y], 2, "Dequantize")
    return m.bytes([x], [y])


def two_results():
    """The second result of an operator that has one."""
    m = Model()
    x, y, z = codes(m, (1, 4)), codes(m, (1, 4)), codes(m, (1, 4))
    m.op("RELU", [x], [y, z], 2)
    return m.bytes([x], [z])


def two_inputs():
    m = Model()
    a, b, c = codes(m, (1, 4)), codes(m, (1, 4)), codes(m, (1, 4))
    m.op("ADD", [a, b], [c], 2, "Add")
    return m.bytes([a, b], [c])


def main():
    folder = sys.argv[1]
    rng = np.random.default_rng(4)
    files = {
        "small": small(rng), "moves": moves(rng), "half": half(), "unsupported": unsupported(),
        "int16": one_relu(kind="int16"), "batch": one_relu((2, 3, 3, 4)),
        "dynamic": one_relu((1, 3, 3, 4), signature=(-1, -1, 3, 4)),
        "scale": one_relu(scale=0.0), "zero-point": one_relu(zero=200),
        "shape": one_relu((1, 4), result=(1, 5)), "circle": circle(),
        "two-inputs": two_inputs(), "nan": dense_of(np.array([[1, np.nan]], np.float32)),
        "short": dense_of(np.array([[1, 2]], np.float32), bytes_of=b"\0\0\0\0"),
        "overflow": one_relu((1, 65535, 65535, 65535)),
        "rank": one_relu((1,) * 8 + (4,)), "zero-points": zero_points(rng),
        "positions": positions(), "two-results": two_results(),
        "signs": dense_codes("int8", "uint8", 0.02),
        "unsigned-scales": dense_codes("uint8", "uint8", np.full(4, 0.02)),
        "float-weights": dense_codes("int8", "int8", 0.02, True),
    }
    for name, data in files.items():
        with open(os.path.join(folder, name + ".tflite"), "wb") as out:
            out.write(data)


if __name__ == "__main__":
    main()
