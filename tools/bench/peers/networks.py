# SPDX-License-Identifier: MIT
"""Networks that peers and the device run side by side: shapes, no training.

A network is a list of layers, each of which names those it reads. Weights are
made up: the time does not depend on them.
"""
from dataclasses import dataclass, field

INPUT = "input"


@dataclass
class Layer:
    """A layer and the shape that comes out: height, width, channels."""
    name: str
    op: str  # conv, depthwise, add, maxpool, avgpool, fc
    inputs: list
    shape: tuple
    kernel: tuple = (1, 1)
    stride: int = 1
    pads: tuple = (0, 0, 0, 0)  # top, left, bottom, right
    relu: bool = True
    weight_bits: int = 8
    activation_bits: int = 8
    depth: int = 0  # input channels


@dataclass
class Network:
    name: str
    input_shape: tuple
    layers: list = field(default_factory=list)

    def shape(self, name):
        if name == INPUT:
            return self.input_shape
        return next(l.shape for l in self.layers if l.name == name)

    def last(self):
        return self.layers[-1].name if self.layers else INPUT

    def add_layer(self, op, inputs, shape, **more):
        name = f"{op}{len(self.layers)}"
        self.layers.append(Layer(name, op, inputs, shape, **more))
        return name

    def conv(self, out, kernel, stride=1, op="conv", source=None, pads=None, **more):
        """Padded to the size of the input by the stride, as frameworks do."""
        source = source or self.last()
        h, w, c = self.shape(source)
        kh, kw = kernel
        if pads is None:
            pads = (kh // 2, kw // 2, kh // 2, kw // 2)
        oh = (h + pads[0] + pads[2] - kh) // stride + 1
        ow = (w + pads[1] + pads[3] - kw) // stride + 1
        return self.add_layer(op, [source], (oh, ow, out), kernel=kernel, stride=stride,
                              pads=pads, depth=c, **more)

    def depthwise(self, kernel=(3, 3), stride=1):
        return self.conv(self.shape(self.last())[2], kernel, stride, op="depthwise")

    def maxpool(self, kernel, stride, pad):
        return self.conv(self.shape(self.last())[2], kernel, stride, op="maxpool",
                         pads=(pad,) * 4)

    def head(self, classes):
        c = self.shape(self.last())[2]
        self.add_layer("avgpool", [self.last()], (1, 1, c))
        if classes:
            self.add_layer("fc", [self.last()], (1, 1, classes), relu=False, depth=c)


def resnet_block(net, out, stride, weights=8, activations=8):
    """Branches of a sum have 8 bits."""
    x = net.last()
    net.conv(out, (3, 3), stride, weight_bits=weights, activation_bits=activations)
    y = net.conv(out, (3, 3), relu=False, weight_bits=weights)
    if stride != 1 or net.shape(x)[2] != out:
        x = net.conv(out, (1, 1), stride, source=x, relu=False, pads=(0, 0, 0, 0))
    net.add_layer("add", [y, x], net.shape(y), activation_bits=activations)


def resnet8():
    net = Network("resnet8", (32, 32, 3))
    net.conv(16, (3, 3))
    for out, stride in ((16, 1), (32, 2), (64, 2)):
        resnet_block(net, out, stride)
    net.head(10)
    return net


def dscnn():
    net = Network("ds-cnn", (49, 10, 1))
    net.conv(64, (10, 4), 2, pads=(4, 1, 5, 1))
    for _ in range(4):
        net.depthwise()
        net.conv(64, (1, 1))
    net.head(12)
    return net


def mobilenet_v1():
    net = Network("mobilenet-v1-0.25", (96, 96, 3))
    net.conv(8, (3, 3), 2)
    for out, stride in ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1),
                        (128, 1), (128, 1), (128, 1), (128, 1), (256, 2), (256, 1)):
        net.depthwise(stride=stride)
        net.conv(out, (1, 1))
    net.head(2)
    return net


def mobilenet_v2():
    net = Network("mobilenet-v2", (224, 224, 3))
    net.conv(32, (3, 3), 2)
    for expand, out, count, first in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2),
                                      (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
                                      (6, 320, 1, 1)):
        for i in range(count):
            x, stride = net.last(), first if i == 0 else 1
            channels = net.shape(x)[2]
            if expand > 1:
                net.conv(channels * expand, (1, 1))
            net.depthwise(stride=stride)
            y = net.conv(out, (1, 1), relu=False)
            if stride == 1 and channels == out:
                net.add_layer("add", [y, x], net.shape(y), relu=False)
    net.conv(1280, (1, 1))
    net.head(1000)
    return net


def resnet18(name="resnet18", **bits):
    """@bits: weights and activations of all but the first, the last and 1 x 1."""
    net = Network(name, (224, 224, 3))
    net.conv(64, (7, 7), 2)
    net.maxpool((3, 3), 2, 1)
    for out, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        resnet_block(net, out, stride, **bits)
        resnet_block(net, out, 1, **bits)
    net.head(1000)
    return net


def single(name, shape, **conv):
    net = Network(name, shape)
    net.conv(**conv)
    return net


def layers():
    """Single layers that the documentation's tables have."""
    fc = Network("fc-4096-4096", (1, 1, 4096))
    fc.add_layer("fc", [INPUT], (1, 1, 4096), depth=4096)
    return [
        single("3x3-64-64-56x56", (56, 56, 64), out=64, kernel=(3, 3)),
        single("3x3-256-256-14x14", (14, 14, 256), out=256, kernel=(3, 3)),
        single("1x1-256-1024-14x14", (14, 14, 256), out=1024, kernel=(1, 1)),
        single("dw3x3-128-56x56", (56, 56, 128), out=128, kernel=(3, 3), op="depthwise"),
        fc,
    ]


def networks():
    return [resnet8(), dscnn(), mobilenet_v1(), mobilenet_v2(), resnet18()]


def low_bit():
    """Of fewer bits; only this project's device runs them as such."""
    return [resnet18("resnet18-w2a8", weights=2),
            resnet18("resnet18-w2a2", weights=2, activations=2),
            resnet18("resnet18-w1a2", weights=1, activations=2)]
