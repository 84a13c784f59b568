# SPDX-License-Identifier: MIT
"""Program images: numbers, records, and how they are written and read.

Written from the format's description alone (firmware/qnn_program.h and
Documentation/device.rst), with no table of the device code.
"""
import math
import struct

MAGIC = 0x504E4E51
VERSION = 1
MAX_IMAGE = 256 << 20
MAX_REGIONS = 16
MAX_COMMANDS = 65536
MAX_REGION_SIZE = 1 << 32
MAX_DIM = 65535
MAX_CONV_KERNEL = 255
MAX_LEVELS = 255
NO_CONST = 0xFFFFFFFF
NO_CMD = 0xFFFFFFFF
ACC_MAX = 0x7FFFFFFE
S32_MIN = -(1 << 31)
S32_MAX = (1 << 31) - 1

S8, U8, S4, U4, S2, U2, B1, S32 = range(1, 9)
CB1, CB2, CB3, CB4, CB5 = range(17, 22)
(CONV, FC, MAX_POOL, AVG_POOL, ADD, MUL, CONV_TRANSPOSE, COPY, ARGMAX,
 SOFTMAX) = range(1, 11)
NONE, RAW, REQUANT, THRESHOLD, MEAN, TABLE = range(6)
RULE_A, RULE_B, RULE_C = 1, 2, 3
READ, WRITE = 1, 2
PER_CHANNEL, NEGATE, TABLES = 1, 2, 4
COUNT_PAD = 1
TABLE_SIZE = 256
PLAIN, SPACE_TO_DEPTH, DEPTH_TO_SPACE = range(3)
CLAMP, CRD = 1, 2
MAX_COPY = 1 << 30
MAX_COPY_BLOCK = 255
CONVOLUTIONS = (CONV, FC, CONV_TRANSPOSE)

# (bits, lowest code, highest code)
ELEMENTS = {
    S8: (8, -128, 127), U8: (8, 0, 255), S4: (4, -8, 7), U4: (4, 0, 15),
    S2: (2, -2, 1), U2: (2, 0, 3), B1: (1, 0, 1), S32: (32, S32_MIN, S32_MAX),
}
CODE_BOOKS = {CB1: 1, CB2: 2, CB3: 3, CB4: 4, CB5: 5}
NAMES = {S8: "S8", U8: "U8", S4: "S4", U4: "U4", S2: "S2", U2: "U2", B1: "B1",
         S32: "S32", CB1: "CB1", CB2: "CB2", CB3: "CB3", CB4: "CB4", CB5: "CB5"}
OPCODES = {CONV: "CONV", FC: "FC", MAX_POOL: "MAX_POOL", AVG_POOL: "AVG_POOL",
           ADD: "ADD", MUL: "MUL", CONV_TRANSPOSE: "CONV_TRANSPOSE", COPY: "COPY",
           ARGMAX: "ARGMAX", SOFTMAX: "SOFTMAX"}
STAGES = {NONE: "NONE", RAW: "RAW", REQUANT: "REQUANT", THRESHOLD: "THRESHOLD",
          MEAN: "MEAN", TABLE: "TABLE"}


def weight_bits(kind):
    return CODE_BOOKS[kind] if kind in CODE_BOOKS else ELEMENTS[kind][0]


class Record:
    """A structure of little-endian integers."""
    LAYOUT = ""
    FIELDS = ()

    def __init__(self, **values):
        for name in self.FIELDS:
            setattr(self, name, values.pop(name, 0))
        assert not values, values

    def pack(self):
        return struct.pack(self.LAYOUT, *(getattr(self, n) for n in self.FIELDS))

    @classmethod
    def unpack(cls, data, at=0):
        return cls(**dict(zip(cls.FIELDS, struct.unpack_from(cls.LAYOUT, data, at))))

    @classmethod
    def size(cls):
        return struct.calcsize(cls.LAYOUT)

    def __repr__(self):
        return " ".join(f"{n}={getattr(self, n)}" for n in self.FIELDS
                        if getattr(self, n) or not n.startswith("reserved"))


