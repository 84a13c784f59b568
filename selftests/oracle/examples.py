# SPDX-License-Identifier: MIT
"""Vectors that are written by hand: the examples of Documentation/device.rst, and
ties and extremes of its rounding rules.

Each is (name, text, program, regions, bytes of the last region after a run,
cycles of its commands); what device.rst does not say is None.
"""
import struct

import numpy as np

import exptable
import qformat as q

RULES = {q.RULE_A: "a", q.RULE_B: "b", q.RULE_C: "c"}


def plain(shape, kind, region, zero_point=0):
    tensor = q.Tensor(height=shape[0], width=shape[1], channels=shape[2], type=kind,
                      region=region, zero_point=zero_point)
    tensor.pixel_stride = tensor.pixel_bytes()
    tensor.row_stride = tensor.width * tensor.pixel_stride
    return tensor


def convolution(**fields):
    numbers = dict(kernel_h=1, kernel_w=1, stride_h=1, stride_w=1, dilation_h=1,
                   dilation_w=1, groups=1, bias_off=q.NO_CONST,
                   codebook_off=q.NO_CONST)
    return q.Conv(**{**numbers, **fields})


def two_regions(cmd, size_in, size_out, consts):
    consts += bytes(-len(consts) % 64)
    return q.Program([q.Region(access=q.READ, size=size_in),
                      q.Region(access=q.WRITE, size=size_out)], [cmd], consts)


def documented():
    """The worked example of CONV."""
    consts = struct.pack("<4i", 10, -5, 25, 61) + bytes.fromhex("cd8501")
    consts += struct.pack("8b", -7, -4, -2, -1, 1, 2, 4, 7)
    cmd = q.Command(
        q.CONV, plain((1, 2, 3), q.S4, 0, 1), q.Tensor(), plain((1, 2, 1), q.U2, 1),
        q.Stage(kind=q.THRESHOLD, levels=3, threshold_off=4),
        convolution(kernel_w=2, pad_left=1, weight_type=q.CB3, weight_off=16,
                    bias_off=0, codebook_off=19))
    return ("documented", "The worked example of CONV in Documentation/device.rst",
            two_regions(cmd, 4, 2, consts), [bytes.fromhex("e1073008"), b"\xff\xff"],
            "0203", [67])


def looked_up():
    """The same accumulators and stage TABLE."""
    consts = struct.pack("<4i", 10, 1 << 30, 0, 0) + bytes.fromhex("cd8501")
    consts += struct.pack("8b", -7, -4, -2, -1, 1, 2, 4, 7)
    consts += bytes(min(abs(i if i < 128 else i - 256), 15) for i in range(256))
    cmd = q.Command(
        q.CONV, plain((1, 2, 3), q.S4, 0, 1), q.Tensor(), plain((1, 2, 1), q.U4, 1),
        q.Stage(kind=q.TABLE, rule=q.RULE_B, scale_off=4, shift_off=8, clamp_min=-128,
                clamp_max=127, table_off=27, table_zero_point=-20, table_type=q.S8),
        convolution(kernel_w=2, pad_left=1, weight_type=q.CB3, weight_off=16,
                    bias_off=0, codebook_off=19))
    return ("documented-table", "The example of TABLE in Documentation/device.rst",
            two_regions(cmd, 4, 2, consts), [bytes.fromhex("e1073008"), b"\xff\xff"],
            "070b", [None])


def transposed():
    cmd = q.Command(
        q.CONV_TRANSPOSE, plain((1, 2, 1), q.S8, 0, 1), q.Tensor(),
        plain((1, 6, 1), q.S32, 1), q.Stage(kind=q.RAW),
        convolution(kernel_w=3, stride_w=2, weight_type=q.S8))
    after = struct.pack("<6i", 2, 20, 204, 40, 400, 0)
    return ("documented-conv-transpose",
            "The example of CONV_TRANSPOSE in Documentation/device.rst",
            two_regions(cmd, 2, 24, bytes.fromhex("010a64")), [b"\3\5", bytes(24)],
            after.hex(), [70])


def multiplied():
    cmd = q.Command(q.MUL, plain((1, 2, 2), q.S8, 0, 1), plain((1, 1, 2), q.U4, 1, 8),
                    plain((1, 2, 2), q.S32, 2), q.Stage(kind=q.RAW), q.Record())
    sizes = ((q.READ, 4), (q.READ, 1), (q.WRITE, 16))
    program = q.Program([q.Region(access=a, size=s) for a, s in sizes], [cmd], b"")
    return ("documented-mul", "The example of MUL in Documentation/device.rst", program,
            [bytes.fromhex("03fb0700"), b"\x49", bytes(16)],
            struct.pack("<4i", 2, 24, 6, 4).hex(), [66])


