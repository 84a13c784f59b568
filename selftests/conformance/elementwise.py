# SPDX-License-Identifier: MIT
"""Add, Sub, Mul and ArgMax.

Integers are added and multiplied as they are; Sub is an ADD whose second multiplier is
negative. Where the type has 8 bits, ONNX lets results wrap around: the lowest byte of
each S32 element is copied out.

Floating-point operands of Add and Sub become 32-bit fixed-point numbers, those of Mul
sums of two terms of 15 bits, which is within the tolerance of the standard. Then they
become codes of fewer bits. With ea and eb how far codes are from their numbers, sums are
within ea + eb, and products within |a| * eb + |b| * ea + ea * eb. Both are what numpy
has of the codes, to the last bit.
"""
import copy
import math

import numpy as np

import encode
import limbs
import movement
import qformat as q
from program import Job, Program, equal, look_up, raw, within

BITS = (8, 4, 2)
HALF = 15
FLOAT_ROUNDING = 2.0 ** -22


def operands(case):
    """Both in the shape of tensors, the one that is broadcast last."""
    a, b = case.inputs
    shape = case.outputs[0].shape
    if a.shape != shape and case.op != "Sub":
        a, b = b, a
    assert a.shape == shape, "both operands are broadcast, or the first one of Sub"
    lead = max(len(shape) - 3, 0)
    b = b.reshape((1,) * (len(shape) - b.ndim) + b.shape)
    assert lead == 0 or math.prod(b.shape[:lead + 1]) in (1, math.prod(shape[:lead + 1]))
    return a.reshape(movement.three(shape)), b.reshape(movement.three(b.shape))


MINUS = (-limbs.EXACT[0], limbs.EXACT[1])
SECOND = {"Add": limbs.EXACT, "Sub": MINUS}


def computed(op, a, b):
    """A program for two coded operands, and its S32 result."""
    program = Program()
    first = program.input(a.codes, a.kind, a.zero_point)
    second = program.input(b.codes, b.kind, b.zero_point)
    out = program.output(a.codes.shape, q.S32)
    if op == "Mul":
        program.command(q.MUL, first, out, raw(), q.Record(), second)
    else:
        limbs.add_up(program, [(first, *limbs.EXACT), (second, *SECOND[op])], out)
    return program, out


def combine(op, a, b):
    return {"Add": a + b, "Sub": a - b, "Mul": a * b}[op]


def integer_job(case):
    want = case.outputs[0]
    a, b = (encode.integers(array) for array in operands(case))
    program, out = computed(case.op, a, b)
    if want.dtype.itemsize == 1:
        # The result was not the last word: its lowest bytes are.
        kind = encode.integers(want).kind
        lowest = q.Tensor(offset=out.offset, height=out.height, width=1,
                          channels=1, type=kind, region=out.region)
        lowest.width = out.width * out.channels
        lowest.pixel_stride, lowest.row_stride = 4, out.row_stride
        out = program.output((lowest.height, lowest.width, 1), kind)
        program.command(q.COPY, lowest, out, q.Stage(), movement.identity())

    def check(got):
        equal("result", got[0].reshape(want.shape), want.astype(np.int64))
    return Job(q.NAMES[a.kind], program, [out], check, Job.EQUAL)


def coded_job(case, a, b, grade):
    """Both operands as codes, the result within the bound."""
    want = case.outputs[0]
    program, out = computed(case.op, a, b)
    unit = a.scale * b.scale if case.op == "Mul" else a.scale

    def check(got):
        expected = combine(case.op, a.values(), b.values())
        equal("integers", got[0], np.broadcast_to(expected, got[0].shape))
        real = got[0].reshape(want.shape) * unit
        if grade == Job.EQUAL:
            equal("result", real.astype(np.float32), want)
            return
        bound = a.error + b.error
        if case.op == "Mul":
            sizes = np.abs(a.values() * a.scale), np.abs(b.values() * b.scale)
            bound = (sizes[0] * b.error + sizes[1] * a.error
                     + a.error * b.error).reshape(want.shape)
        bound = bound + np.abs(want) * FLOAT_ROUNDING
        within("result", real, want, bound)
        if grade == Job.TOLERANCE:
            within("result", real, want, case.atol + case.rtol * np.abs(want))
    return Job(q.NAMES[a.kind], program, [out], check, grade)