class Header(Record):
    LAYOUT = "<6I10I"
    FIELDS = ("magic", "version", "size", "region_count", "cmd_count",
              "const_size") + tuple(f"reserved{i}" for i in range(10))


class Region(Record):
    LAYOUT = "<IIQ"
    FIELDS = ("access", "reserved", "size")


class Tensor(Record):
    LAYOUT = "<QIIHHHBBiI"
    FIELDS = ("offset", "row_stride", "pixel_stride", "height", "width",
              "channels", "type", "region", "zero_point", "reserved")

    def pixel_bytes(self):
        return (self.channels * ELEMENTS[self.type][0] + 7) // 8

    def hull(self):
        """First byte, and the one behind the last."""
        return (self.offset, self.offset + (self.height - 1) * self.row_stride
                + (self.width - 1) * self.pixel_stride + self.pixel_bytes())

    def elements(self):
        return self.height * self.width * self.channels


class Stage(Record):
    LAYOUT = "<BBHIIIIIiiiIiB3B"
    FIELDS = ("kind", "rule", "levels", "flags", "scale_off", "shift_off",
              "threshold_off", "negate_off", "clamp_min", "clamp_max", "base",
              "table_off", "table_zero_point", "table_type", "reserved0",
              "reserved1", "reserved2")


class Conv(Record):
    LAYOUT = "<11HBBiIIII"
    FIELDS = ("kernel_h", "kernel_w", "stride_h", "stride_w", "dilation_h",
              "dilation_w", "pad_top", "pad_left", "pad_bottom", "pad_right",
              "groups", "weight_type", "reserved0", "weight_zero_point",
              "weight_off", "bias_off", "codebook_off", "codebook_channels")


class Pool(Record):
    LAYOUT = "<8HIHH"
    FIELDS = ("kernel_h", "kernel_w", "stride_h", "stride_w", "pad_top",
              "pad_left", "pad_bottom", "pad_right", "flags", "gap_h", "gap_w")


class Add(Record):
    LAYOUT = "<iibbBB"
    FIELDS = ("multiplier0", "multiplier1", "shift0", "shift1", "left_shift",
              "rule")


class Copy(Record):
    LAYOUT = "<iiiIiiiIiiiIiHBBI"
    FIELDS = tuple(f"{name}{axis}" for axis in range(3)
                   for name in ("start", "step", "divisor", "from")) + (
                       "fill", "out_first", "mode", "block", "flags")

    def axis(self, number):
        """start, step, divisor, from"""
        return [getattr(self, f"{name}{number}")
                for name in ("start", "step", "divisor", "from")]

    def set_axis(self, number, *values):
        for name, value in zip(("start", "step", "divisor", "from"), values, strict=True):
            setattr(self, f"{name}{number}", value)


class Softmax(Record):
    LAYOUT = "<I"
    FIELDS = ("table_off",)


BODIES = {CONV: Conv, FC: Conv, MAX_POOL: Pool, AVG_POOL: Pool, ADD: Add,
          CONV_TRANSPOSE: Conv, COPY: Copy, SOFTMAX: Softmax}
BODY_BYTES = 104
CMD_BYTES = 256


