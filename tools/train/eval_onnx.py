#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs ONNX files with numpy alone and prints their accuracy on the digits.

Knows the operators of the digits networks, and the QONNX nodes Quant and
BipolarQuant as QONNX defines them. Independent of PyTorch and of qnn's own
code, so that it can judge both. It computes in double precision: the
parameters are exact in it, and the result does not depend on the machine.
"""

import argparse
import os

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper

import data

DOMAIN = "qonnx.custom_op.general"


class Unsupported(Exception):
    """The file asks for something that this program does not do."""


def windows(x, kernel, strides, pads, fill):
    """All windows of x (N, C, H, W), as (N, C, OH, OW, KH, KW)."""
    top, left, bottom, right = pads
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)),
               constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, (2, 3))
    return view[:, :, ::strides[0], ::strides[1]]


def pooling(attributes):
    """Kernel, strides and pads, after refusing what is not done here."""
    if attributes.get("auto_pad", "NOTSET") != "NOTSET":
        raise Unsupported("auto_pad")
    if attributes.get("ceil_mode", 0):
        raise Unsupported("ceil_mode")
    if set(attributes.get("dilations", [1])) != {1}:
        raise Unsupported("dilations")
    return (attributes.get("strides", [1, 1]),
            attributes.get("pads", [0, 0, 0, 0]))


def conv(attributes, x, w, bias=None):
    if attributes.get("group", 1) != 1:
        raise Unsupported("group")
    view = windows(x, w.shape[2:], *pooling(attributes), 0)
    y = np.einsum("nchwij,ocij->nohw", view, w, optimize=True)
    return y if bias is None else y + bias.reshape(1, -1, 1, 1)


def max_pool(attributes, x):
    kernel = attributes["kernel_shape"]
    return windows(x, kernel, *pooling(attributes), -np.inf).max((4, 5))


def batch_normalization(attributes, x, gamma, beta, mean, var):
    gamma, beta, mean, var = (v.reshape(1, -1, 1, 1)
                              for v in (gamma, beta, mean, var))
    epsilon = attributes.get("epsilon", 1e-5)
    return (x - mean) / np.sqrt(var + epsilon) * gamma + beta


def flatten(attributes, x):
    if attributes.get("axis", 1) != 1:
        raise Unsupported("axis")
    return x.reshape(len(x), -1)


def gemm(attributes, a, b, c=0.0):
    if attributes.get("transA", 0):
        raise Unsupported("transA")
    b = b.T if attributes.get("transB", 0) else b
    return attributes.get("alpha", 1.0) * (a @ b) + \
        attributes.get("beta", 1.0) * c


def quant(attributes, x, scale, zero_point, bits):
    signed, narrow = attributes["signed"], attributes["narrow"]
    if attributes["rounding_mode"].upper() != "ROUND":
        raise Unsupported("rounding_mode " + attributes["rounding_mode"])
    if bits < 2:
        raise Unsupported("bits below 2")
    low = -2 ** (bits - 1) + narrow if signed else 0
    high = 2 ** (bits - 1) - 1 if signed else 2 ** bits - 1 - narrow
    q = np.rint(np.clip(x / scale + zero_point, low, high))
    return (q - zero_point) * scale


OPERATORS = {
    ("", "Conv"): conv,
    ("", "BatchNormalization"): batch_normalization,
    ("", "Relu"): lambda attributes, x: np.maximum(x, 0),
    ("", "MaxPool"): max_pool,
    ("", "GlobalAveragePool"): lambda _, x: x.mean((2, 3), keepdims=True),
    ("", "Flatten"): flatten,
    ("", "Gemm"): gemm,
    ("", "Add"): lambda attributes, a, b: a + b,
    (DOMAIN, "Quant"): quant,
    (DOMAIN, "BipolarQuant"):
        lambda attributes, x, scale: np.where(x >= 0, 1.0, -1.0) * scale,
}


def attributes_of(node):
    values = {a.name: onnx.helper.get_attribute_value(a)
              for a in node.attribute}
    return {k: v.decode() if isinstance(v, bytes) else v
            for k, v in values.items()}


def run(model, images):
    """The first output of the model for images (N, C, H, W)."""
    graph = model.graph
    values = {t.name: numpy_helper.to_array(t).astype(np.float64)
              for t in graph.initializer}
    fed = [i.name for i in graph.input if i.name not in values]
    if len(fed) != 1:
        raise Unsupported(f"{len(fed)} inputs")
    values[fed[0]] = images.astype(np.float64)
    for node in graph.node:
        operator = OPERATORS.get((node.domain, node.op_type))
        if operator is None:
            raise Unsupported(f"node {node.name}: {node.domain} "
                              f"{node.op_type}")
        values[node.output[0]] = operator(attributes_of(node),
                                          *(values[i] for i in node.input))
    return values[graph.output[0].name]


def judge(path, parts):
    """Prints a line for each part."""
    model = onnx.load(path)
    for part, (images, classes) in parts.items():
        good = int((run(model, images).argmax(1) == classes).sum())
        print(f"{os.path.basename(path)} {part} {good}/{len(classes)} "
              f"{100 * good / len(classes):.2f} %", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="+", metavar="model.onnx")
    data.add_arguments(parser)
    args = parser.parse_args()
    parts = data.parts(args)
    for path in args.models:
        try:
            judge(path, parts)
        except (OSError, DecodeError, Unsupported) as error:
            raise SystemExit(f"{path}: {error}") from error


if __name__ == "__main__":
    main()
