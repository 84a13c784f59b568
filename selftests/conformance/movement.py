# SPDX-License-Identifier: MIT
"""Data movement: Concat, Pad, Resize, Slice, Transpose and the block operators.

Elements move as they are: numbers of 32 bits as S32, whatever they stand for. So
that packed elements are moved, too, each test is repeated with codes of every
narrow type in place of the numbers.
"""
import fractions
import itertools
import math

import numpy as np

import encode
import qformat as q
from program import Job, OutOfRange, Program, crop, equal

NARROW = (q.U8, q.S8, q.S4, q.U4, q.S2, q.U2, q.B1)
OUTSIDE = (-1, 0, 1)


class Piece:
    """Elements lo to hi of an output's axis: floor((start + step * o) / divisor) of
    the input's, o counted from lo."""

    def __init__(self, lo, hi, start=0, step=1, divisor=1):
        self.lo, self.hi, self.formula = lo, hi, (start, step, divisor)

    def source(self, index):
        start, step, divisor = self.formula
        return (start + step * (index - self.lo)) // divisor


def three(shape):
    """A shape as rows, pixels and channels: leading axes are rows, too."""
    shape = (1,) * (3 - len(shape)) + tuple(shape)
    return (math.prod(shape[:-2]), *shape[-2:])


def move(program, source, shape, target, out_shape, axes, fill=0, clamp=False):
    """Copy an array to another: a list of pieces for each axis of the output."""
    extra = max(3 - len(shape), 0)
    axes = [[Piece(0, 1)]] * extra + list(axes)
    shape, out_shape = (1,) * extra + tuple(shape), (1,) * extra + tuple(out_shape)
    lead = len(shape) - 3
    for at in itertools.product(*(range(size) for size in out_shape[:lead])):
        found = [next(p.source(i) for p in pieces if p.lo <= i < p.hi)
                 for i, pieces in zip(at, axes)]
        if clamp:
            found = [min(max(i, 0), size - 1) for i, size in zip(found, shape)]
        inside = all(0 <= i < size for i, size in zip(found, shape))
        block = crop(source, int(np.ravel_multi_index(found, shape[:lead])) * shape[lead]
                     if inside and lead else 0, 0, *shape[lead:-1])
        row = int(np.ravel_multi_index(at, out_shape[:lead])) if lead else 0
        for pieces in itertools.product(*axes[lead:]):
            part = crop(target, row * out_shape[lead] + pieces[0].lo, pieces[1].lo,
                        pieces[0].hi - pieces[0].lo, pieces[1].hi - pieces[1].lo)
            part.channels = pieces[2].hi
            body = q.Copy(fill=0 if clamp else fill, out_first=pieces[2].lo,
                          flags=q.CLAMP if clamp else 0)
            for axis, piece in enumerate(pieces):
                body.set_axis(axis, *small(*(piece.formula if inside else OUTSIDE)), axis)
            program.command(q.COPY, block, part, q.Stage(), body)


def small(start, step, divisor):
    """The same formula with the smallest numbers."""
    common = math.gcd(start, step, divisor)
    numbers = start // common, step // common, divisor // common
    if max(map(abs, numbers)) > q.MAX_COPY:
        raise OutOfRange("coordinates that need numbers of more than 30 bits")
    return numbers


def moved(arrays, want, build, fill=None, shapes=None):
    """A job for each type: build(program, list of tensors, fill) gives the output's
    tensor, whose elements in order are those of want."""
    made_up = [] if fill is None else [fill]
    shapes = shapes or [three(array.shape) for array in arrays]
    exact = [encode.bits_of(a) for a in (*arrays, *made_up, want)]
    versions = [(exact[0][1], [codes for codes, _ in exact])]
    versions += [(kind, encode.fingerprint([*arrays, *made_up, want], kind))
                 for kind in NARROW]
    for kind, codes in versions:
        program = Program()
        tensors = [program.input(c.reshape(shape), kind)
                   for c, shape in zip(codes, shapes)]
        out = build(program, tensors, int(codes[-2]) if made_up else 0)

        def check(got, expected=codes[-1]):
            equal("result", got[0].reshape(expected.shape), expected)
        yield Job(q.NAMES[kind], program, [out], check, Job.EQUAL)