class Command:
    """A command; tail are the bytes of its last part that it does not use."""

    def __init__(self, opcode, input0, input1, output, stage, body):
        self.opcode, self.reserved0, self.reserved1 = opcode, 0, 0
        self.input0, self.input1, self.output = input0, input1, output
        self.stage, self.body = stage, body
        self.tail = bytes(BODY_BYTES - len(body.pack()))

    def records(self):
        return {"in[0]": self.input0, "in[1]": self.input1, "out": self.output,
                "stage": self.stage, "body": self.body}

    def inputs(self):
        if self.opcode in (ADD, MUL):
            return [self.input0, self.input1]
        return [self.input0]

    def pack(self):
        return (struct.pack("<HHI", self.opcode, self.reserved0, self.reserved1)
                + b"".join(r.pack() for r in self.records().values()) + self.tail)

    @classmethod
    def unpack(cls, data, at):
        """An opcode that does not exist is read as if it had no body."""
        opcode, reserved0, reserved1 = struct.unpack_from("<HHI", data, at)
        body = BODIES.get(opcode, Record)
        at += 8
        tensors = [Tensor.unpack(data, at + 32 * i) for i in range(3)]
        cmd = cls(opcode, *tensors, Stage.unpack(data, at + 96),
                  body.unpack(data, at + 144))
        cmd.reserved0, cmd.reserved1 = reserved0, reserved1
        cmd.tail = bytes(data[at + 144 + body.size():at + 144 + BODY_BYTES])
        return cmd

    def __str__(self):
        lines = [f"{OPCODES.get(self.opcode, self.opcode)} "
                 f"stage {STAGES.get(self.stage.kind, self.stage.kind)}"]
        lines += [f"  {name}: {record}" for name, record in self.records().items()]
        return "\n".join(lines)


class Program:
    def __init__(self, regions, commands, consts):
        self.regions, self.commands, self.consts = regions, commands, bytes(consts)
        self.padding = bytes(-(64 + 16 * len(regions)) % 64)
        self.header = Header(magic=MAGIC, version=VERSION,
                             region_count=len(regions), cmd_count=len(commands),
                             const_size=len(self.consts))
        self.header.size = (64 + 16 * len(regions) + len(self.padding)
                            + CMD_BYTES * len(commands) + len(self.consts))

    def pack(self):
        return b"".join([self.header.pack(), *(r.pack() for r in self.regions),
                         self.padding, *(c.pack() for c in self.commands),
                         self.consts])

    @classmethod
    def unpack(cls, image):
        """An image whose header and size are known to be right."""
        header = Header.unpack(image)
        regions = [Region.unpack(image, 64 + 16 * i)
                   for i in range(header.region_count)]
        at = 64 + 16 * header.region_count
        padding = bytes(image[at:at + -at % 64])
        at += len(padding)
        commands = [Command.unpack(image, at + CMD_BYTES * i)
                    for i in range(header.cmd_count)]
        program = cls(regions, commands, image[at + CMD_BYTES * header.cmd_count:])
        program.header, program.padding = header, padding
        return program


def stage_entries(cmd):
    """Entries of each array of the stage."""
    return cmd.output.channels if cmd.stage.flags & PER_CHANNEL else 1


def conv_shape(cmd):
    """Taps of an output channel, bytes of its weights, number of code books."""
    body = cmd.body
    taps = body.kernel_h * body.kernel_w * (cmd.input0.channels // body.groups)
    row = (taps * weight_bits(body.weight_type) + 7) // 8
    books = 0
    if body.weight_type in CODE_BOOKS:
        share = body.codebook_channels or cmd.output.channels
        books = -(-cmd.output.channels // share)
    return taps, row, books


def sum_taps(cmd):
    """K: products in one output element, at most."""
    body = cmd.body
    taps, _, _ = conv_shape(cmd)
    if cmd.opcode != CONV_TRANSPOSE:
        return taps
    meet = cmd.input0.channels // body.groups
    for axis in "hw":
        kernel, stride, dilation = (getattr(body, f"{name}_{axis}")
                                    for name in ("kernel", "stride", "dilation"))
        apart = stride // math.gcd(stride, dilation)
        meet *= -(-kernel // apart)
    return meet


def same_memory(a, b):
    """Do two tensors occupy exactly the same bits?"""
    return (all(getattr(a, f) == getattr(b, f) for f in (
        "region", "offset", "row_stride", "pixel_stride", "height", "width", "channels"))
            and ELEMENTS[a.type][0] == ELEMENTS[b.type][0])


def copied_in_place(cmd):
    """Is this a COPY that leaves every element where it is?"""
    body = cmd.body
    return (cmd.opcode == COPY and body.mode == PLAIN and body.out_first == 0
            and all(body.axis(i) == [0, 1, 1, i] for i in range(3)))
