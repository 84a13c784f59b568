# SPDX-License-Identifier: MIT
"""MaxPool and GlobalMaxPool.

Only the order of numbers matters to a maximum. So numbers become their ranks among
all numbers of their channel, and a rank the sum of digits of at most 255, a channel each:
digit i is the rank less 255 * i, limited to 0 and 255. The digits of a maximum are
the maxima of the digits, and they give back the number: results are equal to the
test's. Codes of the narrow types are such a digit, too, with steps between.
"""
import copy
import itertools
import math

import numpy as np

import encode
import geometry as geo
import limbs
import qformat as q
from program import Job, Program, crop, equal, look_up

NARROW = (q.S8, q.U4, q.S4, q.U2, q.S2, q.B1)
DIGIT = 255
# Elements of a plane; of more, the ranks take too many digits.
TILE = 1 << 12


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
    rows, count = geo.stacked(image)
    source = program.input(rows, kind)
    out_size = geometry.plane()[2]
    place = program.output if count == 1 else program.scratch
    plane = place((count * out_size[0], out_size[1], len(image)), kind)
    for number in range(count):
        program.command(q.MAX_POOL, geo.layer_of(source, number, count),
                        geo.layer_of(plane, number, count), q.Stage(),
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


def plane_ranks(data, want):
    """Ranks of each channel of each image by itself, and of its results."""
    found = np.zeros(data.shape, np.int64), np.zeros(want.shape, np.int64)
    for at in np.ndindex(data.shape[:2]):
        both = encode.ranks(np.concatenate([data[at].reshape(-1), want[at].reshape(-1)]))
        found[0][at] = both[:data[at].size].reshape(data[at].shape)
        found[1][at] = both[data[at].size:].reshape(want[at].shape)
    return found


def max_job(label, kind, codes, want, geometry):
    program = Program()
    outs = [largest(program, image, kind, geometry) for image in codes]

    def check(got):
        images = [geo.unstacked(c, want.shape[1:]) for c in got]
        equal("result", np.stack(images), want)
    return Job(label, program, outs, check, Job.EQUAL)


def digits_job(data, want, geometry):
    ranks, wanted = plane_ranks(data, want)
    count = max(-(-int(ranks.max()) // DIGIT), 1)
    return max_job(f"U8, {count} digits", q.U8, digits(ranks, count),
                   digits(wanted, count), geometry)


def thinned(data, geometry):
    """Without the elements that no window sees, where strides and dilations have a
    common divisor."""
    part = copy.copy(geometry)
    common = [math.gcd(*pair) for pair in zip(part.strides, part.dilations)]
    first = [-b % g for b, g in zip(part.before, common)]
    data = data[(..., *(slice(at, None, g) for at, g in zip(first, common)))]
    part.size = list(data.shape[2:])
    part.before = [(b + at) // g for b, at, g in zip(part.before, first, common)]
    part.strides = [s // g for s, g in zip(part.strides, common)]
    part.dilations = [d // g for d, g in zip(part.dilations, common)]
    part.span = [d * (k - 1) + 1 for d, k in zip(part.dilations, part.kernel)]
    return data, part


def tile_jobs(data, want, geometry):
    """Ranks of many numbers have many digits, so large planes are cut into tiles."""
    data, geometry = thinned(data, geometry)
    side = round(TILE ** (1 / len(geometry.out)) / max(geometry.strides))
    starts = [range(0, size, side) for size in geometry.out]
    for lo in itertools.product(*starts):
        part = copy.copy(geometry)
        part.out = [min(side, size - at) for size, at in zip(geometry.out, lo)]
        begin = [at * s - b for at, s, b in zip(lo, part.strides, part.before)]
        end = [at + (out - 1) * s + span for at, out, s, span in
               zip(begin, part.out, part.strides, part.span)]
        part.before = [max(-at, 0) for at in begin]
        part.after = [max(at - size, 0) for at, size in zip(end, geometry.size)]
        seen = tuple(slice(max(i, 0), j) for i, j in zip(begin, end))
        made = tuple(slice(i, i + out) for i, out in zip(lo, part.out))
        part.size = list(data[(0, 0, *seen)].shape)
        every = slice(None), slice(None)
        yield digits_job(data[(*every, *seen)], want[(*every, *made)], part)


def taps_as_channels(program, image, geometry):
    """Commands that make a channel of what each tap of the windows over one plane
    sees, in order; outside of it is less than anything. The tensor."""
    size, kernel, out, strides, dilations, before, _ = geometry.plane()
    source = program.input(image.reshape(*size, 1), q.S32)
    taps = program.scratch((*out, kernel[0] * kernel[1]), q.S32)
    for number, (ky, kx) in enumerate(np.ndindex(*kernel)):
        part = copy.copy(taps)
        part.channels = number + 1
        body = q.Copy(fill=q.S32_MIN, out_first=number)
        body.set_axis(0, ky * dilations[0] - before[0], strides[0], 1, 0)
        body.set_axis(1, kx * dilations[1] - before[1], strides[1], 1, 1)
        body.set_axis(2, 0, 1, 1, 2)
        program.command(q.COPY, source, part, q.Stage(), body)
    return taps


def places_job(case, geometry):
    """The second output: ARGMAX tells the tap, a table how far it is from the first
    one of its window, and ADD where that is in the whole tensor."""
    data, want = case.inputs[0], case.outputs[1]
    size, kernel, out, strides, dilations, before, _ = geometry.plane()
    steps = (1, size[0]) if case.attribute("storage_order", 0) else (size[1], 1)
    grid = np.indices(kernel).reshape(2, -1) * np.reshape(dilations, (2, 1))
    first = np.indices(out) * np.reshape(strides, (2, 1, 1)) - np.reshape(before, (2, 1, 1))
    program, outs = Program(), []
    for number, image in enumerate(encode.ordered(data).reshape(-1, *size)):
        taps = taps_as_channels(program, image, geometry)
        tap = program.scratch((*out, 1), q.U8)
        program.command(q.ARGMAX, taps, tap,
                        look_up(program, np.dot(steps, grid), q.U8), q.Record())
        start = np.tensordot(steps, first, 1) + number * image.size
        start = program.input(start[..., None], q.S32)
        outs.append(program.output((*out, 1), q.S32))
        limbs.add_up(program, [(tap, *limbs.EXACT), (start, *limbs.EXACT)], outs[-1])

    def check(got):
        equal("places", np.stack(got).reshape(want.shape), want)
    return Job("S32, places", program, outs, check, Job.EQUAL)


def max_jobs(case, geometry):
    data, want = case.inputs[0], case.outputs[0]
    if data[0, 0].size > TILE:
        yield from tile_jobs(data, want, geometry)
        return
    if data.dtype.name in ("int8", "uint8"):
        own = encode.integers(data)
        yield max_job(q.NAMES[own.kind], own.kind, own.codes, want, geometry)
    yield digits_job(data, want, geometry)
    ranks, wanted = plane_ranks(data, want)
    for kind in NARROW:
        top = int(ranks.max())
        yield max_job(q.NAMES[kind], kind, encode.coarse(ranks, kind, top),
                      encode.coarse(wanted, kind, top), geometry)
    if len(case.outputs) > 1:
        yield places_job(case, geometry)


def max_pool(case):
    return max_jobs(case, geo.of_windows(case))


def global_max_pool(case):
    return max_jobs(case, geo.of_windows(case, True))


TRANSLATORS = {"GlobalMaxPool": global_max_pool, "MaxPool": max_pool}
