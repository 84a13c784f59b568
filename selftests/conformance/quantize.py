# SPDX-License-Identifier: MIT
"""QuantizeLinear and DequantizeLinear.

Numbers are 32-bit fixed-point ones, exactly, so both are a COPY with an output stage:
REQUANT to integers, RAW from integers, less the zero point. Floating-point codes of up
to 8 bits are a list of numbers to the device: thresholds between them and a table
quantize, and tables of each byte of the fixed-point numbers give them back.

Scales and zero points that differ take a command for each run of equal ones.
"""
import copy

import ml_dtypes
import numpy as np

import encode
import limbs
import movement
import qformat as q
from program import (Job, OutOfRange, Program, crop, equal, look_up, raw, requant)

FLOATS = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz",
          "float4_e2m1fn")


def per_element(case, array, shape):
    """Scales or zero points, one for each element."""
    if array.size == 1:
        return np.broadcast_to(array.reshape(()), shape)
    axis, block = case.attribute("axis", 1) % len(shape), case.attribute("block_size", 0)
    if array.ndim == 1:
        return np.broadcast_to(array.reshape(-1, *[1] * (len(shape) - axis - 1)), shape)
    return np.take(np.repeat(array, block, axis=axis), range(shape[axis]), axis)


def runs(scales, zero_points):
    """Parts of the elements in three axes: (row, pixel, channels) of equal numbers; a
    row of None is everything."""
    scales, zero_points = (a.reshape(movement.three(a.shape))
                           for a in (scales, zero_points))
    both = np.stack([scales.astype(np.float64), zero_points.astype(np.float64)], axis=-1)
    if np.all(both == both[0, 0, 0]):
        yield None, None, (0, both.shape[2]), both[0, 0, 0]
        return
    for row, pixel in np.ndindex(both.shape[:2]):
        line = both[row, pixel]
        cuts = np.flatnonzero(np.any(line[1:] != line[:-1], axis=1)) + 1
        for lo, hi in zip([0, *cuts], [*cuts, len(line)]):
            yield row, pixel, (int(lo), int(hi)), line[lo]


def part_of(source, out, run):
    """Tensors and the body of a COPY for one run."""
    row, pixel, (lo, hi), _ = run
    body = movement.identity(out_first=lo)
    if row is not None:
        source, out = (crop(tensor, row, pixel, 1, 1) for tensor in (source, out))
        body.set_axis(2, lo, 1, 1, 2)
    out = copy.copy(out)
    out.channels = hi
    return copy.copy(source), out, body


def number_type(array):
    name = array.dtype.name
    if name in FLOATS:
        return name
    kind = encode.integers(array).kind
    if kind == q.S32:
        raise OutOfRange(f"a result of type {name}: output stages that round make "
                         "elements of up to 8 bits")
    return kind


def quantize(case):
    data, want = case.inputs[0], case.outputs[0]
    kind = number_type(want)
    x = encode.fixed(data, 31, whole=True)
    scales = per_element(case, case.inputs[1], data.shape)
    zeros = case.input(2)
    zeros = per_element(case, np.zeros(1) if zeros is None else zeros, data.shape)
    program = Program()
    source = program.input(x.codes.reshape(movement.three(data.shape)), q.S32)
    if kind in FLOATS:
        out, codes = to_floats(program, source, x, kind, runs(scales, zeros))
        expected = want.view(np.uint8).astype(np.int64)
        expected[want.astype(np.float32) == 0] = codes
    else:
        out = program.output(movement.three(data.shape), kind)
        for run in runs(scales, zeros):
            before, after, body = part_of(source, out, run)
            after.zero_point = int(run[3][1])
            program.command(q.COPY, before, after,
                            requant(program, x.scale / run[3][0], kind), body)
        expected = encode.integers(want).codes

    def check(got):
        equal("result", got[0].reshape(want.shape), expected)
    return [Job(f"S32 to {kind if kind in FLOATS else q.NAMES[kind]}", program, [out],
                check, Job.EQUAL)]


