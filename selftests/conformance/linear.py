# SPDX-License-Identifier: MIT
"""Convolutions and matrix products.

Floating-point operands become codes of 8 bits, then of less. Where these stand for
the numbers exactly, the results are those of the test. Else both operands are sums of
four codes, which is within the tolerance of the standard, and with single codes the
results are within a bound: with x' and w' what the codes of x and w stand for,
|x - x'| <= ex and |w - w'| <= ew (half a step), and op the operator,

    |op(x, w) - op(x', w')| <= op(|x|, ew) + op(ex, |w|) + op(ex, ew) + eb

where eb is half a step of the bias, and float32's own rounding comes on top. The sums
of products are those that numpy has of the codes, to the last bit.
"""
import numpy as np

import encode
import geometry as geo
import layers
import limbs
import qformat as q
import reference
from program import Job, OutOfRange, Program, equal, raw, requant, within

# Bits of activations and weights.
WIDTHS = ((8, 8), (4, 4), (2, 2), (8, 2), (2, 8))
ROUNDING = 2.0 ** -20


def plain(_, __):
    return raw()


def bias_of(bias, unit):
    """Codes, and how far they are from the biases."""
    if bias is None:
        return None, 0.0
    codes = np.rint(encode.numbers(bias) / unit)
    if np.any(np.abs(codes) > q.S32_MAX):
        raise OutOfRange("a bias beyond 32 bits")
    return codes.astype(np.int64), float(np.abs(codes * unit - bias).max())


def judge(case, acc, x, w, bias, unit, op):
    """Is acc what integers give, and unit * acc what the test expects?"""
    codes, bias_error = bias
    total = op(x.values(), w.values())
    equal("sums", acc, total if codes is None else total + spread(codes, acc.shape))
    real, want = acc * unit, case.outputs[0]
    if x.exact and w.exact and bias_error == 0:
        equal("result", real.astype(np.float32), want)
        return
    size = np.abs((x.values() * x.scale)), np.abs(w.values() * w.scale)
    size = size[0] + x.error, size[1] + w.error
    flat = np.ones_like(size[0]) * x.error, np.ones_like(size[1]) * w.error
    bound = (op(size[0], flat[1]) + op(flat[0], size[1]) + op(*flat)
             + op(*size) * ROUNDING + bias_error)
    within("result", real, want, bound)


def float_jobs(case, data, matrix, bias, emit, op, assemble):
    """Jobs for all widths. emit(program, x, w, bias codes) returns the tensors, and
    assemble(codes of the tensors, tensors) the accumulators."""
    for bits in WIDTHS:
        x, w = encode.activations(data, bits[0]), encode.weights(matrix, bits[1])
        unit = x.scale * w.scale
        coded = bias_of(bias, unit)
        program = Program()
        outs = emit(program, x, w, coded[0])

        def check(got, x=x, w=w, unit=unit, coded=coded, outs=outs):
            judge(case, assemble(got, outs), x, w, coded, unit, op)
        exact = x.exact and w.exact and coded[1] == 0
        if bits == WIDTHS[0] and not exact:
            yield limb_job(case, data, matrix, bias, emit, op, assemble)
        yield Job(f"{q.NAMES[x.kind]} x {q.NAMES[w.kind]}", program,
                  [t for image in outs for t in image], check,
                  Job.EQUAL if exact else Job.BOUND)


