# SPDX-License-Identifier: MIT
"""What a program does to its regions: the formulas of Documentation/device.rst.

Everything is computed in 64-bit integers; each function says why they suffice.
"""
import numpy as np

import qformat as q


def unpack_codes(data, bits, signed):
    """Codes of `bits` bits, first in the lowest bits, of rows of bytes."""
    if bits == 32:
        return np.ascontiguousarray(data).view("<i4").astype(np.int64)
    if bits == 8:
        codes = data.astype(np.int64)
    else:
        single = np.unpackbits(data, axis=-1, bitorder="little")
        count = single.shape[-1] // bits
        single = single[..., :count * bits].reshape(*data.shape[:-1], count, bits)
        codes = (single.astype(np.int64) << np.arange(bits)).sum(axis=-1)
    if signed:
        codes -= (codes >> (bits - 1)) << bits
    return codes


def pack_codes(codes, bits):
    """Rows of bytes; the unused bits of the last byte are 0."""
    if bits == 32:
        return np.ascontiguousarray(codes.astype("<i4")).view(np.uint8)
    if bits == 8:
        return (codes & 255).astype(np.uint8)
    single = ((codes[..., None] >> np.arange(bits)) & 1).astype(np.uint8)
    return np.packbits(single.reshape(*codes.shape[:-1], -1), axis=-1,
                       bitorder="little")


def tensor_bytes(memory, tensor):
    """The bytes of the pixels, as a view [y, x, byte]; numpy checks its bounds."""
    return np.ndarray((tensor.height, tensor.width, tensor.pixel_bytes()), np.uint8,
                      memory, tensor.offset,
                      (tensor.row_stride, tensor.pixel_stride, 1))


def read_codes(memory, tensor):
    bits, low, _ = q.ELEMENTS[tensor.type]
    codes = unpack_codes(tensor_bytes(memory, tensor), bits, low < 0)
    return codes[..., :tensor.channels]


def values(codes, kind):
    return 2 * codes - 1 if kind == q.B1 else codes


def read_values(memory, tensor):
    """[y, x, c], less the zero point."""
    return values(read_codes(memory, tensor), tensor.type) - tensor.zero_point


def write_codes(memory, tensor, codes):
    bits, low, high = q.ELEMENTS[tensor.type]
    assert codes.min() >= low and codes.max() <= high
    tensor_bytes(memory, tensor)[:] = pack_codes(codes, bits)


def array(consts, offset, count, kind):
    return np.frombuffer(consts, kind, count, offset).astype(np.int64)


def saturate(value):
    return np.clip(value, -q.ACC_MAX, q.ACC_MAX)