def codes_of(name):
    """The finite numbers of a floating-point type in order, and a code of each."""
    kind = np.dtype(getattr(ml_dtypes, name))
    codes = np.arange(16 if "float4" in name else 256, dtype=np.uint8)
    reals = codes.view(kind).astype(np.float64)
    good = np.isfinite(reals)
    values, first = np.unique(reals[good], return_index=True)
    return values, codes[good][first].astype(np.int64)


def to_floats(program, source, x, name, parts):
    """THRESHOLD gives the number's place among all of the type, a table its code."""
    values, codes = codes_of(name)
    places = program.scratch((source.height, source.width, source.channels), q.U8)
    for run in parts:
        scale, zero_point = run[3]
        assert zero_point == 0, "a zero point of a floating-point type"
        # Between two numbers, to the nearest; in the middle, to the even code.
        middle = (values[1:] + values[:-1]) / 2 * (np.float64(scale) / x.scale)
        limit = np.ceil(middle)
        limit += (limit == middle) & (codes[1:] % 2 == 1)
        before, after, body = part_of(source, places, run)
        limit = np.clip(limit, q.S32_MIN, q.S32_MAX)
        stage = q.Stage(kind=q.THRESHOLD, levels=len(limit),
                        threshold_off=program.words(limit.astype(np.int64)))
        program.command(q.COPY, before, after, stage, body)
    kind = q.U4 if len(codes) <= 16 else q.U8
    out = program.output((source.height, source.width, source.channels), kind)
    program.command(q.COPY, places, out, look_up(program, codes, q.U8),
                    movement.identity())
    return out, int(codes[values == 0][0])


def from_floats(program, data, name):
    """Fixed-point numbers of floating-point codes, byte by byte: output and scale."""
    values, codes = codes_of(name)
    if values.max() / np.min(values[values > 0]) > q.S32_MAX:
        raise OutOfRange(f"the numbers of {name} are more than 32 bits apart")
    x = encode.fixed(values, 31, whole=True)
    table = np.zeros(256, np.int64)
    table[codes] = x.codes
    flat = data.reshape(1, -1, 1).view(np.uint8).astype(np.int64)
    encode.numbers(data.astype(np.float32))
    source = program.input(flat, q.U8)
    out = program.output(flat.shape, q.S32)
    for byte in range(4):
        plane = copy.copy(out)
        plane.type, plane.offset = q.U8, out.offset + byte
        program.command(q.COPY, source, plane,
                        look_up(program, table >> 8 * byte & 255, q.U8),
                        movement.identity())
    return out, x.scale


def dequantize(case):
    data, want = case.inputs[0], case.outputs[0]
    scales = per_element(case, case.inputs[1], data.shape)
    zeros = case.input(2)
    zeros = per_element(case, np.zeros(1) if zeros is None else zeros, data.shape)
    program, unit = Program(), 1.0
    if data.dtype.name in FLOATS:
        assert not np.any(zeros.astype(np.float32)), "a zero point of such a type"
        label = data.dtype.name
        out, unit = from_floats(program, data, label)
    else:
        x = encode.integers(data)
        label, shape = q.NAMES[x.kind], movement.three(data.shape)
        source = program.input(x.codes.reshape(shape), x.kind)
        out = program.output(shape, q.S32)
        if x.kind == q.S32:
            # Such a tensor has no zero point: it is subtracted.
            minus = program.input(-zeros.astype(np.int64).reshape(shape), q.S32)
            limbs.add_up(program, [(source, *limbs.EXACT), (minus, *limbs.EXACT)], out)
        else:
            for run in runs(np.zeros(data.shape), zeros):
                before, after, body = part_of(source, out, run)
                before.zero_point = int(run[3][1])
                program.command(q.COPY, before, after, raw(), body)

    def check(got):
        real = got[0].reshape(want.shape) * unit * scales.astype(np.float64)
        equal("result", real.astype(want.dtype), want)
    return [Job(label, program, [out], check, Job.EQUAL)]


TRANSLATORS = {"DequantizeLinear": dequantize, "QuantizeLinear": quantize}
