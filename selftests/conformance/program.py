# SPDX-License-Identifier: MIT
"""Device programs with their memory, put together command by command.

The format is that of selftests/oracle/qformat.py; nothing of the oracle's
arithmetic is used here.
"""
import copy
import itertools

import numpy as np

import execute
import qformat as q

ALIGN = 64
# No test needs more; one that did would take the machine down.
MOST_MEMORY = 64 << 20
SIGNED = {32: q.S32, 8: q.S8, 4: q.S4, 2: q.S2}
UNSIGNED = {8: q.U8, 4: q.U4, 2: q.U2, 1: q.B1}


class OutOfRange(Exception):
    """The device has no command, type or limit for this."""


class Mismatch(Exception):
    """The device computed something else."""


def limits(kind):
    """Lowest and highest code."""
    return q.ELEMENTS[kind][1:]


def crop(tensor, y, x, height, width):
    """Some pixels of a tensor, where they are."""
    part = copy.copy(tensor)
    part.offset += y * tensor.row_stride + x * tensor.pixel_stride
    part.height, part.width = height, width
    return part


def channel_slice(tensor, first, count):
    """Some channels of a tensor, where they are; they begin on a byte."""
    part = copy.copy(tensor)
    part.offset += first * q.ELEMENTS[tensor.type][0] // 8
    part.channels = count
    return part


class Program:
    """A region of inputs, one of scratch memory, and one of outputs."""
    INPUT, SCRATCH, OUTPUT = range(3)

    def __init__(self):
        self.memory = [bytearray(), bytearray(), bytearray()]
        self.consts = bytearray()
        self.commands = []

    def const(self, data, align=4):
        self.consts += bytes(-len(self.consts) % align)
        self.consts += data
        return len(self.consts) - len(data)

    def words(self, numbers, kind="<i4"):
        return self.const(np.asarray(numbers).astype(kind).tobytes())

    def space(self, region, shape, kind, zero_point=0):
        """A tensor of its own memory. What no command writes is 0xa5."""
        if len(shape) != 3 or min(shape) < 1:
            raise OutOfRange("a tensor without elements: every dimension is at least 1")
        if max(shape) > q.MAX_DIM:
            raise OutOfRange(f"a dimension of {max(shape)}: at most {q.MAX_DIM}")
        tensor = q.Tensor(height=shape[0], width=shape[1], channels=shape[2], type=kind,
                          region=region, zero_point=zero_point)
        tensor.pixel_stride = tensor.pixel_bytes()
        tensor.row_stride = tensor.width * tensor.pixel_stride
        memory = self.memory[region]
        memory += b"\xa5" * (-len(memory) % ALIGN)
        tensor.offset = len(memory)
        assert len(memory) + tensor.height * tensor.row_stride <= MOST_MEMORY
        memory += b"\xa5" * (tensor.height * tensor.row_stride)
        return tensor

    def input(self, codes, kind, zero_point=0):
        """A tensor [y, x, c] that holds these codes when the job starts."""
        tensor = self.space(self.INPUT, codes.shape, kind, zero_point)
        execute.write_codes(self.memory[self.INPUT], tensor, codes)
        return tensor

    def scratch(self, shape, kind, zero_point=0):
        return self.space(self.SCRATCH, shape, kind, zero_point)

    def output(self, shape, kind, zero_point=0):
        return self.space(self.OUTPUT, shape, kind, zero_point)

    def command(self, opcode, source, out, stage, body, second=None):
        self.commands.append(q.Command(opcode, source, second or q.Tensor(), out, stage,
                                       body))

    def case(self):
        """The image and the bytes of its regions; regions not used are left out."""
        access = [0, 0, 0]
        for cmd in self.commands:
            for tensor in cmd.inputs():
                access[tensor.region] |= q.READ
            access[cmd.output.region] |= q.WRITE
        number = dict(zip((i for i in range(3) if access[i]), itertools.count()))
        regions = [q.Region(access=access[i], size=len(self.memory[i])) for i in number]
        commands = []
        for cmd in self.commands:
            cmd = copy.deepcopy(cmd)
            for tensor in (*cmd.inputs(), cmd.output):
                tensor.region = number[tensor.region]
            commands.append(cmd)
        consts = bytes(self.consts) + bytes(-len(self.consts) % ALIGN)
        return (q.Program(regions, commands, consts).pack(),
                [bytes(self.memory[i]) for i in number])


def outputs(answer, tensors):
    """The codes of tensors of the region of outputs, which is the last one."""
    return [execute.read_codes(answer.regions[-1], tensor) for tensor in tensors]


class Job:
    """A program, the tensors that it leaves, and what is to be true of them.

    check(codes of each tensor) raises Mismatch; grade is what it has shown
    otherwise: EQUAL, TOLERANCE or BOUND.
    """
    EQUAL, TOLERANCE, BOUND = range(3)

    def __init__(self, label, program, tensors, check, grade):
        self.label, self.program, self.tensors = label, program, tensors
        self.check, self.grade = check, grade


def raw():
    return q.Stage(kind=q.RAW)


def requant(program, scales, kind):
    """Rule C with a float32 scale, or one for each channel; all codes are used."""
    low, high = limits(kind)
    scales = np.atleast_1d(np.asarray(scales, np.float32))
    if not np.all((scales >= 2.0 ** -126) & (scales < 256)):
        raise OutOfRange("a scale that is not positive, normal and below 256")
    return q.Stage(kind=q.REQUANT, rule=q.RULE_C, clamp_min=low, clamp_max=high,
                   flags=q.PER_CHANNEL if len(scales) > 1 else 0,
                   scale_off=program.words(scales, "<f4"))


def look_up(program, entries, index):
    """A table for accumulators that are codes of the type of the index."""
    low, high = limits(index)
    codes = np.zeros(q.TABLE_SIZE, np.int64)
    codes[:len(entries)] = entries
    return q.Stage(kind=q.TABLE, rule=q.RULE_C, clamp_min=low, clamp_max=high,
                   scale_off=program.words([1], "<f4"), table_type=index,
                   table_off=program.const((codes & 255).astype(np.uint8).tobytes()))


def equal(what, got, want):
    """Every element, or Mismatch with the first that differs."""
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        raise Mismatch(f"{what}: shape {got.shape}, not {want.shape}")
    wrong = np.argwhere(got != want)
    if len(wrong):
        at = tuple(wrong[0])
        raise Mismatch(f"{what}: {len(wrong)} of {want.size} elements differ, at "
                       f"{list(map(int, at))} the device has {got[at]}, not {want[at]}")


def within(what, got, want, bound):
    """Every element within a bound of its own, or Mismatch."""
    want = np.asarray(want, np.float64)
    if got.shape != want.shape:
        raise Mismatch(f"{what}: shape {got.shape}, not {want.shape}")
    wrong = np.argwhere(~(np.abs(got - want) <= bound))
    if len(wrong):
        at = tuple(wrong[0])
        raise Mismatch(f"{what}: {len(wrong)} of {want.size} elements are too far, at "
                       f"{list(map(int, at))} the device has {got[at]}, not {want[at]} "
                       f"within {np.broadcast_to(bound, want.shape)[at]}")
