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
    if stage.kind == q.REQUANT:
        return count * (4 if stage.rule == q.RULE_C else 5)
    if stage.kind == q.THRESHOLD:
        return count * (4 * stage.levels + (1 if stage.flags & q.NEGATE else 0))
    return 0


def conv(cmd):
    """compute, bytes read, macs"""
    body, out = cmd.body, cmd.output
    taps, row, books = q.conv_shape(cmd)
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


def command(cmd):
    """(cycles, macs, bytes read, bytes written)"""
    written = tensor_bytes(cmd.output)
    macs = 0
    if cmd.opcode in (q.CONV, q.FC):
        compute, read, macs = conv(cmd)
    else:
        read = stage_bytes(cmd) + sum(tensor_bytes(t) for t in cmd.inputs())
        if cmd.opcode == q.ADD:
            compute = sum(vector_cycles(t.elements(), t) for t in cmd.inputs())
        else:
            compute = vector_cycles(cmd.output.elements() * cmd.body.kernel_h
                                    * cmd.body.kernel_w, cmd.input0)
    return max(compute, ceil(read + written, 16)) + 64, macs, read, written
