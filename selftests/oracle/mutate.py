# SPDX-License-Identifier: MIT
"""Programs that are slightly wrong, or just not wrong yet.

What the device has to say of them is for rules.py to decide.
"""
import math
import re
import struct

import numpy as np

import generate
import qformat as q


def field_kinds(record):
    """(field, letter of the struct module)"""
    letters = "".join(letter * int(count or 1) for count, letter in
                      re.findall(r"(\d*)([A-Za-z])", record.LAYOUT))
    return list(zip(record.FIELDS, letters))


def other_value(rng, value, letter):
    bits = 8 * struct.calcsize("<" + letter)
    low, high = (0, (1 << bits) - 1)
    if letter.islower():
        low, high = -(1 << bits - 1), (1 << bits - 1) - 1
    choice = [value - 1, value + 1, value - 1, value + 1, value + 2, 0, 1, value * 2,
              -value, low, high, value ^ (1 << rng.randrange(bits)),
              rng.randint(low, high), rng.randint(0, 20), 255, 256, 1 << 16]
    while True:
        new = rng.choice(choice)
        if letter.islower() and not low <= new <= high:
            continue
        if low <= new <= high and new != value:
            return new
        choice.append(rng.randint(low, high))


def change_field(rng, record):
    field, letter = rng.choice(field_kinds(record))
    setattr(record, field, other_value(rng, getattr(record, field), letter))