def limb_job(case, data, matrix, bias, emit, op, assemble):
    """Both operands in four terms of 8 bits: a command for each pair, and the sum."""
    (x, x_parts), (w, w_parts) = map(limbs.split, (data, matrix))
    unit = x.scale * w.scale
    largest = op(np.abs(x.codes).astype(np.float64), np.abs(w.codes)).max()
    if bias is not None:
        largest += np.abs(bias).max() / unit
    down = int(np.ceil(np.log2(largest))) - limbs.SUM_BITS
    coded = bias_of(bias, unit * 2.0 ** down)[0]
    program, products = Program(), []
    for i, j in limbs.pairs():
        numbers = limbs.power(limbs.BITS * (i + j) - down)
        outs = emit(program, x_parts[i], w_parts[j], None)
        products.append((i, j, numbers, [t for image in outs for t in image]))
    sums = []
    for number, first in enumerate(products[0][3]):
        terms = [(tensors[number], *numbers) for _, _, numbers, tensors in products]
        if coded is not None:
            shape = (1, 1, -1) if coded.ndim == 1 else (1, *coded.shape)
            terms.append((program.input(coded.reshape(shape), q.S32), *limbs.EXACT))
        sums.append(program.output((first.height, first.width, first.channels), q.S32))
        limbs.add_up(program, terms, sums[-1])

    def check(got):
        acc = assemble(got, outs)
        want = sum(limbs.scaled(op(x_parts[i].codes, w_parts[j].codes), *numbers)
                   for i, j, numbers, _ in products)
        equal("sums", acc, want if coded is None else want + spread(coded, acc.shape))
        expected = case.outputs[0].astype(np.float64)
        within("result", acc * unit * 2.0 ** down, expected,
               case.atol + case.rtol * np.abs(expected))
    return Job("four terms of S8", program, sums, check, Job.TOLERANCE)


def spread(bias, shape):
    """Biases in the shape of a result: one for each channel, or a matrix."""
    if bias.ndim == 1:
        bias = bias.reshape(-1, *[1] * (len(shape) - 2))
    return np.broadcast_to(bias, shape)


def float_conv(case, transposed):
    data, matrix, bias = case.inputs[0], case.inputs[1], case.input(2)
    for array in (data, matrix):
        encode.numbers(array)
    kernel = case.attribute("kernel_shape", matrix.shape[2:])
    g = geo.Geometry(case, data.shape[2:], kernel, case.outputs[0].shape[2:])
    g = g.pad_transposed(case) if transposed else g.pad(case)
    run = reference.conv_transpose if transposed else reference.conv

    def emit(program, x, w, cb):
        codes = layers.by_output(w.codes, g.groups) if transposed else w.codes
        weights = layers.Weights(codes, w.kind, w.zero_point, cb)
        return layers.layers(program, x.codes, x.kind, x.zero_point, g, weights, plain,
                             q.S32, transposed=transposed)

    def assemble(got, outs):
        return layers.results(got, outs, case.outputs[0].shape[1], g.out)
    return float_jobs(case, data, matrix, bias, emit, lambda a, b: run(a, b, g), assemble)


def conv(case):
    return float_conv(case, False)


def conv_transpose(case):
    return float_conv(case, True)


def scalar(value, default=0):
    """The one number of a scale or zero point of an input."""
    if value is None:
        return default
    assert value.size == 1, "more than one number for an input"
    return value.reshape(-1)[0]


def integer_conv(case, x, w, w_zero_point, x_zero_point, stage=None, out=None, bias=None):
    """A job whose result is the test's, element by element."""
    codes, matrix = encode.integers(x), encode.integers(w)
    kernel = case.attribute("kernel_shape", w.shape[2:])
    g = geo.Geometry(case, x.shape[2:], kernel, case.outputs[0].shape[2:]).pad(case)
    program = Program()
    weights = layers.Weights(matrix.codes, matrix.kind,
                             0 if w_zero_point is None else w_zero_point.astype(np.int64),
                             None if bias is None else bias.astype(np.int64))
    stage_of = stage(program) if stage else plain
    kind, zero_point = out or (q.S32, 0)
    outs = layers.layers(program, codes.codes, codes.kind, int(scalar(x_zero_point)), g,
                         weights, stage_of, kind, zero_point)

    def check(got):
        equal("result", layers.results(got, outs, len(w), g.out), case.outputs[0])
    return [Job(q.NAMES[codes.kind], program, [t for i in outs for t in i], check,
                Job.EQUAL)]


def conv_integer(case):
    return integer_conv(case, case.inputs[0], case.inputs[1], case.input(3),
                        case.input(2))


def scale_of(x, w, y):
    """x * w / y in float32, as rule C wants it: the product first."""
    x, w, y = (np.asarray(v).astype(np.float32) for v in (x, w, y))
    return (x * w / y).reshape(-1)


def requantized(scales, kind):
    """What makes the stage of some output channels, for a program."""
    def for_program(program):
        def stage(first, count):
            own = scales if len(scales) == 1 else scales[first:first + count]
            return requant(program, own, kind)
        return stage
    return for_program


