# SPDX-License-Identifier: MIT
"""AveragePool and GlobalAveragePool.

Numbers are sums of four codes of 8 bits, whose windows are summed up each and then
together, over the count: that is within the tolerance of the standard. With single
codes, the mean is rounded to a code; with ex how far a code is from its number and s
the step of the codes, it is within ex + s / 2 of the test's, or equal to it where
that is a code.

Over three axes, the sum is one of sums over layers.
"""
import itertools

import numpy as np

import encode
import geometry as geo
import limbs
import qformat as q
import reference
from program import Job, Program, crop, equal, limits, raw, requant, within

BITS = (8, 4, 2)
EXPONENTS = [limbs.BITS * i for i in range(limbs.COUNT)]


def half_away(total, count):
    return np.sign(total) * ((2 * np.abs(total) + count) // (2 * count))


def mean_stage(kind):
    low, high = limits(kind)
    return q.Stage(kind=q.MEAN, clamp_min=low, clamp_max=high)


def counts_of(case, geometry):
    """What each window's sum is divided by, as layers of a plane: the taps on the
    input, or on it and the declared padding; and whether padding counts."""
    declared = sum(geometry.before) + sum(geometry.after) - sum(geometry.extra)
    padding = bool(case.attribute("count_include_pad", 0)) and declared > 0
    assert not (padding and sum(geometry.extra)), "padding that counts, and more"
    ones = np.ones((1, 1, *geometry.size), np.int64)
    counts = reference.window_sums(ones, geometry)
    if padding:
        counts = np.full(counts.shape, int(np.prod(geometry.kernel)))
    return counts.reshape(-1, *geometry.plane()[2]), padding


def runs(numbers):
    """Where equal numbers follow each other: pairs of first and last + 1."""
    cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    return list(zip(cuts, cuts[1:]))


def blocks(counts):
    """Parts of the output of one count: the layer, crop()'s numbers, the count."""
    for number, layer in enumerate(counts):
        for (top, bottom), (left, right) in itertools.product(runs(layer[:, 0]),
                                                              runs(layer[0])):
            yield number, (top, left, bottom - top, right - left), int(layer[top, left])


def layer_sums(program, image, x, geometry):
    """Sums of the windows over each layer of an image [c, ...]: S32 tensors."""
    rows, count = geo.stacked(image)
    source = program.input(rows, x.kind, x.zero_point)
    sums = []
    for number in range(count):
        sums.append(program.scratch((*geometry.plane()[2], len(image)), q.S32))
        program.command(q.AVG_POOL, geo.layer_of(source, number, count), sums[-1], raw(),
                        geo.body(geometry, flags=0))
    return sums


def used_layers(geometry, number):
    """Those in the window of a layer of the output."""
    size, kernel, _, stride, dilation, before = geometry.depth()
    first = number * stride - before
    return [i for i in range(first, first + kernel * dilation, dilation) if 0 <= i < size]


def result_tensor(program, image, geometry, kind, zero_point=0):
    out, layers = geometry.plane()[2], geometry.depth()[2]
    return program.output((layers * out[0], out[1], len(image)), kind, zero_point)


def mean_of_codes(program, image, x, geometry, counts):
    """The mean as a code: the sum of layers, times 1 / count by rule C."""
    sums = layer_sums(program, image, x, geometry)
    out = result_tensor(program, image, geometry, x.kind, x.zero_point)
    for number, block, count in blocks(counts):
        terms = [(crop(sums[i], *block), *limbs.EXACT)
                 for i in used_layers(geometry, number)]
        target = crop(geo.layer_of(out, number, len(counts)), *block)
        limbs.add_up(program, terms, target, requant(program, 1 / count, x.kind))
    return out


def plane_mean(program, image, x, geometry, padding):
    """The mean as a code: AVG_POOL with stage MEAN."""
    source = program.input(geo.image(image), x.kind, x.zero_point)
    out = result_tensor(program, image, geometry, x.kind, x.zero_point)
    program.command(q.AVG_POOL, source, out, mean_stage(x.kind),
                    geo.body(geometry, flags=q.COUNT_PAD if padding else 0))
    return out


def mean_of_terms(program, parts, terms, geometry, counts):
    """The mean of a sum of codes as S32: each code's sum is scaled by 1 / count. The
    parts are the codes of one image, term by term."""
    sums = [layer_sums(program, part, x, geometry) for part, x in zip(parts, terms)]
    out = result_tensor(program, parts[0], geometry, q.S32)
    for number, block, count in blocks(counts):
        scaled = []
        for layers, exponent in zip(sums, EXPONENTS):
            exact = [(crop(layers[i], *block), *limbs.EXACT)
                     for i in used_layers(geometry, number)]
            total = exact[0][0]
            if len(exact) > 1:
                total = program.scratch((*block[2:], out.channels), q.S32)
                limbs.add_up(program, exact, total)
            scaled.append((total, *limbs.power(exponent, count)))
        limbs.add_up(program, scaled,
                     crop(geo.layer_of(out, number, len(counts)), *block))
    return out


def scaled_sums(totals, counts):
    """What mean_of_terms() is to compute, of the sums of each term."""
    result = np.zeros(totals[0].shape, np.int64)
    for count in np.unique(counts):
        for total, exponent in zip(totals, EXPONENTS):
            part = limbs.scaled(total, *limbs.power(exponent, int(count)))
            result += np.where(counts == count, part, 0)
    return result


def images(got, shape):
    return np.stack([geo.unstacked(codes, shape[1:]) for codes in got])


def terms_job(case, geometry, counts):
    want = case.outputs[0]
    whole, terms = limbs.split(case.inputs[0])
    program = Program()
    outs = [mean_of_terms(program, [x.codes[n] for x in terms], terms, geometry, counts)
            for n in range(len(want))]

    def check(got):
        codes = images(got, want.shape)
        totals = [reference.window_sums(x.codes, geometry) for x in terms]
        equal("means of terms", codes, scaled_sums(totals, counts.reshape(geometry.out)))
        within("result", codes * whole.scale, want, case.atol + case.rtol * np.abs(want))
    return Job("four terms of S8", program, outs, check, Job.TOLERANCE)


def codes_job(case, geometry, counts, padding, x, on_grid):
    """The mean rounded to a code: MEAN over a plane, rule C over layers."""
    want = case.outputs[0]
    deep = len(geometry.size) == 3
    program = Program()
    outs = [mean_of_codes(program, image, x, geometry, counts) if deep else
            plane_mean(program, image, x, geometry, padding) for image in x.codes]

    def check(got):
        codes = images(got, want.shape)
        total, count = reference.window_sums(x.values(), geometry), counts.reshape(
            geometry.out)
        if deep:
            single = total.astype(np.float32) * (1 / count).astype(np.float32)
            mean = np.rint(single).astype(np.int64)
        else:
            mean = half_away(total, count)
        equal("means of codes", codes, np.clip(mean + x.zero_point, *limits(x.kind)))
        real = (codes - x.zero_point) * x.scale
        if on_grid:
            equal("result", real.astype(np.float32), want)
        within("result", real, want, x.error + x.scale * 0.50001)
    return Job(q.NAMES[x.kind], program, outs, check,
               Job.EQUAL if on_grid else Job.BOUND)


def mean_jobs(case, geometry):
    counts, padding = counts_of(case, geometry)
    for bits in BITS:
        x = encode.activations(case.inputs[0], bits)
        codes = case.outputs[0] / x.scale
        on_grid = x.exact and bool(np.all(codes == np.rint(codes)))
        if bits == BITS[0] and not on_grid:
            yield terms_job(case, geometry, counts)
        yield codes_job(case, geometry, counts, padding, x, on_grid)


def average_pool(case):
    return mean_jobs(case, geo.of_windows(case))


def global_average_pool(case):
    return mean_jobs(case, geo.of_windows(case, True))


TRANSLATORS = {"AveragePool": average_pool, "GlobalAveragePool": global_average_pool}