def half_away(value, divisor):
    """value / divisor to the nearest, halves away from zero."""
    return np.sign(value) * ((2 * np.abs(value) + divisor) // (2 * divisor))


def rule_a(acc, multiplier, shift):
    """acc < 2^31: acc * 2^30 and the product stay below 2^62."""
    left = np.maximum(shift, 0)
    right = np.maximum(-shift, 0)
    t = np.where(shift > 0, saturate(acc << left), acc)
    h = (t * multiplier + (1 << 30)) >> 31
    return np.where(shift >= 0, h, half_away(h, np.int64(1) << right))


def rule_b(acc, multiplier, shift):
    """The product is below 2^62, what is added to it at most 2^61."""
    n = 31 - shift
    r = (acc * multiplier + (np.int64(1) << (n - 1))) >> n
    return np.clip(r, q.S32_MIN, q.S32_MAX)


def rule_c(acc, scale):
    p = acc.astype(np.float32) * scale
    r = np.rint(p).astype(np.float64)
    return np.clip(r, -q.S32_MAX, q.S32_MAX).astype(np.int64)


def taps(size, count, stride, dilation, pad, kernel):
    """Coordinate of each tap [output, tap]; `size` for those outside."""
    at = (np.arange(count)[:, None] * stride - pad
          + np.arange(kernel)[None, :] * dilation)
    return np.where((at >= 0) & (at < size), at, size)


def taps_back(size, count, stride, dilation, pad, kernel):
    """The same for CONV_TRANSPOSE, where only whole quotients are taps."""
    at = (np.arange(count)[:, None] + pad - np.arange(kernel)[None, :] * dilation)
    good = (at % stride == 0) & (at >= 0) & (at < size * stride)
    return np.where(good, at // stride, size)


def windows(data, cmd, outside):
    """[oy, ox, ky, kx, c]; taps outside of the input have the value `outside`."""
    body, out = cmd.body, cmd.output
    height, width, channels = data.shape
    padded = np.full((height + 1, width + 1, channels), outside, np.int64)
    padded[:height, :width] = data
    if isinstance(body, q.Pool):
        dilation_h, dilation_w = body.gap_h + 1, body.gap_w + 1
    else:
        dilation_h, dilation_w = body.dilation_h, body.dilation_w
    find = taps_back if cmd.opcode == q.CONV_TRANSPOSE else taps
    y = find(height, out.height, body.stride_h, dilation_h, body.pad_top,
             body.kernel_h)
    x = find(width, out.width, body.stride_w, dilation_w, body.pad_left,
             body.kernel_w)
    return padded[y[:, None, :, None], x[None, :, None, :]]


def conv_weights(cmd, consts):
    """[oc, tap], less the zero point."""
    body, channels = cmd.body, cmd.output.channels
    count, row, books = q.conv_shape(cmd)
    rows = np.frombuffer(consts, np.uint8, channels * row, body.weight_off)
    rows = rows.reshape(channels, row)
    bits = q.weight_bits(body.weight_type)
    if not books:
        codes = unpack_codes(rows, bits, q.ELEMENTS[body.weight_type][1] < 0)
        return values(codes[:, :count], body.weight_type) - body.weight_zero_point
    index = unpack_codes(rows, bits, False)[:, :count]
    book = array(consts, body.codebook_off, books << bits, np.int8)
    share = body.codebook_channels or channels
    number = np.arange(channels) // share
    return book.reshape(books, 1 << bits)[number[:, None], index]


def accumulate_conv(cmd, memory, consts):
    body, out = cmd.body, cmd.output
    data = read_values(memory[cmd.input0.region], cmd.input0)
    groups, icg = body.groups, cmd.input0.channels // body.groups
    pixels = out.height * out.width
    window = windows(data, cmd, 0)
    window = window.reshape(pixels, body.kernel_h * body.kernel_w, groups, icg)
    window = window.transpose(2, 0, 1, 3).reshape(groups, pixels, -1)
    weights = conv_weights(cmd, consts)
    weights = weights.reshape(groups, out.channels // groups, -1)
    acc = np.matmul(window, weights.transpose(0, 2, 1))
    acc = acc.transpose(1, 0, 2).reshape(out.height, out.width, out.channels)
    if body.bias_off != q.NO_CONST:
        acc = acc + array(consts, body.bias_off, out.channels, "<i4")
    return acc


def accumulate_add(cmd, memory):
    body = cmd.body
    rule = rule_a if body.rule == q.RULE_A else rule_b
    acc = 0
    for tensor, multiplier, shift in (
            (cmd.input0, body.multiplier0, body.shift0),
            (cmd.input1, body.multiplier1, body.shift1)):
        x = values(read_codes(memory[tensor.region], tensor), tensor.type)
        t = saturate((saturate(x) - tensor.zero_point) << body.left_shift)
        acc = acc + rule(t, np.int64(multiplier), np.int64(shift))
    return saturate(acc)


def accumulate_mul(cmd, memory):
    """An S32 times an S32 is at most 2^62."""
    first, second = (read_values(memory[t.region], t) for t in cmd.inputs())
    return saturate(first * second)


def copy_places(cmd):
    """v of COPY: three arrays that broadcast to [oy, ox, k]."""
    body, out, b = cmd.body, cmd.output, cmd.body.block
    n = out.channels - body.out_first
    oy = np.arange(out.height, dtype=np.int64)[:, None, None]
    ox = np.arange(out.width, dtype=np.int64)[None, :, None]
    k = np.arange(n, dtype=np.int64)[None, None, :]
    crd = body.flags & q.CRD
    if body.mode == q.SPACE_TO_DEPTH:
        each = n // (b * b)
        r, c = (k % (b * b), k // (b * b)) if crd else (k // each, k % each)
        return oy * b + r // b, ox * b + r % b, c
    if body.mode == q.DEPTH_TO_SPACE:
        r = (oy % b) * b + ox % b
        return oy // b, ox // b, (k * b * b + r) if crd else (r * n + k)
    return oy, ox, k


def copy_codes(cmd, memory):
    """[oy, ox, k]: codes of the input or `fill`. 2^30 * 65535 * 255 < 2^55."""
    body, source = cmd.body, cmd.input0
    codes = read_codes(memory[source.region], source)
    v = copy_places(cmd)
    at, outside = [], False
    for axis, size in enumerate(codes.shape):
        start, step, divisor, origin = body.axis(axis)
        i = (start + step * v[origin]) // divisor
        outside = outside | (i < 0) | (i >= size)
        at.append(np.clip(i, 0, size - 1))
    result = codes[tuple(np.broadcast_arrays(*at))]
    if not body.flags & q.CLAMP:
        result = np.where(outside, body.fill, result)
    return result


def accumulate_copy(cmd, memory):
    """Channels before the first one written are 0; they are not looked at."""
    source, first = cmd.input0, cmd.body.out_first
    acc = np.zeros((cmd.output.height, cmd.output.width, cmd.output.channels), np.int64)
    codes = copy_codes(cmd, memory)
    acc[..., first:] = saturate(values(codes, source.type) - source.zero_point)
    return acc


def multiply(a, b):
    """a * b / 2^31, halves towards plus infinity; factors are below 2^31."""
    return (a * b + (1 << 30)) >> 31


def softmax_codes(cmd, memory, consts):
    """The sum is below 2^35, so a double holds it."""
    codes = read_codes(memory[cmd.input0.region], cmd.input0)
    exps = array(consts, cmd.body.table_off, q.TABLE_SIZE, "<i4")
    e = exps[codes.max(axis=2, keepdims=True) - codes]
    total = ((e + (1 << 11)) >> 12).sum(axis=2, keepdims=True)
    k = np.frexp(total.astype(np.float64))[1].astype(np.int64) - 1
    h = np.where(k < 30, total << np.maximum(30 - k, 0), total >> np.maximum(k - 30, 0))
    x = 1515870810 + multiply(h, -1010580540)
    for _ in range(3):
        x = x + 4 * multiply(x, (1 << 29) - multiply(h, x))
    r = np.minimum(2 * x, q.S32_MAX)
    n = k + 4
    code = (multiply(r, e) + (np.int64(1) << (n - 1))) >> n
    return np.minimum(code, 255) + q.ELEMENTS[cmd.output.type][1]


def accumulate(cmd, memory, consts):
    """acc [y, x, c] of every command with a stage that is not NONE."""
    if cmd.opcode in q.CONVOLUTIONS:
        return accumulate_conv(cmd, memory, consts)
    if cmd.opcode == q.ADD:
        return accumulate_add(cmd, memory)
    if cmd.opcode == q.MUL:
        return accumulate_mul(cmd, memory)
    if cmd.opcode == q.COPY:
        return accumulate_copy(cmd, memory)
    data = read_values(memory[cmd.input0.region], cmd.input0)
    if cmd.opcode == q.ARGMAX:
        return data.argmax(axis=2)[..., None].astype(np.int64)
    return windows(data, cmd, 0).sum(axis=(2, 3))


def window_counts(cmd):
    """Divisor of the mean of each output pixel [y, x, 1]."""
    if cmd.body.flags & q.COUNT_PAD:
        return np.int64(cmd.body.kernel_h * cmd.body.kernel_w)
    ones = np.ones((cmd.input0.height, cmd.input0.width, 1), np.int64)
    return windows(ones, cmd, 0).sum(axis=(2, 3))


def requantize(acc, cmd, consts):
    stage, count = cmd.stage, q.stage_entries(cmd)
    if stage.rule == q.RULE_C:
        scale = np.frombuffer(consts, "<f4", count, stage.scale_off)
        return rule_c(acc, scale)
    rule = rule_a if stage.rule == q.RULE_A else rule_b
    return rule(acc, array(consts, stage.scale_off, count, "<i4"),
                array(consts, stage.shift_off, count, np.int8))


def count_thresholds(acc, cmd, consts):
    stage, count = cmd.stage, q.stage_entries(cmd)
    if stage.flags & q.NEGATE:
        negate = array(consts, stage.negate_off, count, np.uint8)
        acc = np.where(negate == 1, -acc, acc)
    limits = array(consts, stage.threshold_off, count * stage.levels, "<i4")
    limits = limits.reshape(count, stage.levels)
    return stage.base + (acc[..., None] >= limits).sum(axis=-1)


def look_up(index, cmd, consts):
    """Entries of the table, as codes."""
    channels = cmd.output.channels
    tables = channels if cmd.stage.flags & q.TABLES else 1
    low = q.ELEMENTS[cmd.output.type][1]
    entries = array(consts, cmd.stage.table_off, tables * q.TABLE_SIZE,
                    np.int8 if low < 0 else np.uint8)
    entries = entries.reshape(tables, q.TABLE_SIZE)
    number = np.arange(channels) if tables > 1 else np.zeros(channels, np.int64)
    return entries[number, index % q.TABLE_SIZE]


def finish(acc, cmd, consts):
    """The output stage: codes of the output."""
    stage = cmd.stage
    if stage.kind == q.RAW:
        return acc
    if stage.kind == q.THRESHOLD:
        return count_thresholds(acc, cmd, consts)
    if stage.kind == q.MEAN:
        result = half_away(acc, window_counts(cmd))
    else:
        result = requantize(acc, cmd, consts)
    if stage.kind == q.TABLE:
        index = np.clip(result + stage.table_zero_point, stage.clamp_min,
                        stage.clamp_max)
        return look_up(index, cmd, consts)
    return np.clip(result + cmd.output.zero_point, stage.clamp_min, stage.clamp_max)


def write_result(cmd, memory, result):
    """Codes [y, x, c] of all of the output, of which COPY may write only some."""
    out = cmd.output
    if cmd.opcode == q.COPY and cmd.body.out_first:
        first = cmd.body.out_first
        old = read_codes(memory[out.region], out)
        result = np.concatenate([old[..., :first], result[..., first:]], axis=2)
    write_codes(memory[out.region], out, result)


def unstaged(cmd, memory, consts):
    """The codes of a command with stage NONE."""
    if cmd.opcode == q.SOFTMAX:
        return softmax_codes(cmd, memory, consts)
    if cmd.opcode == q.MAX_POOL:
        codes = read_codes(memory[cmd.input0.region], cmd.input0)
        return windows(codes, cmd, -1 << 40).max(axis=(2, 3))
    codes = copy_codes(cmd, memory)
    return np.pad(codes, ((0, 0), (0, 0), (cmd.body.out_first, 0)))


def run_command(cmd, memory, consts):
    if cmd.stage.kind == q.NONE:
        result = unstaged(cmd, memory, consts)
    else:
        result = finish(accumulate(cmd, memory, consts), cmd, consts)
    write_result(cmd, memory, result)


def run(program, regions):
    """Bytes of the regions after a run; `regions` are the bytes before it."""
    memory = [bytearray(data) for data in regions]
    for cmd in program.commands:
        run_command(cmd, memory, program.consts)
    return [bytes(data) for data in memory]
