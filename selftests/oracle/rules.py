# SPDX-License-Identifier: MIT
"""What Documentation/device.rst says is refused.

violations() finds all that is wrong with an image. The device names one of
them; it accepts exactly the images that have none.
"""
import numpy as np

import cost
import execute
import qformat as q

(OK, SIZE, MAGIC, VERSION, RESERVED, COUNT, OPCODE, TYPE, SHAPE, STRIDE, BOUNDS,
 REGION, ACCESS, ALIGN, OVERLAP, KERNEL, GROUPS, CONST, ZERO_POINT, ACCUMULATOR,
 STAGE, SCALE, CLAMP, THRESHOLD, CODEBOOK, LIMIT, INTERRUPTED, TABLE, COPY) = range(29)
NAMES = ("OK SIZE MAGIC VERSION RESERVED COUNT OPCODE TYPE SHAPE STRIDE BOUNDS "
         "REGION ACCESS ALIGN OVERLAP KERNEL GROUPS CONST ZERO_POINT ACCUMULATOR "
         "STAGE SCALE CLAMP THRESHOLD CODEBOOK LIMIT INTERRUPTED TABLE "
         "COPY").split()


class Checker:
    def __init__(self, program):
        self.program = program
        self.found = set()
        self.at = q.NO_CMD

    def need(self, good, rule):
        """Without `good` the image breaks a rule."""
        if not good:
            self.found.add((rule, self.at))
        return good

    def zero(self, record, *fields):
        for field in fields:
            self.need(getattr(record, field) == 0, RESERVED)

    def all(self):
        program = self.program
        self.zero(program.header, *(f"reserved{i}" for i in range(10)))
        self.need(not any(program.padding), RESERVED)
        used = [0] * len(program.regions)
        for at, cmd in enumerate(program.commands):
            self.at = at
            self.command(cmd)
            tensors = [(t, q.READ) for t in cmd.inputs()] + [(cmd.output, q.WRITE)]
            for tensor, access in tensors:
                if tensor.region < len(used):
                    used[tensor.region] |= access
        self.at = q.NO_CMD
        for region, access in zip(program.regions, used):
            self.zero(region, "reserved")
            self.need(1 <= region.size <= q.MAX_REGION_SIZE, REGION)
            self.need(region.access == access, ACCESS)
            self.need(access, REGION)
        if not self.found:
            self.limits()
        return self.found

    def limits(self):
        costs = [cost.command(cmd) for cmd in self.program.commands]
        work = max([c.output.elements() * c.body.kernel_h * c.body.kernel_w
                    for c in self.program.commands
                    if c.opcode in (q.MAX_POOL, q.AVG_POOL)], default=0)
        if work >= 1 << 64 or max(sum(c) for c in zip(*costs)) > 1 << 62:
            places = [q.NO_CMD, *range(len(costs))]
            self.found |= {(LIMIT, at) for at in places}

    def command(self, cmd):
        if not self.need(cmd.opcode in q.OPCODES, OPCODE):
            return
        self.zero(cmd, "reserved0", "reserved1")
        self.need(not any(cmd.tail), RESERVED)
        tensors = [self.tensor(t) for t in [*cmd.inputs(), cmd.output]]
        if cmd.opcode not in (q.ADD, q.MUL):
            self.need(not any(cmd.input1.pack()), RESERVED)
        typed = all(t.type in q.ELEMENTS for t in [*cmd.inputs(), cmd.output])
        if all(tensors):
            self.overlap(cmd)
        check = {q.CONV: self.conv, q.FC: self.conv, q.CONV_TRANSPOSE: self.conv,
                 q.ADD: self.add, q.MUL: self.broadcast, q.COPY: self.copy,
                 q.ARGMAX: self.argmax, q.SOFTMAX: self.softmax}
        if typed:
            check.get(cmd.opcode, self.pool)(cmd)
        self.stage(cmd)

    def tensor(self, t):
        """True if its hull can be computed."""
        self.zero(t, "reserved")
        region = self.need(t.region < len(self.program.regions), REGION)
        shape = self.need(min(t.height, t.width, t.channels) > 0, SHAPE)
        if not self.need(t.type in q.ELEMENTS, TYPE):
            return False
        _, low, high = q.ELEMENTS[t.type]
        if t.type in (q.B1, q.S32):
            low = high = 0
        self.need(low <= t.zero_point <= high, ZERO_POINT)
        if t.type == q.S32:
            self.need(t.offset % 4 == 0, ALIGN)
            self.need(t.row_stride % 4 == 0 and t.pixel_stride % 4 == 0, STRIDE)
        if not shape:
            return False
        self.need(t.pixel_stride >= t.pixel_bytes(), STRIDE)
        self.need(t.row_stride >= t.width * t.pixel_stride, STRIDE)
        if region:
            self.need(t.hull()[1] <= self.program.regions[t.region].size, BOUNDS)
        return region

    def overlap(self, cmd):
        out = cmd.output
        for t in cmd.inputs():
            if t.region != out.region:
                continue
            allowed = cmd.opcode in (q.ADD, q.MUL) or q.copied_in_place(cmd)
            if allowed and q.same_memory(t, out):
                continue
            a, b = t.hull(), out.hull()
            self.need(a[1] <= b[0] or b[1] <= a[0], OVERLAP)

    def constant(self, offset, size, align=1):
        """True if the array can be read."""
        aligned = self.need(offset % align == 0, ALIGN)
        return self.need(offset + size <= len(self.program.consts), CONST) and aligned

    def window_back(self, cmd):
        """Kernel and shape of CONV_TRANSPOSE."""
        body, good = cmd.body, True
        for axis, lead, trail in (("h", "top", "bottom"), ("w", "left", "right")):
            numbers = [getattr(body, f"{n}_{axis}") for n in
                       ("kernel", "stride", "dilation")]
            pads = [getattr(body, f"pad_{n}") for n in (lead, trail)]
            good &= self.need(min(numbers) >= 1
                              and max(numbers + pads) <= q.MAX_CONV_KERNEL, KERNEL)
            side = "height" if axis == "h" else "width"
            kernel, stride, step = numbers
            base = ((getattr(cmd.input0, side) - 1) * stride + step * (kernel - 1) + 1
                    - sum(pads))
            if self.need(base >= 1, KERNEL):
                self.need(base <= getattr(cmd.output, side) < base + max(stride, step),
                          SHAPE)
        return good

    def window(self, cmd, limit):
        body, good = cmd.body, True
        for axis, lead, trail in (("h", "top", "bottom"), ("w", "left", "right")):
            kernel, stride = (getattr(body, f"{n}_{axis}") for n in ("kernel", "stride"))
            if isinstance(body, q.Pool):
                gap = getattr(body, f"gap_{axis}")
                step = gap + 1
                self.need(gap < getattr(cmd.input0, "height" if axis == "h" else "width"),
                          KERNEL)
            else:
                step = getattr(body, f"dilation_{axis}")
            pads = [getattr(body, f"pad_{n}") for n in (lead, trail)]
            numbers = (kernel, stride, step)
            good &= self.need(min(numbers) >= 1 and max(numbers) <= limit, KERNEL)
            span = step * (kernel - 1) + 1
            self.need(max(pads) < span and max(pads) <= limit, KERNEL)
            side = "height" if axis == "h" else "width"
            room = getattr(cmd.input0, side) + sum(pads) - span
            if self.need(room >= 0, KERNEL) and stride:
                self.need(getattr(cmd.output, side) == room // stride + 1, SHAPE)
        return good

    def conv(self, cmd):
        body, source, out = cmd.body, cmd.input0, cmd.output
        if cmd.opcode == q.CONV_TRANSPOSE:
            good = self.window_back(cmd)
        else:
            good = self.window(cmd, q.MAX_CONV_KERNEL)
        self.zero(body, "reserved0")
        self.need(source.type != q.S32, TYPE)
        if cmd.opcode == q.FC:
            self.need(source.height == 1 and source.width == 1, SHAPE)
            self.need(body.kernel_h == body.kernel_w == 1 and body.stride_h == 1
                      and body.stride_w == body.dilation_h == body.dilation_w == 1,
                      KERNEL)
            self.need(body.groups == 1, GROUPS)
        good &= self.need(body.groups >= 1
                          and source.channels % max(body.groups, 1) == 0
                          and out.channels % max(body.groups, 1) == 0, GROUPS)
        books = body.weight_type in q.CODE_BOOKS
        if not self.need(books or body.weight_type in q.ELEMENTS
                         and body.weight_type != q.S32, TYPE):
            return
        if books:
            self.need(body.weight_zero_point == 0, ZERO_POINT)
            self.need(body.codebook_off != q.NO_CONST, CODEBOOK)
            self.need(body.codebook_channels <= out.channels, CODEBOOK)
        else:
            self.element_weights(body)
        if good and min(source.channels, out.channels) > 0:
            self.conv_constants(cmd)

    def element_weights(self, body):
        _, low, high = q.ELEMENTS[body.weight_type]
        if body.weight_type == q.B1:
            low = high = 0
        self.need(low <= body.weight_zero_point <= high, ZERO_POINT)
        self.need(body.codebook_off == q.NO_CONST, RESERVED)
        self.need(body.codebook_channels == 0, RESERVED)

    def conv_constants(self, cmd):
        body, channels = cmd.body, cmd.output.channels
        consts = self.program.consts
        _, row, books = q.conv_shape(cmd)
        count = q.sum_taps(cmd)
        entries = books << q.weight_bits(body.weight_type)
        readable = self.constant(body.weight_off, row * channels)
        biased = body.bias_off != q.NO_CONST
        if biased:
            readable &= self.constant(body.bias_off, 4 * channels, 4)
        if books and body.codebook_off != q.NO_CONST:
            readable &= self.constant(body.codebook_off, entries)
        if not readable or books and body.codebook_off == q.NO_CONST:
            return
        bias = 0
        if biased:
            bias = np.abs(execute.array(consts, body.bias_off, channels, "<i4")).max()
        if books:
            book = execute.array(consts, body.codebook_off, entries, np.int8)
            largest = int(np.abs(book).max())
        else:
            largest = magnitude(body.weight_type, body.weight_zero_point)
        source = magnitude(cmd.input0.type, cmd.input0.zero_point)
        self.need(count * source * largest + int(bias) <= q.ACC_MAX, ACCUMULATOR)

    def pool(self, cmd):
        body, source, out = cmd.body, cmd.input0, cmd.output
        self.window(cmd, q.MAX_DIM)
        self.need(source.type != q.S32, TYPE)
        self.need(source.channels == out.channels, SHAPE)
        if cmd.opcode == q.MAX_POOL:
            self.need(source.type == out.type, TYPE)
            self.need(source.zero_point == out.zero_point, ZERO_POINT)
        elif source.type != q.S32:
            count = min(body.kernel_h, source.height) * min(body.kernel_w, source.width)
            largest = magnitude(source.type, source.zero_point)
            self.need(count * largest <= q.ACC_MAX, ACCUMULATOR)
        self.need(body.flags & ~q.COUNT_PAD == 0, RESERVED)
        if body.flags & q.COUNT_PAD:
            self.need(cmd.opcode == q.AVG_POOL and cmd.stage.kind == q.MEAN,
                      RESERVED)

    def broadcast(self, cmd):
        first, second, out = (
            (t.height, t.width, t.channels) for t in [*cmd.inputs(), cmd.output])
        self.need(first == out, SHAPE)
        self.need(all(b in (1, a) for a, b in zip(first, second)), SHAPE)

    def argmax(self, cmd):
        source, out = cmd.input0, cmd.output
        self.need((out.height, out.width, out.channels)
                  == (source.height, source.width, 1), SHAPE)

    def softmax(self, cmd):
        source, out = cmd.input0, cmd.output
        self.need(source.type in (q.S8, q.U8), TYPE)
        self.need(out.type in (q.S8, q.U8), TYPE)
        self.need((out.height, out.width, out.channels)
                  == (source.height, source.width, source.channels), SHAPE)
        if self.constant(cmd.body.table_off, 4 * q.TABLE_SIZE, 4):
            exps = execute.array(self.program.consts, cmd.body.table_off, q.TABLE_SIZE,
                                 "<i4")
            self.need(exps[0] == q.S32_MAX and (exps >= 0).all(), TABLE)

    def copy(self, cmd):
        body, source, out = cmd.body, cmd.input0, cmd.output
        for axis in range(3):
            start, step, divisor, _ = body.axis(axis)
            self.need(abs(start) <= q.MAX_COPY and abs(step) <= q.MAX_COPY, COPY)
            self.need(1 <= divisor <= q.MAX_COPY, COPY)
        self.need(sorted(body.axis(a)[3] for a in range(3)) == [0, 1, 2], COPY)
        self.need(body.flags & ~(q.CLAMP | q.CRD) == 0, COPY)
        self.need(body.mode in (q.PLAIN, q.SPACE_TO_DEPTH, q.DEPTH_TO_SPACE), COPY)
        first = self.need(body.out_first < out.channels, COPY)
        if body.mode == q.PLAIN:
            self.need(body.block == 0, RESERVED)
            self.need(not body.flags & q.CRD, COPY)
        elif self.need(body.block >= 1, COPY) and body.mode == q.SPACE_TO_DEPTH and first:
            self.need((out.channels - body.out_first) % body.block ** 2 == 0, COPY)
        _, low, high = q.ELEMENTS[source.type]
        self.need(low <= body.fill <= high, COPY)
        if body.flags & q.CLAMP:
            self.need(body.fill == 0, RESERVED)
        if cmd.stage.kind == q.NONE:
            self.need(source.type == out.type, TYPE)
            self.need(source.zero_point == out.zero_point, ZERO_POINT)

    def add(self, cmd):
        body = cmd.body
        self.broadcast(cmd)
        self.need(min(body.multiplier0, body.multiplier1) >= -q.S32_MAX, SCALE)
        self.need(all(-31 <= s <= 30 for s in (body.shift0, body.shift1)), SCALE)
        self.need(body.left_shift <= 20, SCALE)
        self.need(body.rule in (q.RULE_A, q.RULE_B), STAGE)

    def stage(self, cmd):
        usual = (q.RAW, q.REQUANT, q.THRESHOLD, q.TABLE)
        stage, kinds = cmd.stage, {
            q.MAX_POOL: (q.NONE,), q.AVG_POOL: (*usual, q.MEAN), q.COPY: (*usual, q.NONE),
            q.SOFTMAX: (q.NONE,),
        }.get(cmd.opcode, usual)
        self.zero(stage, "reserved0", "reserved1", "reserved2")
        if not self.need(stage.kind in kinds, STAGE):
            return
        flags = {q.REQUANT: q.PER_CHANNEL, q.TABLE: q.PER_CHANNEL | q.TABLES,
                 q.THRESHOLD: q.PER_CHANNEL | q.NEGATE}.get(stage.kind, 0)
        self.need(stage.flags & ~flags == 0, STAGE)
        if stage.kind == q.RAW:
            self.need(cmd.output.type == q.S32, TYPE)
        elif stage.kind != q.NONE:
            self.need(cmd.output.type != q.S32, TYPE)
        scaled = ("rule", "scale_off", "clamp_min", "clamp_max")
        used = {q.REQUANT: scaled,
                q.TABLE: (*scaled, "table_off", "table_zero_point", "table_type"),
                q.MEAN: ("clamp_min", "clamp_max"),
                q.THRESHOLD: ("levels", "threshold_off", "base")}.get(stage.kind, ())
        if stage.kind in (q.REQUANT, q.TABLE) and stage.rule != q.RULE_C:
            used += ("shift_off",)
        if stage.flags & q.NEGATE:
            used += ("negate_off",)
        for field in ("levels", "scale_off", "shift_off", "threshold_off",
                      "negate_off", "clamp_min", "clamp_max", "base", "table_off",
                      "table_zero_point", "table_type"):
            self.need(field in used or getattr(stage, field) == 0, RESERVED)
        self.need("rule" in used or stage.rule == 0, RESERVED)
        clamped = stage.table_type if stage.kind == q.TABLE else cmd.output.type
        if "clamp_min" in used and clamped in q.ELEMENTS:
            _, low, high = q.ELEMENTS[clamped]
            self.need(low <= stage.clamp_min <= stage.clamp_max <= high, CLAMP)
        if stage.kind in (q.REQUANT, q.TABLE):
            self.requant(cmd)
        if stage.kind == q.TABLE:
            self.table(cmd)
        if stage.kind == q.THRESHOLD:
            self.thresholds(cmd)

    def requant(self, cmd):
        stage, count = cmd.stage, q.stage_entries(cmd)
        if not self.need(stage.rule in (q.RULE_A, q.RULE_B, q.RULE_C), STAGE):
            return
        consts = self.program.consts
        readable = self.constant(stage.scale_off, 4 * count, 4)
        if stage.rule == q.RULE_C:
            if readable:
                bits = execute.array(consts, stage.scale_off, count, "<u4")
                # Positive, normal, below 256: as bits, their order is the same.
                self.need(((bits >= 0x00800000) & (bits < 0x43800000)).all(), SCALE)
            return
        if readable:
            self.need((execute.array(consts, stage.scale_off, count, "<i4") >= 0).all(),
                      SCALE)
        if self.constant(stage.shift_off, count):
            shift = execute.array(consts, stage.shift_off, count, np.int8)
            self.need(((shift >= -31) & (shift <= 30)).all(), SCALE)

    def table(self, cmd):
        stage, out = cmd.stage, cmd.output
        if self.need(stage.table_type in (q.S8, q.U8), TYPE):
            _, low, high = q.ELEMENTS[stage.table_type]
            self.need(low <= stage.table_zero_point <= high, ZERO_POINT)
        size = q.TABLE_SIZE * (out.channels if stage.flags & q.TABLES else 1)
        if self.constant(stage.table_off, size) and out.type in q.ELEMENTS:
            _, low, high = q.ELEMENTS[out.type]
            codes = execute.array(self.program.consts, stage.table_off, size,
                                  np.int8 if low < 0 else np.uint8)
            self.need(((codes >= low) & (codes <= high)).all(), TABLE)

    def thresholds(self, cmd):
        stage, count = cmd.stage, q.stage_entries(cmd)
        consts, levels = self.program.consts, stage.levels
        self.need(1 <= levels <= q.MAX_LEVELS, THRESHOLD)
        if cmd.output.type in q.ELEMENTS:
            _, low, high = q.ELEMENTS[cmd.output.type]
            self.need(low <= stage.base and stage.base + levels <= high, THRESHOLD)
        if self.constant(stage.threshold_off, 4 * count * levels, 4):
            limits = execute.array(consts, stage.threshold_off, count * levels, "<i4")
            steps = np.diff(limits.reshape(count, levels))
            self.need((steps >= 0).all(), THRESHOLD)
        if stage.flags & q.NEGATE and self.constant(stage.negate_off, count):
            negate = execute.array(consts, stage.negate_off, count, np.uint8)
            self.need((negate <= 1).all(), THRESHOLD)


def magnitude(kind, zero_point):
    """Largest distance of a value from the zero point."""
    _, low, high = q.ELEMENTS[kind]
    return 1 if kind == q.B1 else max(abs(low - zero_point), abs(high - zero_point))


def header_violations(image):
    """Of the header and of the image's size; if there are any, nothing else counts."""
    found = set()
    if len(image) < q.Header.size():
        return {(SIZE, q.NO_CMD)}
    header = q.Header.unpack(image)
    regions, commands = header.region_count, header.cmd_count
    for good, rule in (
            (header.magic == q.MAGIC, MAGIC), (header.version == q.VERSION, VERSION),
            (1 <= regions <= q.MAX_REGIONS, COUNT),
            (1 <= commands <= q.MAX_COMMANDS, COUNT),
            (header.size == len(image) <= q.MAX_IMAGE, SIZE),
            (header.const_size % 64 == 0, SIZE),
            (len(image) == cost.ceil(64 + 16 * regions, 64) * 64
             + 256 * commands + header.const_size, SIZE)):
        if not good:
            found.add((rule, q.NO_CMD))
    if any(getattr(header, f"reserved{i}") for i in range(10)):
        found.add((RESERVED, q.NO_CMD))
    return found


def violations(image):
    """Set of (rule, command or NO_CMD); empty if the image is good."""
    return header_violations(image) or Checker(q.Program.unpack(image)).all()
