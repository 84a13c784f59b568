# SPDX-License-Identifier: MIT
"""MaxPool, AveragePool and the global ones.

Only the order of numbers matters to a maximum. So numbers become their ranks among
all numbers of the test, and a rank the sum of digits of at most 255, a channel each:
digit i is the rank less 255 * i, limited to 0 and 255. The digits of a maximum are
the maxima of the digits, and they give back the number: results are equal to the
test's. Codes of the narrow types are such a digit, too, with steps between.

The mean of codes is rounded to a code; with ex how far a code is from its number, and
s the step of the codes, it is within ex + s / 2 of the test's.
"""
import itertools

import numpy as np

import encode
import geometry as geo
import qformat as q
import reference
from program import (Job, OutOfRange, Program, crop, equal, limits, raw, requant,
                     within)

NARROW = (q.S8, q.U4, q.S4, q.U2, q.S2, q.B1)
DIGIT = 255
AVERAGE_BITS = (8, 4, 2)


def windows_of(case, whole=False):
    size = case.inputs[0].shape[2:]
    kernel = size if whole else case.attributes["kernel_shape"]
    return geo.Geometry(case, size, kernel, case.outputs[0].shape[2:]).pad(case)


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


def deep_body(geometry):
    """The window over layers that stand below each other."""
    numbers = {name: getattr(geometry, name)[0] for name in (
        "kernel", "strides", "dilations", "before", "after")}
    return q.Pool(kernel_h=numbers["kernel"], kernel_w=1, stride_h=numbers["strides"],
                  stride_w=1, gap_h=numbers["dilations"] - 1, gap_w=0,
                  pad_top=numbers["before"], pad_bottom=numbers["after"])


