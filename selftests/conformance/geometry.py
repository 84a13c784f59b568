# SPDX-License-Identifier: MIT
"""Kernels, strides and padding of ONNX, and how the device's tensors hold images."""
import numpy as np

import qformat as q
from program import OutOfRange, crop


class Geometry:
    """kernel, strides, dilations, before, after, out: a number for each axis."""

    def __init__(self, case, size, kernel, out):
        axes = len(size)
        self.size, self.kernel, self.out = list(size), list(kernel), list(out)
        self.strides = list(case.attribute("strides", [1] * axes))
        self.dilations = list(case.attribute("dilations", [1] * axes))
        self.groups = case.attribute("group", 1)
        self.before, self.after = [0] * axes, [0] * axes
        self.span = [d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilations)]
        if not 1 <= axes <= 3:
            raise OutOfRange(f"{axes} axes of space")

    def pad(self, case):
        """The padding of a window operator. Where the last window reaches beyond
        what is declared (ceil_mode), the rest is padding, too: extra."""
        axes, auto = len(self.size), case.text("auto_pad", "NOTSET")
        if auto == "NOTSET":
            pads = list(case.attribute("pads", [0] * 2 * axes))
            self.before, self.after = pads[:axes], pads[axes:]
        if min(self.before + self.after) < 0:
            raise OutOfRange("negative padding")
        need = [(o - 1) * s + span - size for o, s, span, size in
                zip(self.out, self.strides, self.span, self.size)]
        if auto.startswith("SAME"):
            both = [max(n, 0) for n in need]
            less = [n // 2 for n in both]
            more = [n - m for n, m in zip(both, less)]
            self.before, self.after = (less, more) if auto == "SAME_UPPER" else (more, less)
        self.extra = [max(n - b - a, 0) for n, b, a in zip(need, self.before, self.after)]
        self.after = [a + e for a, e in zip(self.after, self.extra)]
        return self

    def pad_transposed(self, case):
        """The padding of ConvTranspose: declared, or what the output leaves over."""
        axes, auto = len(self.size), case.text("auto_pad", "NOTSET")
        full = [(i - 1) * s + span for i, s, span in
                zip(self.size, self.strides, self.span)]
        if auto == "NOTSET" and "output_shape" not in case.attributes:
            pads = list(case.attribute("pads", [0] * 2 * axes))
            self.before, self.after = pads[:axes], pads[axes:]
        else:
            more = case.attribute("output_padding", [0] * axes)
            both = [max(f + m - o, 0) for f, m, o in zip(full, more, self.out)]
            less = [n // 2 for n in both]
            rest = [n - m for n, m in zip(both, less)]
            self.before, self.after = (less, rest) if auto == "SAME_UPPER" else (rest, less)
        for axis, (f, o) in enumerate(zip(full, self.out)):
            base = f - self.before[axis] - self.after[axis]
            # The device knows the output's shape; what it leaves out is padding.
            self.after[axis] += max(base - o, 0)
        return self

    def plane(self):
        """The same for the last two axes; one axis is a row."""
        numbers = []
        for name, neutral in (("size", 1), ("kernel", 1), ("out", 1), ("strides", 1),
                              ("dilations", 1), ("before", 0), ("after", 0)):
            numbers.append([neutral, *getattr(self, name)][-2:])
        return numbers

    def depth(self):
        """Size, kernel, output, stride, dilation and padding of the first of three
        axes; of a plane, it is one layer."""
        if len(self.size) < 3:
            return 1, 1, 1, 1, 1, 0
        return tuple(getattr(self, name)[0] for name in (
            "size", "kernel", "out", "strides", "dilations", "before"))


def image(array):
    """[c, ...] of one to three axes as [y, x, channels]; the layers of three axes are
    channels beside each other, layer by layer."""
    if array.ndim == 2:
        array = array[:, None]
    if array.ndim == 4:
        array = array.swapaxes(0, 1).reshape(-1, *array.shape[2:])
    return array.transpose(1, 2, 0)


def stacked(image):
    """[c, ...] as rows of one tensor, layer below layer, and their number."""
    layers = image if image.ndim == 4 else image.reshape(len(image), 1, -1, image.shape[-1])
    rows = layers.transpose(1, 2, 3, 0)
    return rows.reshape(-1, *rows.shape[2:]), len(rows)


def layer_of(tensor, number, count):
    rows = tensor.height // count
    return crop(tensor, number * rows, 0, rows, tensor.width)


def unstacked(codes, shape):
    """The reverse of stacked(), to the shape of one image."""
    codes = codes.reshape(*(shape[1:-2] if len(shape) == 4 else (1,)), -1, *codes.shape[1:])
    return codes.transpose(3, 0, 1, 2).reshape(shape)


def stack(layers, channels, out):
    """Layers [y, x, channels] of an output as [c, ...]."""
    array = np.stack([layer.transpose(2, 0, 1) for layer in layers], axis=1)
    return array.reshape(channels, *out)


def body(geometry, **fields):
    """The window of a CONV, or of a pooling command where the fields say so."""
    _, kernel, _, strides, dilations, before, after = geometry.plane()
    numbers = dict(kernel_h=kernel[0], kernel_w=kernel[1], stride_h=strides[0],
                   stride_w=strides[1], pad_top=before[0], pad_left=before[1],
                   pad_bottom=after[0], pad_right=after[1])
    if max([*before, *after]) > (q.MAX_DIM if "flags" in fields else 255):
        raise OutOfRange("padding of more than a window")
    if "flags" in fields:
        numbers |= dict(gap_h=dilations[0] - 1, gap_w=dilations[1] - 1)
        return q.Pool(**numbers, **fields)
    numbers |= dict(dilation_h=dilations[0], dilation_w=dilations[1])
    return q.Conv(**numbers, bias_off=q.NO_CONST, codebook_off=q.NO_CONST, **fields)


def of_windows(case, whole=False):
    """The windows of a pooling test; with whole, one over everything."""
    size = case.inputs[0].shape[2:]
    kernel = size if whole else case.attributes["kernel_shape"]
    return Geometry(case, size, kernel, case.outputs[0].shape[2:]).pad(case)