def largest():
    cmd = q.Command(q.ARGMAX, plain((1, 1, 4), q.U2, 0), q.Tensor(),
                    plain((1, 1, 1), q.S32, 1), q.Stage(kind=q.RAW), q.Record())
    return ("documented-argmax", "The example of ARGMAX in Documentation/device.rst",
            two_regions(cmd, 1, 4, b""), [b"\xcd", b"\xff" * 4], "01000000", [65])


def softmax(name, text, exps, codes, after, cycles):
    channels = len(codes)
    cmd = q.Command(q.SOFTMAX, plain((1, 1, channels), q.S8, 0), q.Tensor(),
                    plain((1, 1, channels), q.S8, 1, -128), q.Stage(), q.Softmax())
    program = two_regions(cmd, channels, channels, struct.pack("<256i", *exps))
    return (name, text, program, [struct.pack(f"{channels}b", *codes), bytes(channels)],
            after, cycles)


def softmaxes():
    """The example of SOFTMAX, and a table of TFLite."""
    halves = [exptable.ONE] + [1 << max(31 - d, 0) for d in range(1, 256)]
    yield softmax("documented-softmax", "The example of SOFTMAX in Documentation/device.rst",
                  halves, (5, 3, 4, 5), "dd97afdd", [129])
    yield softmax("documented-softmax-tflite",
                  "SOFTMAX with the table of TFLite for beta 1 and the scale 1/8",
                  exptable.table(1.0, 0.125), (20, 4, 19, 12, -128, 28, 27, 27),
                  [None] * 8, [None])


def copying(source, out, *axes, **fields):
    body = q.Copy(**fields)
    for number in range(3):
        body.set_axis(number, 0, 1, 1, number)
    for number, start, step, divisor in axes:
        body.set_axis(number, start, step, divisor, number)
    return q.Command(q.COPY, source, q.Tensor(), out, q.Stage(), body)


def joined():
    out = plain((1, 1, 3), q.U4, 2)
    out.pixel_stride = out.row_stride = 3
    commands = [copying(plain((1, 1, 3), q.U4, 0), out),
                copying(plain((1, 1, 2), q.U4, 1), plain((1, 1, 5), q.U4, 2), out_first=3)]
    sizes = ((q.READ, 2), (q.READ, 1), (q.WRITE, 3))
    program = q.Program([q.Region(access=a, size=s) for a, s in sizes], commands, b"")
    return ("documented-copy-channels",
            "Channels packed together, an example of COPY in Documentation/device.rst",
            program, [b"\x21\x03", b"\x54", b"\xff" * 3], "214305", [None, None])


# name, s, c, D, rounding and the result, of 2 pixels resized to 5
RESIZED = [
    ("asymmetric-floor", 2, 0, 5, "floor", "0000000101"),
    ("asymmetric-ceil", 2, 0, 5, "ceil", "0001010101"),
    ("half-pixel-prefer-floor", 4, -3, 10, "prefer floor", "0000000101"),
    ("half-pixel-floor", 4, -3, 10, "floor", "0000000001"),
    ("tflite-half-pixel-centers", 4, 2, 10, "floor", "0000010101"),
    ("align-corners-prefer-ceil", 1, 0, 4, "prefer ceil", "0000010101"),
]


def resized(name, s, c, d, rounding, after):
    more = {"floor": 0, "prefer floor": d - 1, "prefer ceil": d, "ceil": 2 * d - 1}
    cmd = copying(plain((1, 2, 1), q.U8, 0), plain((1, 5, 1), q.U8, 1),
                  (1, 2 * c + more[rounding], 2 * s, 2 * d), flags=q.CLAMP)
    return (f"documented-resize-{name}",
            f"Two pixels resized to five, {name.replace('-', ' ')}, an example of COPY "
            "in Documentation/device.rst",
            two_regions(cmd, 2, 5, b""), [b"\0\1", b"\xff" * 5], after, [None])


def unblocked(name, flags, after):
    cmd = copying(plain((1, 1, 8), q.U8, 0), plain((2, 2, 2), q.U8, 1),
                  mode=q.DEPTH_TO_SPACE, block=2, flags=flags)
    return (f"documented-depth-to-space{name}",
            "DEPTH_TO_SPACE of eight channels, an example of Documentation/device.rst",
            two_regions(cmd, 8, 8, b""), [bytes(range(8)), b"\xff" * 8], after, [None])


def blocked(name, flags, before):
    cmd = copying(plain((2, 2, 2), q.U8, 0), plain((1, 1, 8), q.U8, 1),
                  mode=q.SPACE_TO_DEPTH, block=2, flags=flags)
    return (f"documented-space-to-depth{name}",
            "SPACE_TO_DEPTH, which takes DEPTH_TO_SPACE back",
            two_regions(cmd, 8, 8, b""), [bytes.fromhex(before), b"\xff" * 8],
            bytes(range(8)).hex(), [None])