def copied(case, axes, fill=None, clamp=False):
    """Jobs for one input whose axes are moved each by itself. Images are moved with
    their channels last, too, as the device's other commands have them."""
    data, want = case.inputs[0], case.outputs[0]
    if 0 in want.shape:
        raise OutOfRange("an empty result: every dimension of a tensor is at least 1")
    orders = [range(data.ndim)] + ([(0, 2, 3, 1)] if data.ndim == 4 else [])
    for order in orders:
        shape, out_shape = ([array.shape[axis] for axis in order]
                            for array in (data, want))
        pieces = [axes[axis] for axis in order]

        def build(program, tensors, code):
            out = program.output(three(out_shape), tensors[0].type)
            move(program, tensors[0], shape, out, out_shape, pieces, code, clamp)
            return out
        yield from moved([data.transpose(order)], want.transpose(order), build, fill)


def whole(size):
    return [Piece(0, size)]


def concat(case):
    out_shape = case.outputs[0].shape
    axis = case.attribute("axis", 1) % len(out_shape)

    def build(program, tensors, _):
        out = program.output(three(out_shape), tensors[0].type)
        at = 0
        for array, tensor in zip(case.inputs, tensors):
            axes = [whole(size) for size in array.shape]
            axes[axis] = [Piece(at, at + array.shape[axis])]
            at += array.shape[axis]
            move(program, tensor, array.shape, out, out_shape, axes)
        return out
    return moved(case.inputs, case.outputs[0], build)


def slice_of(case):
    shape = case.inputs[0].shape
    numbers = [case.input(i) for i in range(1, 5)]
    if case.opset < 10:
        numbers = [case.attribute(n, None) for n in ("starts", "ends", "axes")] + [None]
    starts, ends, axes, steps = numbers
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    pieces = [whole(size) for size in shape]
    for axis, start, end, step in zip(axes, starts, ends, steps):
        start, _, step = slice(int(start), int(end), int(step)).indices(shape[axis])
        pieces[axis] = [Piece(0, case.outputs[0].shape[axis], start, step)]
    return copied(case, pieces)


def pad(case):
    data, mode = case.inputs[0], case.text("mode", "constant")
    pads, value, axes = (case.input(i) for i in (1, 2, 3))
    if case.opset < 11:
        pads, value = case.attributes["pads"], case.attribute("value", 0.0)
    axes = range(data.ndim) if axes is None else [int(a) % data.ndim for a in axes]
    before, after = [0] * data.ndim, [0] * data.ndim
    for number, axis in enumerate(axes):
        before[axis], after[axis] = int(pads[number]), int(pads[len(axes) + number])
    pieces = [padded(mode, *numbers) for numbers in zip(data.shape, before, after)]
    fill = None
    if mode == "constant":
        fill = np.asarray(0 if value is None else value).reshape(()).astype(data.dtype)
    return copied(case, pieces, fill, mode == "edge")


def padded(mode, size, before, after):
    """An axis: what is made up where a mode repeats elements is pieces of its own."""
    total = size + before + after
    if mode in ("constant", "edge"):
        return [Piece(0, total, -before)]
    if mode == "reflect" and max(before, after) < size:
        pieces = [Piece(0, before, before, -1), Piece(before, before + size),
                  Piece(before + size, total, size - 2, -1)]
    elif mode == "wrap":
        cuts = sorted({0, total, *range(before % size, total, size)})
        pieces = [Piece(lo, hi, (lo - before) % size) for lo, hi in zip(cuts, cuts[1:])]
    else:
        raise OutOfRange(f"padding of mode {mode}")
    return [piece for piece in pieces if piece.lo < piece.hi]


def permuted(shape, order):
    """Sizes and order of a transposition of three axes that does the same: axes that
    stay beside each other become one."""
    runs = [[order[0]]]
    for axis in order[1:]:
        if axis == runs[-1][-1] + 1:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    if len(runs) > 3:
        raise OutOfRange("a transposition of more than three axes that all move")
    ranked = sorted(runs)
    extra = 3 - len(runs)
    sizes = [1] * extra + [math.prod(shape[axis] for axis in run) for run in ranked]
    return sizes, [*range(extra), *(ranked.index(run) + extra for run in runs)]