class Mutator:
    def __init__(self, seed, case, count=None):
        gen = generate.Generator(seed, f"mutant {case}")
        self.rng, self.numbers = gen.rng, gen.numbers
        self.program, self.regions = gen.program(count)
        self.cmd = self.rng.choice(self.program.commands)
        self.consts = bytearray(self.program.consts)

    # Each of these changes one thing; False if the program has no such thing.

    def any_field(self):
        records = [r for r in self.cmd.records().values() if r.FIELDS]
        change_field(self.rng, self.rng.choice(records))

    def body_field(self):
        if not self.cmd.body.FIELDS:
            return False
        change_field(self.rng, self.cmd.body)

    def stage_field(self):
        change_field(self.rng, self.cmd.stage)

    def tensor_field(self):
        change_field(self.rng, self.rng.choice([*self.cmd.inputs(), self.cmd.output]))

    def opcode(self):
        self.cmd.opcode = self.rng.choice([*range(12), 255, 256, 65535])

    def reserved(self):
        field = self.rng.choice(["reserved0", "reserved1"])
        setattr(self.cmd, field, 1 << self.rng.randrange(16))

    def tail(self):
        if not self.cmd.tail:
            return False
        tail = bytearray(self.cmd.tail)
        tail[self.rng.randrange(len(tail))] = 1 << self.rng.randrange(8)
        self.cmd.tail = bytes(tail)
        return True

    def padding(self):
        if not self.program.padding:
            return False
        padding = bytearray(self.program.padding)
        padding[self.rng.randrange(len(padding))] = 1
        self.program.padding = bytes(padding)
        return True

    def header(self):
        change_field(self.rng, self.program.header)

    def region(self):
        change_field(self.rng, self.rng.choice(self.program.regions))

    def region_size(self):
        region = self.rng.choice(self.program.regions)
        region.size = max(0, region.size + self.rng.choice([-4, -2, -1, 1, 2, 1 << 32]))

    def access(self):
        self.rng.choice(self.program.regions).access = self.rng.randrange(5)

    def unused_region(self):
        regions = self.program.regions + [q.Region(access=self.rng.randrange(4), size=64)]
        self.program = q.Program(regions, self.program.commands, self.program.consts)
        self.regions.append(bytes(64))

    def retype(self):
        """Another type for a tensor, behind all others, where it fits."""
        tensor = self.rng.choice([*self.cmd.inputs(), self.cmd.output])
        tensor.type = self.rng.choice([q.S32, q.S32, q.S32, *q.ELEMENTS])
        tensor.zero_point = 0
        self.move_last(tensor)

    def operands(self):
        """The numbers of ADD, the flags of pooling, the number of thresholds."""
        body, choose = self.cmd.body, self.rng.choice
        if self.cmd.opcode == q.ADD:
            setattr(body, *choose([
                ("multiplier0", choose([q.S32_MIN, -q.S32_MAX])),
                ("multiplier1", choose([-1, q.S32_MIN])),
                ("shift0", choose([-32, -31, 30, 31])),
                ("shift1", choose([-32, -31, 30, 31])),
                ("left_shift", choose([20, 21])), ("rule", choose([0, 1, 2, 3]))]))
        elif isinstance(body, q.Pool):
            axis = choose(["h", "w"])
            size = self.cmd.input0.height if axis == "h" else self.cmd.input0.width
            setattr(body, *choose([
                ("flags", choose([0, 1, 1, 2, 3])),
                (f"gap_{axis}", choose([0, 1, size - 1, size, size + 1]))]))
        elif self.cmd.stage.kind == q.THRESHOLD:
            self.cmd.stage.levels = choose([0, 1, 255, 256])
        else:
            return False
        return True

    def broadcast(self):
        """Another shape of an operand, behind all other tensors."""
        if self.cmd.opcode not in (q.ADD, q.MUL):
            return False
        tensor = self.rng.choice(self.cmd.inputs())
        side = self.rng.choice(["height", "width", "channels"])
        size = getattr(self.cmd.output, side)
        setattr(tensor, side, max(1, self.rng.choice([1, 2, size - 1, size, size + 1])))
        self.move_last(tensor)

    def output_size(self):
        """A larger or smaller output, behind all other tensors."""
        side = self.rng.choice(["height", "width"])
        stride = 0
        if isinstance(self.cmd.body, q.Conv):
            stride = max(getattr(self.cmd.body, f"{n}_{side[0]}")
                         for n in ("stride", "dilation"))
        size = getattr(self.cmd.output, side)
        size += self.rng.choice([-1, 1, stride - 1, stride, 1 - stride, -stride])
        setattr(self.cmd.output, side, min(max(size, 1), q.MAX_DIM))
        self.move_last(self.cmd.output)

    def copying(self):
        """Axes, mode, block, fill and first channel just inside and outside."""
        cmd, body, choose = self.cmd, self.cmd.body, self.rng.choice
        if cmd.opcode != q.COPY:
            return False
        axis, b = self.rng.randrange(3), body.block
        _, low, high = q.ELEMENTS[cmd.input0.type]
        fills = [f for f in (low - 1, low, high, high + 1, 1) if q.S32_MIN <= f <= q.S32_MAX]
        channels = cmd.output.channels
        edges = [s * q.MAX_COPY + e for s in (-1, 1) for e in (-1, 0, 1)]
        setattr(body, *choose([
            (f"start{axis}", choose([*edges, q.S32_MIN, q.S32_MAX])),
            (f"step{axis}", choose([*edges, q.S32_MIN, q.S32_MAX])),
            (f"divisor{axis}", choose([-1, 0, 1, *edges, q.S32_MIN])),
            (f"from{axis}", choose([0, 1, 2, 3, 1 << 31])),
            ("fill", choose(fills)), ("flags", choose([0, 1, 2, 3, 4])),
            ("mode", choose([0, 1, 2, 3])), ("block", choose([0, 1, 2, 3, b + 1, 255])),
            ("out_first", choose([0, 1, 2, channels - 1, channels, q.MAX_DIM]))]))
        return True

    def swapped(self):
        """Two axes of a copy change places."""
        body = self.cmd.body
        if self.cmd.opcode != q.COPY:
            return False
        a, b = self.rng.sample(range(3), 2)
        one, other = body.axis(a), body.axis(b)
        body.set_axis(a, *one[:3], other[3])
        body.set_axis(b, *other[:3], one[3])
        return True

    def tables(self):
        """An entry of a table, the type of its index, its zero point and flags."""
        cmd, stage, choose = self.cmd, self.cmd.stage, self.rng.choice
        if stage.kind != q.TABLE:
            return False
        kind = self.rng.randrange(4)
        if kind == 0:
            stage.table_type = choose([*range(10), 255])
        elif kind == 1:
            stage.table_zero_point = choose([-129, -128, -1, 0, 127, 128, 255, 256])
        elif kind == 2:
            stage.flags ^= q.TABLES
        else:
            tables = cmd.output.channels if stage.flags & q.TABLES else 1
            _, low, high = q.ELEMENTS[cmd.output.type]
            at = stage.table_off + self.rng.randrange(tables * q.TABLE_SIZE)
            return self.constant(at, [choose([low - 1, low, high, high + 1, 128]) & 255],
                                 np.uint8)
        return True

    def exponentials(self):
        """An entry of SOFTMAX's table, or where it is."""
        cmd, choose = self.cmd, self.rng.choice
        if cmd.opcode != q.SOFTMAX:
            return False
        if self.rng.random() < 0.2:
            cmd.body.table_off += choose([-4, -1, 1, 2, 4])
            cmd.body.table_off = max(cmd.body.table_off, 0)
            return True
        at = choose([0, 0, 1, 255, self.rng.randrange(q.TABLE_SIZE)])
        return self.constant(cmd.body.table_off + 4 * at, [choose([
            -1, 0, 1, q.S32_MIN, q.S32_MAX, q.S32_MAX - 1])], "<i4")

    def move_last(self, tensor):
        """Behind everything in its region, which grows, with strides that suffice."""
        region = self.program.regions[tensor.region]
        tensor.offset = region.size + -region.size % 4
        tensor.pixel_stride = max(tensor.pixel_stride, tensor.pixel_bytes())
        tensor.pixel_stride += -tensor.pixel_stride % 4
        tensor.row_stride = max(tensor.row_stride, tensor.width * tensor.pixel_stride)
        tensor.row_stride += -tensor.row_stride % 4
        region.size = tensor.hull()[1]

    def smaller(self):
        """A tensor that no longer fits the others of its command."""
        tensor = self.rng.choice([*self.cmd.inputs(), self.cmd.output])
        field = self.rng.choice(["height", "width", "channels"])
        if getattr(tensor, field) == 1:
            return False
        setattr(tensor, field, getattr(tensor, field) - 1)
        return True

    def counts(self):
        """No commands, no regions or too many, in an image that is else consistent."""
        regions, commands = self.program.regions, self.program.commands
        regions, commands = self.rng.choice([
            (regions, []), ([], commands), ([regions[0]] * 17, commands)])
        self.program = q.Program(regions, commands, self.program.consts)

    def overlap(self):
        """Output and input touch, or nearly so."""
        source = self.rng.choice(self.cmd.inputs())
        out = self.cmd.output
        out.region = source.region
        first, end = source.hull()
        size = out.hull()[1] - out.offset
        out.offset = max(0, self.rng.choice([first, end, end - 1, end + 1, first - size,
                                             first - size + 1, first + 1]))
        region = self.program.regions[out.region]
        region.size = max(region.size, out.hull()[1])

    def onto(self):
        """An output exactly where an input is, but for one number perhaps."""
        source = self.rng.choice(self.cmd.inputs())
        for field in ("region", "offset", "row_stride", "pixel_stride"):
            setattr(self.cmd.output, field, getattr(source, field))
        if self.rng.random() < 0.5:
            self.cmd.output.type = source.type
        if self.rng.random() < 0.5:
            field = self.rng.choice(["offset", "row_stride", "pixel_stride"])
            value = getattr(self.cmd.output, field)
            setattr(self.cmd.output, field, value + self.rng.choice([1, 4]))

    def constant(self, offset, values, kind):
        """Overwrite an element of an array of constants."""
        array = np.asarray(values, kind).tobytes()
        if offset + len(array) > len(self.consts):
            return False
        self.consts[offset:offset + len(array)] = array
        self.program.consts = bytes(self.consts)
        return True

    def entry(self):
        return self.rng.randrange(q.stage_entries(self.cmd))

    def scale(self):
        stage = self.cmd.stage
        if stage.kind not in (q.REQUANT, q.TABLE):
            return False
        at = stage.scale_off + 4 * self.entry()
        if stage.rule == q.RULE_C:
            return self.constant(at, [self.rng.choice([
                0, 1, 0x007FFFFF, 0x00800000, 0x437FFFFF, 0x43800000, 0x7F800000,
                0x7FC00000, 0x80000000, 0xBF800000, 0xFFFFFFFF])], "<u4")
        return self.constant(at, [self.rng.choice([-1, 0, 1, q.S32_MIN, q.S32_MAX])],
                             "<i4")

    def shift(self):
        stage = self.cmd.stage
        if stage.kind not in (q.REQUANT, q.TABLE) or stage.rule == q.RULE_C:
            return False
        return self.constant(stage.shift_off + self.entry(),
                             [self.rng.choice([-128, -33, -32, -31, 30, 31, 32, 127])],
                             np.int8)

    def threshold(self):
        stage = self.cmd.stage
        if stage.kind != q.THRESHOLD:
            return False
        at = self.entry() * stage.levels + self.rng.randrange(stage.levels)
        old = int(np.frombuffer(self.consts, "<i4", 1, stage.threshold_off + 4 * at)[0])
        new = self.rng.choice([old - 1, old + 1, q.S32_MIN, q.S32_MAX, 0])
        new = min(max(new, q.S32_MIN), q.S32_MAX)
        return self.constant(stage.threshold_off + 4 * at, [new], "<i4")

    def negate(self):
        stage = self.cmd.stage
        if not stage.flags & q.NEGATE:
            return False
        return self.constant(stage.negate_off + self.entry(),
                             [self.rng.choice([0, 1, 2, 128, 255])], np.uint8)

    def bias(self):
        """A bias that is the largest allowed, or one more."""
        cmd = self.cmd
        if cmd.opcode not in q.CONVOLUTIONS or cmd.body.bias_off == q.NO_CONST:
            return False
        _, _, books = q.conv_shape(cmd)
        if books:
            bits = q.weight_bits(cmd.body.weight_type)
            book = np.frombuffer(self.consts, np.int8, books << bits,
                                 cmd.body.codebook_off)
            weight = int(np.abs(book.astype(int)).max())
        else:
            weight = generate.magnitude(cmd.body.weight_type,
                                        cmd.body.weight_zero_point)
        source = generate.magnitude(cmd.input0.type, cmd.input0.zero_point)
        room = q.ACC_MAX - q.sum_taps(cmd) * weight * source
        new = self.rng.choice([room, room + 1, -room, -room - 1, q.S32_MIN])
        at = cmd.body.bias_off + 4 * self.rng.randrange(cmd.output.channels)
        return self.constant(at, [min(new, q.S32_MAX)], "<i4")

    def end_of_constants(self):
        """Move an array so that it ends where the constants end, or nearly."""
        cmd, body, stage = self.cmd, self.cmd.body, self.cmd.stage
        count, arrays = q.stage_entries(cmd), []
        if cmd.opcode == q.SOFTMAX:
            arrays.append((body, "table_off", 4 * q.TABLE_SIZE))
        if cmd.opcode in q.CONVOLUTIONS:
            _, row, books = q.conv_shape(cmd)
            arrays.append((body, "weight_off", row * cmd.output.channels))
            if body.bias_off != q.NO_CONST:
                arrays.append((body, "bias_off", 4 * cmd.output.channels))
            if books:
                arrays.append((body, "codebook_off",
                               books << q.weight_bits(body.weight_type)))
        if stage.kind == q.TABLE:
            tables = cmd.output.channels if stage.flags & q.TABLES else 1
            arrays.append((stage, "table_off", tables * q.TABLE_SIZE))
        if stage.kind in (q.REQUANT, q.TABLE):
            arrays.append((stage, "scale_off", 4 * count))
            if stage.rule != q.RULE_C:
                arrays.append((stage, "shift_off", count))
        if stage.kind == q.THRESHOLD:
            arrays.append((stage, "threshold_off", 4 * count * stage.levels))
            if stage.flags & q.NEGATE:
                arrays.append((stage, "negate_off", count))
        if not arrays:
            return False
        record, field, size = self.rng.choice(arrays)
        end = len(self.consts) - size + self.rng.choice([-1, 0, 0, 1, 2, 4])
        setattr(record, field, max(end, 0))
        return True

    def number(self):
        """Zero points, clamps and bases just inside and outside of the codes."""
        cmd = self.cmd
        record, field = self.rng.choice(
            [(cmd.input0, "zero_point"), (cmd.output, "zero_point")]
            + {q.REQUANT: [(cmd.stage, "clamp_min"), (cmd.stage, "clamp_max")],
               q.TABLE: [(cmd.stage, "clamp_min"), (cmd.stage, "clamp_max")],
               q.MEAN: [(cmd.stage, "clamp_min"), (cmd.stage, "clamp_max")],
               q.THRESHOLD: [(cmd.stage, "base")]}.get(cmd.stage.kind, []))
        if cmd.opcode in q.CONVOLUTIONS and self.rng.random() < 0.3:
            record, field = cmd.body, "weight_zero_point"
        if field == "base":
            _, low, high = q.ELEMENTS[cmd.output.type]
            last = high - cmd.stage.levels
            cmd.stage.base = self.rng.choice([low - 1, low, last, last + 1])
            return
        setattr(record, field, self.rng.choice([
            -129, -128, -9, -8, -3, -2, -1, 0, 1, 2, 3, 4, 7, 8, 15, 16, 127, 128,
            255, 256]))

    def books(self):
        """Code books: their place, how many channels share one, what is in them."""
        cmd, body = self.cmd, self.cmd.body
        if cmd.opcode not in q.CONVOLUTIONS:
            return False
        if body.weight_type not in q.CODE_BOOKS:
            change = self.rng.choice([("codebook_off", 0), ("codebook_channels", 1),
                                      ("weight_type", self.rng.choice(list(q.CODE_BOOKS)))])
            setattr(body, *change)
            return True
        kind = self.rng.randrange(3)
        if kind == 0:
            body.codebook_off = q.NO_CONST
        elif kind == 1:
            body.codebook_channels = self.rng.choice(
                [0, 1, cmd.output.channels, cmd.output.channels + 1])
        else:
            body.weight_type = self.rng.choice([*q.CODE_BOOKS, 16, 22, *q.ELEMENTS])
        return True

    def grouping(self):
        """Other numbers of groups and of output channels."""
        cmd = self.cmd
        if cmd.opcode not in q.CONVOLUTIONS:
            return False
        if self.rng.random() < 0.3:
            cmd.body.groups = math.gcd(cmd.input0.channels, cmd.output.channels)
        elif self.rng.random() < 0.5:
            cmd.body.groups = self.rng.choice([0, 1, 2, 3, cmd.input0.channels,
                                               cmd.output.channels, 65535])
        else:
            cmd.output.channels = self.rng.choice([1, cmd.input0.channels,
                                                   max(cmd.output.channels - 1, 1)])
        return True

    def mutate(self):
        """The image, changed once, and the bytes of the regions that it declares."""
        kinds = [self.any_field, self.body_field, self.body_field, self.stage_field,
                 self.stage_field, self.tensor_field, self.tensor_field, self.opcode,
                 self.reserved, self.tail, self.padding, self.header, self.region,
                 self.region_size, self.access, self.unused_region, self.overlap,
                 self.overlap, self.onto, self.scale, self.shift, self.threshold,
                 self.negate, self.bias, self.end_of_constants, self.end_of_constants,
                 self.smaller, self.smaller, self.counts, self.retype, self.retype,
                 self.operands, self.operands, self.grouping,
                 self.number, self.number, self.books, self.grouping, self.broadcast,
                 self.output_size, self.output_size, self.copying, self.copying,
                 self.copying, self.swapped, self.tables, self.tables,
                 self.exponentials, self.exponentials]
        while self.rng.choice(kinds)() is False:
            pass
        image = self.program.pack()
        size = self.rng.random()
        if size < 0.02:
            image = image[:self.rng.randrange(len(image))]
        elif size < 0.04:
            image += bytes(self.rng.choice([1, 64]))
        return image, self.resized()

    def resized(self):
        """Bytes for each region; none if that would be too much."""
        sizes = [region.size for region in self.program.regions]
        if sum(sizes) > 1 << 20 or len(sizes) > q.MAX_REGIONS:
            return []
        return [data[:size].ljust(size, b"\0")
                for size, data in zip(sizes, self.regions)]