def shared(arrays, bits):
    """Codes of one scale and zero point for several arrays."""
    together = np.concatenate([encode.numbers(array).reshape(-1) for array in arrays])
    coded = (encode.fixed(together, 30) if bits == 32
             else encode.activations(together, bits))
    found, at = [], 0
    for array in arrays:
        part = copy.copy(coded)
        part.codes = coded.codes[at:at + array.size].reshape(array.shape)
        found.append(part)
        at += array.size
    return found


def add(case):
    if case.outputs[0].dtype.kind in "iu":
        yield integer_job(case)
        return
    for bits in (32, *BITS):
        a, b = shared(operands(case), bits)
        grade = Job.TOLERANCE if bits == 32 else Job.BOUND
        yield coded_job(case, a, b, Job.EQUAL if a.exact else grade)


def halves(array):
    """Fixed-point numbers of 30 bits, and their two halves, the lower one first."""
    whole = encode.fixed(array, 2 * HALF - 1)
    low = ((whole.codes + (1 << HALF - 1)) & ((1 << HALF) - 1)) - (1 << HALF - 1)
    return whole, [low, (whole.codes - low) >> HALF]


def product_job(case):
    """Both operands in two terms of 15 bits: a MUL for each pair, and the sum."""
    want = case.outputs[0]
    (a, a_parts), (b, b_parts) = map(halves, operands(case))
    program = Program()
    terms = []
    for i, j in np.ndindex(2, 2):
        product = program.scratch(a.codes.shape, q.S32)
        program.command(q.MUL, program.input(a_parts[i], q.S32), product, raw(),
                        q.Record(), program.input(b_parts[j], q.S32))
        terms.append((product, *limbs.power(HALF * (i + j - 2))))
    out = program.output(a.codes.shape, q.S32)
    limbs.add_up(program, terms, out)

    def check(got):
        equal("integers", got[0], sum(
            limbs.scaled(a_parts[i] * b_parts[j], *limbs.power(HALF * (i + j - 2)))
            for i, j in np.ndindex(2, 2)))
        real = got[0].reshape(want.shape) * (a.scale * b.scale * 4.0 ** HALF)
        within("result", real, want, case.atol + case.rtol * np.abs(want))
    return Job("two terms of S32", program, [out], check, Job.TOLERANCE)


def mul(case):
    if case.outputs[0].dtype.kind in "iu":
        yield integer_job(case)
        return
    for bits in BITS:
        a, b = (encode.activations(array, bits) for array in operands(case))
        is_exact = a.exact and b.exact
        if bits == BITS[0] and not is_exact:
            yield product_job(case)
        yield coded_job(case, a, b, Job.EQUAL if is_exact else Job.BOUND)


def arg_max(case):
    """The axis becomes that of the channels. The last of equal ones is the first one
    of the channels backwards, and a table numbers these from the other end."""
    data, want = case.inputs[0], case.outputs[0]
    axis = case.attribute("axis", 0) % data.ndim
    last = case.attribute("select_last_index", 0)
    codes = encode.ordered(data)
    outer, inner = math.prod(data.shape[:axis]), math.prod(data.shape[axis + 1:])
    count = data.shape[axis]
    ranks = encode.ranks(codes)
    top = int(ranks.max())
    versions = [(q.S32, codes)]
    versions += [(kind, encode.coarse(ranks, kind, top)) for kind in (q.U8, q.S4)
                 if top < 1 << q.ELEMENTS[kind][0]]
    for kind, codes in versions:
        program = Program()
        source = program.input(codes.reshape(outer, count, inner), kind)
        turned = program.scratch((outer, inner, count), kind)
        body = q.Copy()
        body.set_axis(0, 0, 1, 1, 0)
        body.set_axis(1, *((count - 1, -1) if last else (0, 1)), 1, 2)
        body.set_axis(2, 0, 1, 1, 1)
        program.command(q.COPY, source, turned, q.Stage(), body)
        out = program.output((outer, inner, 1), q.U8 if last else q.S32)
        stage = look_up(program, range(count)[::-1], q.U8) if last else raw()
        program.command(q.ARGMAX, turned, out, stage, q.Record())

        def check(got):
            equal("result", got[0].reshape(want.shape), want)
        yield Job(q.NAMES[kind], program, [out], check, Job.EQUAL)


TRANSLATORS = {"Add": add, "ArgMax": arg_max, "Mul": mul, "Sub": add}
