# SPDX-License-Identifier: MIT
"""CONV, CONV_TRANSPOSE and FC commands for the layers of a test."""
import copy

import numpy as np

import execute
import geometry as geo
import qformat as q
from program import channel_slice, crop


class Weights:
    """Codes [oc, ic / groups, ...], a zero point for all or one for each oc, and
    biases in units of the products, if any."""

    def __init__(self, codes, kind, zero_point=0, bias=None):
        self.codes, self.kind, self.bias = codes, kind, bias
        self.zero_point = np.broadcast_to(np.asarray(zero_point, np.int64).reshape(-1),
                                          len(codes))

    def values(self):
        return self.codes - self.zero_point.reshape(-1, *[1] * (self.codes.ndim - 1))

    def rows(self, first, count):
        bias = None if self.bias is None else self.bias[first:first + count]
        return Weights(self.codes[first:first + count], self.kind,
                       self.zero_point[first:first + count], bias)


def by_output(codes, groups):
    """Weights of ConvTranspose, input channel first, with the output channel first."""
    split = codes.reshape(groups, -1, *codes.shape[1:]).swapaxes(1, 2)
    return split.reshape(-1, *split.shape[2:])


def spread(weights, groups, layers, places):
    """Weights over all channels of all layers of an input; places are pairs of a
    layer and the layer of the kernel that meets it. All others are zero points."""
    codes = weights.codes
    if codes.ndim == 4:
        codes = codes[:, :, None]
    oc, icg = codes.shape[:2]
    dense = np.empty((oc, layers, groups, icg, *codes.shape[3:]), np.int64)
    dense[:] = weights.zero_point.reshape(-1, *[1] * (dense.ndim - 1))
    for channel in range(oc):
        for layer, tap in places:
            dense[channel, layer, channel * groups // oc] = codes[channel, :, tap]
    return Weights(dense.reshape(oc, -1, *codes.shape[3:]), weights.kind,
                   weights.zero_point, weights.bias)


def meeting(geometry, out, transposed):
    """Which layers of the input and of the kernel meet in a layer of the output."""
    size, kernel, _, stride, dilation, before = geometry.depth()
    if not transposed:
        pairs = ((out * stride - before + tap * dilation, tap) for tap in range(kernel))
        return [(layer, tap) for layer, tap in pairs if 0 <= layer < size]
    return [(layer, tap) for layer in range(size) for tap in range(kernel)
            if layer * stride + tap * dilation == out + before]


def command(program, opcode, source, out, body, weights, stage):
    """One command; weights [oc, ic / groups, kernel_h, kernel_w]."""
    rows = weights.codes.transpose(0, 2, 3, 1).reshape(len(weights.codes), -1)
    packed = execute.pack_codes(rows, q.weight_bits(weights.kind))
    body = copy.copy(body)
    body.weight_type, body.weight_zero_point = weights.kind, int(weights.zero_point[0])
    body.weight_off = program.const(packed.tobytes())
    if weights.bias is not None:
        body.bias_off = program.words(weights.bias)
    program.command(opcode, source, out, stage, body)


def layer(program, source, out, geometry, weights, stage_of, transposed=False):
    """Commands for one image; stage_of(first channel, count) makes a stage. Output
    channels whose weights have another zero point need a command of their own."""
    opcode = q.CONV_TRANSPOSE if transposed else q.CONV
    body = geo.body(geometry, groups=geometry.groups)
    if weights.codes.ndim == 3:
        weights = copy.copy(weights)
        weights.codes = weights.codes[:, :, None]
    first = 0
    while first < len(weights.codes):
        same = weights.zero_point == weights.zero_point[first]
        count = int(np.argmin(np.append(same[first:], False)))
        part = weights.rows(first, count)
        command(program, opcode, source, channel_slice(out, first, count), body, part,
                stage_of(first, count))
        first += count


def layers(program, codes, kind, zero_point, geometry, weights, stage_of, out_kind,
           out_zero_point=0, transposed=False):
    """Commands for images [n, c, ...]: the outputs' tensors, a list for each image
    with one for each layer of the output."""
    _, _, depth_out, _, _, _ = geometry.depth()
    flat = len(geometry.size) < 3
    mixed = len(set(weights.zero_point.tolist())) > 1
    shape = (*geometry.plane()[2], len(weights.codes))
    outs = []
    for one in codes:
        source = program.input(geo.image(one), kind, zero_point)
        outs.append([])
        for number in range(depth_out):
            used, window = weights, geometry
            if not flat or (mixed and geometry.groups > 1):
                size = 1 if flat else geometry.size[0]
                places = [(0, 0)] if flat else meeting(geometry, number, transposed)
                used = spread(weights, geometry.groups, size, places)
                window = copy.copy(geometry)
                window.groups = 1
            out = program.output(shape, out_kind, out_zero_point)
            layer(program, source, out, window, used, stage_of, transposed)
            outs[-1].append(out)
    return outs


def results(got, outs, channels, out_shape):
    """What the device left, as [n, channels, ...]; got is in the order of outs."""
    got = iter(got)
    return np.stack([geo.stack([next(got) for _ in image], channels, out_shape)
                     for image in outs])


def rows(program, matrix, kind, zero_point, weights, stage_of, out_kind,
         out_zero_point=0):
    """An FC command for each row of a matrix, whose bias is that row of a matrix of
    biases: the rows of the result."""
    source = program.input(matrix[None], kind, zero_point)
    out = program.output((1, len(matrix), len(weights.codes)), out_kind, out_zero_point)
    body = q.Conv(kernel_h=1, kernel_w=1, stride_h=1, stride_w=1, dilation_h=1,
                  dilation_w=1, groups=1, bias_off=q.NO_CONST, codebook_off=q.NO_CONST)
    weights = Weights(weights.codes[:, :, None, None], weights.kind, weights.zero_point,
                      weights.bias)
    for row in range(len(matrix)):
        own = copy.copy(weights)
        own.bias = None if weights.bias is None else weights.bias[row]
        command(program, q.FC, crop(source, 0, row, 1, 1), crop(out, 0, row, 1, 1), body,
                own, stage_of(0, len(weights.codes)))
    return out