def flat_view(tensor, count):
    """The layers of a tensor as rows, all pixels of a layer beside each other."""
    view = crop(tensor, 0, 0, count, tensor.height // count * tensor.width)
    view.row_stride = tensor.height // count * tensor.row_stride
    return view


def largest(program, image, kind, geometry):
    """Commands for one image [c, ...]: the output's tensor."""
    rows, count = stacked(image)
    source = program.input(rows, kind)
    out_size = geometry.plane()[2]
    place = program.output if count == 1 else program.scratch
    plane = place((count * out_size[0], out_size[1], len(image)), kind)
    for number in range(count):
        program.command(q.MAX_POOL, layer_of(source, number, count),
                        layer_of(plane, number, count), q.Stage(),
                        geo.body(geometry, flags=0))
    if count == 1:
        return plane
    layers = geometry.out[0]
    out = program.output((layers * out_size[0], out_size[1], len(image)), kind)
    program.command(q.MAX_POOL, flat_view(plane, count), flat_view(out, layers), q.Stage(),
                    deep_body(geometry))
    return out


def digits(ranks, count):
    """[n, c, ...] with count channels for each channel."""
    return np.concatenate([np.clip(ranks - DIGIT * i, 0, DIGIT) for i in range(count)],
                          axis=1)


def max_job(label, kind, codes, want, geometry):
    program = Program()
    outs = [largest(program, image, kind, geometry) for image in codes]

    def check(got):
        images = [unstacked(c, want.shape[1:]) for c in got]
        equal("result", np.stack(images), want)
    return Job(label, program, outs, check, Job.EQUAL)


def max_jobs(case, geometry):
    if len(case.outputs) > 1:
        raise OutOfRange("the second output: no command tells where a maximum was")
    data, want = case.inputs[0], case.outputs[0]
    both = encode.ranks(np.concatenate([data.reshape(-1), want.reshape(-1)]))
    ranks, wanted = both[:data.size].reshape(data.shape), both[data.size:]
    wanted = wanted.reshape(want.shape)
    if data.dtype.name in ("int8", "uint8"):
        own = encode.integers(data)
        yield max_job(q.NAMES[own.kind], own.kind, own.codes, want, geometry)
    count = max(-(-int(ranks.max()) // DIGIT), 1)
    yield max_job(f"U8, {count} digits", q.U8, digits(ranks, count),
                  digits(wanted, count), geometry)
    for kind in NARROW:
        codes = encode.coarse(np.concatenate([ranks.reshape(-1), wanted.reshape(-1)]), kind)
        yield max_job(q.NAMES[kind], kind, codes[:data.size].reshape(data.shape),
                      codes[data.size:].reshape(want.shape), geometry)


def mean_stage(kind):
    low, high = limits(kind)
    return q.Stage(kind=q.MEAN, clamp_min=low, clamp_max=high)


def half_away(total, count):
    return np.sign(total) * ((2 * np.abs(total) + count) // (2 * count))


def plane_mean(program, image, x, geometry, counts_pad):
    """AVG_POOL of one image [c, ...] with stage MEAN."""
    source = program.input(geo.image(image), x.kind, x.zero_point)
    out = program.output((*geometry.plane()[2], source.channels), x.kind, x.zero_point)
    program.command(q.AVG_POOL, source, out, mean_stage(x.kind),
                    geo.body(geometry, flags=q.COUNT_PAD if counts_pad else 0))
    return out


def runs(numbers):
    """Where equal numbers follow each other: pairs of first and last + 1."""
    cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    return list(zip(cuts, cuts[1:]))


def added(program, parts, out, stage):
    """The sum of S32 tensors, then a stage: COPY or ADD commands."""
    if len(parts) == 1:
        body = q.Copy()
        for axis in range(3):
            body.set_axis(axis, 0, 1, 1, axis)
        program.command(q.COPY, parts[0], out, stage, body)
        return
    exact = q.Add(multiplier0=1 << 30, multiplier1=1 << 30, shift0=1, shift1=1,
                  rule=q.RULE_B)
    total = parts[0]
    for part in parts[1:-1]:
        shape = (total.height, total.width, total.channels)
        further = program.scratch(shape, q.S32)
        program.command(q.ADD, total, further, raw(), exact, part)
        total = further
    program.command(q.ADD, total, out, stage, exact, parts[-1])


def deep_mean(program, image, x, geometry, counts):
    """Three axes: sums over each layer, sums of these, and a scale of 1 / count, for
    blocks of the output with the same count."""
    rows, count = stacked(image)
    source = program.input(rows, x.kind, x.zero_point)
    size = geometry.plane()[2]
    shape = (*size, len(image))
    sums = [program.scratch(shape, q.S32) for _ in range(count)]
    for number, plane in enumerate(sums):
        program.command(q.AVG_POOL, layer_of(source, number, count), plane, raw(),
                        geo.body(geometry, flags=0))
    out = program.output((geometry.out[0] * size[0], *shape[1:]), x.kind, x.zero_point)
    for number in range(geometry.out[0]):
        kernel, stride, gap = (getattr(geometry, name)[0] for name in (
            "kernel", "strides", "dilations"))
        first = number * stride - geometry.before[0]
        used = [sums[i] for i in range(first, first + kernel * gap, gap) if 0 <= i < count]
        target, own = layer_of(out, number, geometry.out[0]), counts[number]
        for (top, bottom), (left, right) in itertools.product(runs(own[:, 0]), runs(own[0])):
            block = top, left, bottom - top, right - left
            stage = requant(program, 1 / own[top, left], x.kind)
            added(program, [crop(plane, *block) for plane in used], crop(target, *block),
                  stage)
    return out


def mean_job(case, geometry, counts, counts_pad, bits):
    data, want = case.inputs[0], case.outputs[0]
    x = encode.activations(data, bits)
    deep = len(geometry.size) == 3
    program = Program()
    if deep:
        outs = [deep_mean(program, image, x, geometry, counts) for image in x.codes]
    else:
        outs = [plane_mean(program, image, x, geometry, counts_pad) for image in x.codes]
    on_grid = x.exact and np.all(want / x.scale == np.rint(want / x.scale))

    def check(got):
        if deep:
            codes = np.stack([unstacked(c, want.shape[1:]) for c in got])
        else:
            codes = np.stack([geo.stack([c], want.shape[1], geometry.out) for c in got])
        total = reference.window_sums(x.values(), geometry)
        if deep:
            single = total.astype(np.float32) * (1 / counts).astype(np.float32)
            mean = np.rint(single).astype(np.int64)
        else:
            mean = half_away(total, counts)
        equal("means of codes", codes, np.clip(mean + x.zero_point, *limits(x.kind)))
        real = (codes - x.zero_point) * x.scale
        if on_grid:
            equal("result", real.astype(np.float32), want)
        within("result", real, want, x.error + x.scale * 0.50001)
    return Job(q.NAMES[x.kind], program, outs, check,
               Job.EQUAL if on_grid else Job.BOUND)


def mean_jobs(case, geometry):
    """The count is that of the taps on the input, or on input and declared padding."""
    counts_pad = bool(case.attribute("count_include_pad", 0))
    declared = sum(geometry.before) + sum(geometry.after) - sum(geometry.extra)
    assert not (counts_pad and declared and sum(geometry.extra)), "padding in two ways"
    ones = np.ones((1, 1, *geometry.size), np.int64)
    counts = reference.window_sums(ones, geometry)[0, 0]
    if counts_pad and declared:
        counts = np.full(counts.shape, int(np.prod(geometry.kernel)))
    for bits in AVERAGE_BITS:
        yield mean_job(case, geometry, counts, counts_pad and bool(declared), bits)


def max_pool(case):
    return max_jobs(case, windows_of(case))


def global_max_pool(case):
    return max_jobs(case, windows_of(case, True))


def average_pool(case):
    return mean_jobs(case, windows_of(case))


def global_average_pool(case):
    return mean_jobs(case, windows_of(case, True))


TRANSLATORS = {"AveragePool": average_pool, "GlobalAveragePool": global_average_pool,
               "GlobalMaxPool": global_max_pool, "MaxPool": max_pool}