def binary_sum(name, level, after):
    """ADD of three binary layers: exact scales, in place, then a threshold."""
    region = q.Tensor(height=1, width=1, channels=1, type=q.S32, row_stride=4,
                      pixel_stride=4)
    at = [q.Tensor(**{**vars(region), "offset": 4 * i}) for i in range(3)]
    out = plain((1, 1, 1), q.B1, 1)
    numbers = dict(multiplier0=1 << 30, multiplier1=1 << 30, rule=q.RULE_B)
    first = q.Command(q.ADD, at[0], at[1], at[0], q.Stage(kind=q.RAW),
                      q.Add(**numbers, shift0=3, shift1=2))
    second = q.Command(q.ADD, at[0], at[2], out, q.Stage(kind=q.THRESHOLD, levels=1),
                       q.Add(**numbers, shift0=1, shift1=1))
    program = q.Program([q.Region(access=q.READ | q.WRITE, size=12),
                         q.Region(access=q.WRITE, size=1)], [first, second],
                        struct.pack("<i", level) + bytes(60))
    return (f"documented-binary-sum-{name}",
            "A sum of binary layers, an example of ADD in Documentation/device.rst",
            program, [struct.pack("<3i", 0, 2, 4), b"\xff"], after, [None, None])


# accumulator, factor, results by rules A, B and C where device.rst has them
ROUNDING = [
    (7984, 1583594044 / 2 ** 40, (12, 11, 11)),
    (585, 0.05296124517917633 * 0.024093778803944588 / 0.11484327912330627, (7, 7, 6)),
    (1, 0.5, (1, 1, 0)), (-1, 0.5, (0, 0, 0)), (-2, 0.25, (-1, 0, 0)),
    (3, 0.5, None), (-3, 0.5, None), (5, 0.5, None), (-5, 0.5, None), (2, 0.25, None),
    (6, 0.25, None), (-6, 0.25, None), (1, 2.0, None), (-1, 100.0, None),
    (q.ACC_MAX, 2.0 ** -25, None), (-q.ACC_MAX, 2.0 ** -25, None),
    (q.ACC_MAX, 2.0 ** -24, None), (-q.ACC_MAX, 2.0 ** -24, None),
    (16777217, 2.0 ** -18, None), (50331651, 2.0 ** -20, None),
    (0, 0.3, None), (q.ACC_MAX, 255.0, None), (-q.ACC_MAX, 255.0, None),
]


def rounding(rule):
    """One channel for each accumulator, which is a bias."""
    channels = len(ROUNDING)
    bias = np.array([acc for acc, _, _ in ROUNDING], "<i4").tobytes()
    fraction, shift = np.frexp([factor for _, factor, _ in ROUNDING])
    scale = np.rint(fraction * 2 ** 31).astype("<i4").tobytes()
    if rule == q.RULE_C:
        single = np.array([factor for _, factor, _ in ROUNDING], "<f4")
        # Product and quotient in float32, as device.rst has it.
        single[1] = np.uint32(0x3C360B61).view(np.float32)
        scale = single.tobytes()
    # The code book has only zeros, so that the accumulators are the biases.
    consts = bias + scale + shift.astype(np.int8).tobytes() + bytes(channels + 2)
    stage = q.Stage(kind=q.REQUANT, rule=rule, flags=q.PER_CHANNEL,
                    scale_off=4 * channels, clamp_min=-128, clamp_max=127)
    if rule != q.RULE_C:
        stage.shift_off = 8 * channels
    cmd = q.Command(q.FC, plain((1, 1, 1), q.S8, 0), q.Tensor(),
                    plain((1, 1, channels), q.S8, 1), stage,
                    convolution(weight_type=q.CB1, weight_off=9 * channels, bias_off=0,
                                codebook_off=10 * channels))
    codes = [results and results[rule - q.RULE_A] for _, _, results in ROUNDING]
    return (f"rounding-{RULES[rule]}",
            f"Rounding rule {RULES[rule].upper()}: ties and extremes",
            two_regions(cmd, 1, channels, consts), [b"\x7f", bytes(channels)], codes,
            [None])


def examples():
    yield from (documented(), looked_up(), transposed(), multiplied(), largest(), joined(),
                *softmaxes())
    yield from (resized(*row) for row in RESIZED)
    for name, flags, codes in (("", 0, range(8)), ("-crd", q.CRD, (0, 4, 1, 5, 2, 6, 3, 7))):
        yield unblocked(name, flags, bytes(codes).hex())
        yield blocked(name, flags, bytes(codes).hex())
    yield binary_sum("reached", 8, "01")
    yield binary_sum("missed", 9, "00")
    yield from map(rounding, RULES)