DIMS = (1, 2, 255, 256, 4095, 4096, 16384, 32768, 65534, 65535)


def huge_shape(rng):
    """Dimensions of about as many bytes as a region can have."""
    height, width = rng.choice(DIMS), rng.choice(DIMS)
    room = max((1 << 32) // (height * width), 1)
    channels = rng.choice([1, 4, 8, room // 4, room // 2, room, room * 2, 65535])
    return [height, width, min(max(channels, 1), 65535)]


def huge_tensor(region, shape, kind):
    tensor = q.Tensor(height=shape[0], width=shape[1], channels=shape[2], type=kind,
                      region=region)
    tensor.pixel_stride = tensor.pixel_bytes()
    tensor.row_stride = min(tensor.width * tensor.pixel_stride, 0xFFFFFFFF)
    return tensor


def huge_pool(rng, shape):
    """Padding makes windows that are as large as the input."""
    body, out = q.Pool(stride_h=1, stride_w=1), list(shape)
    body.kernel_h, body.kernel_w = (rng.choice([1, 2, size // 2 + 1, size])
                                    for size in shape[:2])
    if rng.random() < 0.7:
        body.pad_top = body.pad_bottom = body.kernel_h - 1
        body.pad_left = body.pad_right = body.kernel_w - 1
    out[0] = min(out[0] + 2 * body.pad_top - body.kernel_h + 1, 65535)
    out[1] = min(out[1] + 2 * body.pad_left - body.kernel_w + 1, 65535)
    return body, out


def huge_copy(rng):
    """A little or nothing, repeated over an output of any size."""
    body, out = q.Copy(), huge_shape(rng)
    for axis in range(3):
        body.set_axis(axis, rng.choice([-q.MAX_COPY, 0, q.MAX_COPY]),
                      rng.choice([-q.MAX_COPY, 0, 1, q.MAX_COPY]),
                      rng.choice([1, 2, q.MAX_COPY]), axis)
    body.out_first = rng.choice([0, 0, out[2] // 2, out[2] - 1])
    body.mode = rng.choice([q.PLAIN, q.PLAIN, q.DEPTH_TO_SPACE])
    if body.mode != q.PLAIN:
        body.block = rng.choice([1, 255])
    return body, out


def huge_back(rng, body, shape):
    """The output of a transposed convolution with large strides and dilations."""
    out = list(shape)
    for number, side in enumerate("hw"):
        stride, dilation = rng.choice([(1, 1), (255, 1), (255, 254), (1, 255), (12, 18)])
        kernel = 1 if shape[number] > 255 else rng.choice([1, 2, 3])
        setattr(body, f"stride_{side}", stride)
        setattr(body, f"dilation_{side}", dilation)
        setattr(body, f"kernel_{side}", kernel)
        base = (shape[number] - 1) * stride + dilation * (kernel - 1) + 1
        out[number] = min(base + rng.randrange(max(stride, dilation)), q.MAX_DIM)
    return out


def widest_sum(rng):
    """The mean of all that is there, about as much as an accumulator can hold."""
    kind, height, width = rng.choice([
        (q.U8, 32896, 256), (q.U8, 32897, 256), (q.S2, 32768, 32767),
        (q.S2, 32768, 32768), (q.B1, 65535, 32768), (q.B1, 65535, 32769)])
    body = q.Pool(kernel_h=height, kernel_w=width, stride_h=1, stride_w=1)
    return [q.Command(q.AVG_POOL, huge_tensor(0, [height, width, 1], kind), q.Tensor(),
                      huge_tensor(1, [1, 1, 1], q.S32), q.Stage(kind=q.RAW), body)]


def most_work(rng):
    """Pooling commands around the most work that can be counted."""
    shape = [32768, 32768, rng.randint(1, 8)]
    body = q.Pool(kernel_h=32768, kernel_w=32768, stride_h=1, stride_w=1,
                  pad_top=32767, pad_left=32767, pad_bottom=32767, pad_right=32767)
    cmd = q.Command(q.MAX_POOL, huge_tensor(0, shape, q.B1), q.Tensor(),
                    huge_tensor(1, [65535, 65535, shape[2]], q.B1), q.Stage(), body)
    return [cmd] * rng.choice([1, 8, 9, 16, 17, 18])


def huge(seed, case):
    """Commands of the largest sizes, to be validated and counted only."""
    rng = generate.Generator(seed, f"huge {case}").rng
    commands = []
    if rng.random() < 0.4:
        commands = rng.choice([most_work, widest_sum])(rng)
    for _ in range(0 if commands else rng.choice([1, 1, 2, 40])):
        shape = huge_shape(rng)
        opcode = rng.choice([q.MAX_POOL, q.MAX_POOL, q.AVG_POOL, q.ADD, q.CONV, q.MUL,
                             q.CONV_TRANSPOSE, q.COPY, q.ARGMAX, q.SOFTMAX])
        kind = rng.choice(generate.SMALL_TYPES)
        stage, out, last = q.Stage(kind=q.RAW), shape, q.S32
        second = q.Tensor()
        if opcode == q.ADD:
            body = q.Add(rule=q.RULE_A)
            second = huge_tensor(0, shape, kind)
        elif opcode == q.MUL:
            body = q.Record()
            second = huge_tensor(0, [rng.choice([1, size]) for size in shape], kind)
        elif opcode == q.ARGMAX:
            body, out = q.Record(), [*shape[:2], 1]
        elif opcode == q.SOFTMAX:
            body, stage = q.Softmax(), q.Stage()
            kind = last = rng.choice([q.S8, q.U8])
        elif opcode == q.COPY:
            body, out = huge_copy(rng)
            kind = rng.choice([*generate.SMALL_TYPES, q.S32])
            if rng.random() < 0.5:
                stage, last = q.Stage(), kind
        elif opcode in (q.CONV, q.CONV_TRANSPOSE):
            body = q.Conv(kernel_h=1, kernel_w=1, stride_h=1, stride_w=1, dilation_h=1,
                          dilation_w=1, groups=shape[2], weight_type=q.B1,
                          bias_off=q.NO_CONST, codebook_off=q.NO_CONST)
            if opcode == q.CONV_TRANSPOSE:
                out = huge_back(rng, body, shape)
        else:
            if opcode == q.MAX_POOL:
                kind = last = rng.choice([q.B1, q.B1, kind])
                stage = q.Stage()
            body, out = huge_pool(rng, shape)
        commands.append(q.Command(opcode, huge_tensor(0, shape, kind), second,
                                  huge_tensor(1, out, last), stage, body))
        if rng.random() < 0.3:
            commands = (commands * rng.choice([2, 8, 64]))[:256]
    regions = [q.Region(access=access, size=1 << 32) for access in (q.READ, q.WRITE)]
    # Enough for weights, and the first entry of a table.
    consts = bytes(65536) if any(cmd.opcode in q.CONVOLUTIONS for cmd in commands) else b""
    if any(cmd.opcode == q.SOFTMAX for cmd in commands):
        consts = struct.pack("<i", q.S32_MAX) + max(bytes(1020), consts[4:])
    return q.Program(regions, commands, consts).pack(), []