def qlinear_conv(case):
    x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero = case.inputs[:8]
    kind = encode.integers(case.outputs[0]).kind
    scales = scale_of(scalar(x_scale), w_scale, scalar(y_scale))
    return integer_conv(case, x, w, w_zero, x_zero, requantized(scales, kind),
                        (kind, int(scalar(y_zero))), case.input(8))


def pairs(a, b):
    """The matrices of a product with broadcasting: pairs of [m, k] and [k, n]."""
    if a.ndim == 1:
        a = a[None]
    if b.ndim == 1:
        b = b[:, None]
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a = np.broadcast_to(a, (*lead, *a.shape[-2:])).reshape(-1, *a.shape[-2:])
    b = np.broadcast_to(b, (*lead, *b.shape[-2:])).reshape(-1, *b.shape[-2:])
    return list(zip(a, b))


def products(program, case, operands, kind, zero_point, weights_of, stage_of=plain,
             out_kind=q.S32, out_zero_point=0):
    """A 1x1 CONV for each pair of matrices, whose pixels are the rows of the first."""
    outs = []
    for a, b in pairs(*operands):
        g = geo.Geometry(case, (len(a),), (1,), (len(a),))
        outs += layers.layers(program, a.T[None], kind, zero_point, g,
                              weights_of(b.T[:, :, None]), stage_of, out_kind,
                              out_zero_point)
    return outs


def matrices(got, want):
    """What products() left, as the result that is wanted."""
    return np.stack([codes[0] for codes in got]).reshape(want.shape)


def matmul(case):
    def emit(program, x, w, _):
        return products(program, case, (x.codes, w.codes), x.kind, x.zero_point,
                        lambda codes: layers.Weights(codes, w.kind, w.zero_point))
    return float_jobs(case, *case.inputs, None, emit, np.matmul,
                      lambda got, _: matrices(got, case.outputs[0]))


def gemm(case):
    a, b = (encode.numbers(array) for array in case.inputs[:2])
    a = (a.T if case.attribute("transA", 0) else a) * case.attribute("alpha", 1.0)
    b = b.T if case.attribute("transB", 0) else b
    bias = case.input(2)
    if bias is not None:
        bias = np.broadcast_to(encode.numbers(bias) * case.attribute("beta", 1.0),
                               case.outputs[0].shape)

    def emit(program, x, w, cb):
        weights = layers.Weights(w.codes.T, w.kind, w.zero_point, cb)
        return [[layers.rows(program, x.codes, x.kind, x.zero_point, weights, plain,
                             q.S32)]]
    return float_jobs(case, a, b, bias, emit, np.matmul, lambda got, _: got[0][0])


def integer_product(case, a, b, a_zero, b_zero, stage=None, out=None):
    x, w = encode.integers(a), encode.integers(b)
    zero = 0 if b_zero is None else b_zero.astype(np.int64)
    program = Program()
    kind, zero_point = out or (q.S32, 0)
    outs = products(program, case, (x.codes, w.codes), x.kind, int(scalar(a_zero)),
                    lambda codes: layers.Weights(codes, w.kind, zero),
                    stage(program) if stage else plain, kind, zero_point)

    def check(got):
        equal("result", matrices(got, case.outputs[0]), case.outputs[0])
    return [Job(q.NAMES[x.kind], program, [t for i in outs for t in i], check, Job.EQUAL)]


def matmul_integer(case):
    return integer_product(case, *case.inputs[:2], case.input(2), case.input(3))


def qlinear_matmul(case):
    a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero = case.inputs
    kind = encode.integers(case.outputs[0]).kind
    scales = scale_of(scalar(a_scale), b_scale, scalar(y_scale))
    return integer_product(case, a, b, a_zero, b_zero, requantized(scales, kind),
                           (kind, int(scalar(y_zero))))


TRANSLATORS = {"Conv": conv, "ConvInteger": conv_integer, "ConvTranspose": conv_transpose,
               "Gemm": gemm, "MatMul": matmul, "MatMulInteger": matmul_integer,
               "QLinearConv": qlinear_conv, "QLinearMatMul": qlinear_matmul}