def transpose(case):
    data = case.inputs[0]
    order = list(case.attribute("perm", range(data.ndim)[::-1]))
    sizes, order = permuted(data.shape, order)

    def build(program, tensors, _):
        out = program.output([sizes[axis] for axis in order], tensors[0].type)
        body = q.Copy()
        for axis in range(3):
            body.set_axis(axis, 0, 1, 1, order.index(axis))
        program.command(q.COPY, tensors[0], out, q.Stage(), body)
        return out
    return moved([data], case.outputs[0], build, shapes=[sizes])


def blocks(case, mode):
    """SpaceToDepth and DepthToSpace, image by image with the channels last."""
    data, want = (array.transpose(0, 2, 3, 1)
                  for array in (case.inputs[0], case.outputs[0]))
    flags = q.CRD if case.text("mode", "DCR") == "CRD" else 0
    block = case.attributes["blocksize"]

    def build(program, tensors, _):
        out = program.output(three(want.shape), tensors[0].type)
        for image in range(len(data)):
            rows, width = data.shape[1:3]
            source = crop(tensors[0], image * rows, 0, rows, width)
            rows, width = want.shape[1:3]
            program.command(q.COPY, source, crop(out, image * rows, 0, rows, width),
                            q.Stage(), identity(mode=mode, block=block, flags=flags))
        return out
    return moved([data], want, build)


def identity(**fields):
    body = q.Copy(**fields)
    for axis in range(3):
        body.set_axis(axis, 0, 1, 1, axis)
    return body


def resize(case):
    data, mode = case.inputs[0], case.text("mode", "nearest")
    if mode != "nearest":
        raise OutOfRange(f"interpolation of mode {mode}: COPY takes the nearest element")
    axes = [int(a) % data.ndim for a in case.attribute("axes", range(data.ndim))]
    scales = factors(case, axes)
    pieces = []
    for axis, size in enumerate(data.shape):
        out = case.outputs[0].shape[axis]
        number = scales.get(axis, fractions.Fraction(1))
        pieces.append([Piece(0, out, *nearest(case, size, out, number))])
    return copied(case, pieces, clamp=True)


def factors(case, axes):
    """The factor of each axis as a fraction."""
    scales, sizes = case.input(2), case.input(3)
    if case.opset < 11:
        scales = case.input(1)
    if scales is not None and scales.size:
        return {axis: fractions.Fraction(float(scale)) for axis, scale in zip(axes, scales)}
    numbers = {axis: fractions.Fraction(int(size), case.inputs[0].shape[axis])
               for axis, size in zip(axes, sizes)}
    policy = case.text("keep_aspect_ratio_policy", "stretch")
    if policy != "stretch":
        pick = min if policy == "not_larger" else max
        numbers = dict.fromkeys(axes, pick(numbers.values()))
    return numbers


def nearest(case, size, out, factor):
    """start, step and divisor, by the recipe of Documentation/device.rst: the
    coordinate is (s * o + c) / d."""
    up, down = factor.numerator, factor.denominator
    convention = case.text("coordinate_transformation_mode", "half_pixel")
    if convention == "asymmetric" or case.opset < 11:
        s, c, d = down, 0, up
    elif convention == "half_pixel" or (convention == "pytorch_half_pixel" and out > 1):
        s, c, d = 2 * down, down - up, 2 * up
    elif convention == "align_corners":
        s, c, d = (size - 1, 0, out - 1) if out > 1 else (0, 0, 1)
    else:
        raise OutOfRange(f"coordinates of mode {convention}")
    rounding = case.text("nearest_mode", "round_prefer_floor")
    more = {"floor": 0, "round_prefer_floor": d - 1, "round_prefer_ceil": d,
            "ceil": 2 * d - 1}[rounding]
    return 2 * c + more, 2 * s, 2 * d


def space_to_depth(case):
    return blocks(case, q.SPACE_TO_DEPTH)


def depth_to_space(case):
    return blocks(case, q.DEPTH_TO_SPACE)


TRANSLATORS = {"Concat": concat, "DepthToSpace": depth_to_space, "Pad": pad,
               "Resize": resize, "Slice": slice_of, "SpaceToDepth": space_to_depth,
               "Transpose": transpose}
