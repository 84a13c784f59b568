# SPDX-License-Identifier: MIT
"""The cycle model of Documentation/device.rst."""
import qformat as q

HALF_SRAM = 128 << 10


def ceil(a, b):
    return -(-a // b)


def width(bits):
    return {1: 2, 2: 2, 4: 4, 8: 8, 32: 32}[bits]


def tensor_bytes(tensor):
    return tensor.height * tensor.width * tensor.pixel_bytes()


def vector_cycles(elements, tensor):
    return ceil(elements, 16 * 8 // width(q.ELEMENTS[tensor.type][0]))


def stage_bytes(cmd):
    stage, count = cmd.stage, q.stage_entries(cmd)
    if stage.kind in (q.REQUANT, q.TABLE):
        size = count * (4 if stage.rule == q.RULE_C else 5)
        if stage.kind == q.TABLE:
            tables = cmd.output.channels if stage.flags & q.TABLES else 1
            size += tables * q.TABLE_SIZE
        return size
    if stage.kind == q.THRESHOLD:
        return count * (4 * stage.levels + (1 if stage.flags & q.NEGATE else 0))
    return 0


def conv(cmd):
    """compute, bytes read, macs"""
    body, out = cmd.body, cmd.output
    _, row, books = q.conv_shape(cmd)
    taps = q.sum_taps(cmd)
    weights = row * out.channels
    const = weights + stage_bytes(cmd)
    if body.bias_off != q.NO_CONST:
        const += 4 * out.channels
    w = 8
    if books:
        const += books << q.weight_bits(body.weight_type)
    else:
        w = width(q.weight_bits(body.weight_type))
    lanes = 16 * 8 // width(q.ELEMENTS[cmd.input0.type][0])
    columns = 16 * 8 // w
    pixels = out.height * out.width
    compute = (pixels * body.groups * ceil(taps, lanes)
               * ceil(out.channels // body.groups, columns))
    reads = 1
    if tensor_bytes(cmd.input0) > HALF_SRAM and weights > HALF_SRAM:
        reads = ceil(weights, HALF_SRAM)
    return (compute, const + reads * tensor_bytes(cmd.input0),
            pixels * out.channels * taps)


def copy(cmd):
    """compute, bytes read, bytes written"""
    body, source, out = cmd.body, cmd.input0, cmd.output
    elements = out.height * out.width * (out.channels - body.out_first)
    bits, out_bits = (q.ELEMENTS[t.type][0] for t in (source, out))
    read = stage_bytes(cmd) + min(tensor_bytes(source), ceil(elements * bits, 8))
    written = out.height * out.width * (ceil(out.channels * out_bits, 8)
                                        - body.out_first * out_bits // 8)
    return vector_cycles(elements, source), read, written


def command(cmd):
    """(cycles, macs, bytes read, bytes written)"""
    written = tensor_bytes(cmd.output)
    macs = 0
    if cmd.opcode in q.CONVOLUTIONS:
        compute, read, macs = conv(cmd)
    elif cmd.opcode == q.COPY:
        compute, read, written = copy(cmd)
    else:
        read = stage_bytes(cmd) + sum(tensor_bytes(t) for t in cmd.inputs())
        if cmd.opcode in (q.ADD, q.MUL):
            compute = sum(vector_cycles(cmd.output.elements(), t) for t in cmd.inputs())
        elif cmd.opcode == q.SOFTMAX:
            compute = 3 * vector_cycles(cmd.input0.elements(), cmd.input0)
            read += 4 * q.TABLE_SIZE
        elif cmd.opcode == q.ARGMAX:
            compute = vector_cycles(cmd.input0.elements(), cmd.input0)
        else:
            compute = vector_cycles(cmd.output.elements() * cmd.body.kernel_h
                                    * cmd.body.kernel_w, cmd.input0)
    return max(compute, ceil(read + written, 16)) + 64, macs, read, written
