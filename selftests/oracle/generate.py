# SPDX-License-Identifier: MIT
"""Random programs that the device must accept, and the bytes of their regions.

Commands are executed as they are generated, so that thresholds, multipliers
and clamps can be chosen where the accumulators of the command really are.
"""
import copy
import random

import numpy as np

import arena
import copies
import execute
import exptable
import qformat as q
import stages

CHANNELS = (1, 1, 2, 3, 3, 4, 5, 6, 7, 8, 8, 9, 12, 15, 16, 16, 17, 24, 31, 32, 33,
            48, 63, 64, 65, 100, 127, 128, 129, 192, 255, 256, 257)
SMALL_TYPES = (q.S8, q.U8, q.S4, q.U4, q.S2, q.U2, q.B1)
WEIGHTS = SMALL_TYPES + tuple(q.CODE_BOOKS)


class Budget:
    """How large a command may be."""

    def __init__(self, rng):
        big = rng.random() < 0.01
        self.elements = 100000 if big else 3000
        self.work = 4000000 if big else rng.choice([5000, 20000, 60000])


def magnitude(kind, zero_point):
    _, low, high = q.ELEMENTS[kind]
    return 1 if kind == q.B1 else max(zero_point - low, high - zero_point)


class Generator:
    def __init__(self, seed, case):
        self.rng = random.Random(f"{seed}/{case}")
        self.numbers = np.random.Generator(np.random.PCG64(self.rng.getrandbits(64)))
        self.arena = arena.Arena(self.rng, self.numbers)
        self.consts = arena.Constants(self.rng, self.numbers)

    def zero_point(self, kind):
        if kind in (q.B1, q.S32):
            return 0
        _, low, high = q.ELEMENTS[kind]
        return self.rng.choice([0, low, high, self.rng.randint(low, high)])

    def shape(self, budget):
        rng = self.rng
        while True:
            height, width = rng.randint(1, 8), rng.randint(1, 8)
            if rng.random() < 0.15:
                height, width = 1, rng.choice([9, 16, 31, 32, 33, 63, 64, 65, 100, 300])
            elif rng.random() < 0.1:
                height, width = rng.randint(9, 40), rng.randint(9, 40)
            if rng.random() < 0.3:
                height, width = width, height
            channels = rng.choice(CHANNELS)
            if rng.random() < 0.02:
                height, width, channels = 1, 1, rng.choice([1000, 2049, 4096, 65535])
                return height, width, channels
            if height * width * channels <= budget.elements:
                return height, width, channels

    def tensor(self, shape, kind):
        return q.Tensor(height=shape[0], width=shape[1], channels=shape[2], type=kind,
                        zero_point=self.zero_point(kind))

    def view(self, tensor):
        """Part of a tensor that exists: a window, every nth row, some channels."""
        rng, view = self.rng, copy.copy(tensor)
        view.zero_point = self.zero_point(view.type)
        bits = q.ELEMENTS[view.type][0]
        if rng.random() < 0.3:
            top, left = rng.randrange(view.height), rng.randrange(view.width)
            view.height, view.width = view.height - top, view.width - left
            view.offset += top * view.row_stride + left * view.pixel_stride
        if rng.random() < 0.1:
            step = rng.choice([2, 3])
            view.row_stride *= step
            view.height = (view.height - 1) // step + 1
        if rng.random() < 0.3:
            unit = max(8 // bits, 1)
            start = rng.randrange(0, view.channels, unit)
            view.channels = rng.randint(1, view.channels - start)
            view.offset += start * bits // 8
        elif rng.random() < 0.1 and view.type != q.S32:
            # The same bytes as something else.
            view.type = rng.choice(SMALL_TYPES)
            bits = q.ELEMENTS[view.type][0]
            view.channels = min(tensor.pixel_bytes() * 8 // bits, q.MAX_DIM)
            view.zero_point = self.zero_point(view.type)
        return view

    def input(self, budget, kinds, one_pixel=False):
        """A tensor to read: a view of one that exists, or one not placed yet."""
        rng = self.rng
        if self.arena.tensors and rng.random() < 0.65:
            view = self.view(rng.choice(self.arena.tensors[-6:]))
            if one_pixel:
                flat = (view.row_stride == view.width * view.pixel_stride
                        and view.channels * q.ELEMENTS[view.type][0]
                        == view.pixel_stride * 8)
                if flat:
                    view.channels *= view.height * view.width
                view.height = view.width = 1
                view.pixel_stride = max(view.pixel_stride, view.pixel_bytes())
                view.row_stride = max(view.row_stride, view.pixel_stride)
            if (view.type in kinds and view.elements() <= budget.elements
                    and view.channels <= q.MAX_DIM):
                return view, True
        shape = self.shape(budget)
        if one_pixel:
            shape = (1, 1, shape[2] if rng.random() < 0.5
                     else rng.randint(1, min(budget.elements, 2000)))
        return self.tensor(shape, rng.choice(kinds)), False

    def axis(self, size, limit):
        """kernel, stride, dilation, pads and number of outputs of an axis."""
        rng = self.rng
        while True:
            kernel = rng.choice([1, 1, 2, 3, 3, 4, 5, 7, size, size + 1])
            if rng.random() < 0.02:
                kernel = rng.randint(1, 255)
            dilation = rng.choice([1, 1, 1, 2, 3, 5])
            if rng.random() < 0.02:
                dilation = rng.randint(1, 255)
            kernel = min(kernel, limit)
            if limit == q.MAX_DIM:
                dilation = min(dilation, size)
            span = dilation * (kernel - 1) + 1
            pads = [0, 0]
            if rng.random() < 0.6:
                top = min(span - 1, limit)
                pads = [min(rng.choice([0, 1, 2, 3, top, rng.randint(0, top)]), top)
                        for _ in pads]
            stride = rng.choice([1, 1, 1, 2, 2, 3, 4, kernel])
            if rng.random() < 0.02:
                stride = rng.randint(1, limit)
            room = size + sum(pads) - span
            if room >= 0:
                return kernel, stride, dilation, pads, room // stride + 1

    def axis_back(self, size):
        """The same for CONV_TRANSPOSE, where pads take outputs away."""
        rng, limit = self.rng, q.MAX_CONV_KERNEL
        while True:
            kernel = rng.choice([1, 2, 2, 3, 3, 4, 4, 5, 7])
            stride = rng.choice([1, 2, 2, 2, 3, 4, 6, kernel])
            dilation = rng.choice([1, 1, 1, 2, 3, 4, 6])
            if rng.random() < 0.03:
                kernel, stride, dilation = (rng.randint(1, rng.choice([12, limit]))
                                            for _ in range(3))
            pads = [0, 0]
            if rng.random() < 0.6:
                pads = [rng.choice([0, 1, 1, 2, 3, rng.randint(0, rng.choice([9, limit]))])
                        for _ in pads]
            base = (size - 1) * stride + dilation * (kernel - 1) + 1 - sum(pads)
            most = base + max(stride, dilation) - 1
            if base >= 1 and most <= q.MAX_DIM:
                return (kernel, stride, dilation, pads,
                        rng.choice([base, base, most, rng.randint(base, most)]))

    def conv(self, opcode, budget):
        """A command that has no output stage yet, or None if it grew too big."""
        rng = self.rng
        source, placed = self.input(budget, SMALL_TYPES, opcode == q.FC)
        body = q.Conv(kernel_h=1, kernel_w=1, stride_h=1, stride_w=1, dilation_h=1,
                      dilation_w=1, groups=1, bias_off=q.NO_CONST,
                      codebook_off=q.NO_CONST, weight_type=rng.choice(WEIGHTS))
        height = width = 1
        if opcode != q.FC:
            find = (self.axis_back if opcode == q.CONV_TRANSPOSE
                    else lambda size: self.axis(size, q.MAX_CONV_KERNEL))
            (body.kernel_h, body.stride_h, body.dilation_h,
             (body.pad_top, body.pad_bottom), height) = find(source.height)
            (body.kernel_w, body.stride_w, body.dilation_w,
             (body.pad_left, body.pad_right), width) = find(source.width)
            divisors = [d for d in range(1, source.channels + 1)
                        if source.channels % d == 0]
            body.groups = rng.choice([1, 1, source.channels, rng.choice(divisors)])
        taps = body.kernel_h * body.kernel_w * (source.channels // body.groups)
        most = min(budget.elements // (height * width),
                   budget.work // (height * width * taps), q.MAX_DIM) // body.groups
        if most < 1 or height * width * taps * body.groups > budget.work * 4:
            return None
        each = rng.choice([1, 1, 2, 3, 4, 15, 16, 17, 31, 32, 33, most,
                           rng.randint(1, most)])
        channels = body.groups * min(each, most)
        out = q.Tensor(height=height, width=width, channels=channels)
        cmd = q.Command(opcode, source, q.Tensor(), out, q.Stage(), body)
        bound = self.weights(cmd)
        if bound is None:
            return None
        self.bias(cmd, q.ACC_MAX - bound)
        if not placed:
            self.arena.place(source)
        return cmd

    def large(self, opcode):
        """Weights and input around the 128 KiB that the cost depends on."""
        rng = self.rng
        source = self.tensor((rng.choice([32, 32, 33]), 64, 64), rng.choice(SMALL_TYPES[:2]))
        step = rng.choice([20, 32])
        body = q.Conv(kernel_h=1, kernel_w=1, stride_h=step, stride_w=step, dilation_h=1,
                      dilation_w=1, groups=1, bias_off=q.NO_CONST,
                      codebook_off=q.NO_CONST, weight_type=rng.choice([q.S8, q.U8, q.U4]))
        channels = rng.choice([2047, 2048, 2049, 4096, 4097])
        if rng.random() < 0.3:
            source.height = source.width = 1
        out = q.Tensor(height=(source.height - 1) // step + 1,
                       width=(source.width - 1) // step + 1, channels=channels)
        if opcode == q.CONV_TRANSPOSE:
            # Stride 1, and pads that leave as many pixels.
            body.stride_h = body.stride_w = 1
            body.pad_top = rng.randint(0, source.height - out.height)
            body.pad_bottom = source.height - out.height - body.pad_top
            body.pad_left = rng.randint(0, source.width - out.width)
            body.pad_right = source.width - out.width - body.pad_left
        cmd = q.Command(opcode, source, q.Tensor(), out, q.Stage(), body)
        self.bias(cmd, q.ACC_MAX - self.weights(cmd))
        self.arena.place(source)
        return cmd

    def weights(self, cmd):
        """Constants of a convolution; what its accumulator can be without bias."""
        rng, body, channels = self.rng, cmd.body, cmd.output.channels
        if body.weight_type in q.CODE_BOOKS and rng.random() < 0.5:
            body.codebook_channels = rng.randint(1, channels)
        _, row, books = q.conv_shape(cmd)
        if books:
            entries = books << q.weight_bits(body.weight_type)
            data = arena.fill(rng, self.numbers, entries)
            largest = int(np.abs(np.frombuffer(data, np.int8).astype(int)).max())
            body.codebook_off = self.consts.add(data)
        else:
            if body.weight_type != q.B1:
                body.weight_zero_point = self.zero_point(body.weight_type)
            largest = magnitude(body.weight_type, body.weight_zero_point)
        bound = q.sum_taps(cmd) * largest * magnitude(cmd.input0.type, cmd.input0.zero_point)
        if bound > q.ACC_MAX:
            return None
        body.weight_off = self.consts.add(arena.fill(rng, self.numbers, row * channels))
        return bound

    def bias(self, cmd, room):
        """Without, small, or as large as the accumulator allows."""
        kind = self.rng.choice(["none", "small", "medium", "limit", "limits"])
        channels = cmd.output.channels
        if kind == "none":
            return
        if kind == "limits":
            bias = self.numbers.choice([-room, room, 0], channels)
        else:
            top = {"small": 20, "medium": 1 << self.rng.randrange(31),
                   "limit": room}[kind]
            top = min(top, room)
            bias = self.numbers.integers(-top, top + 1, channels)
        cmd.body.bias_off = self.consts.words(bias)

    def pool(self, opcode, budget):
        source, placed = self.input(budget, SMALL_TYPES)
        body = q.Pool()
        (body.kernel_h, body.stride_h, dilation_h, (body.pad_top, body.pad_bottom),
         height) = self.axis(source.height, q.MAX_DIM)
        (body.kernel_w, body.stride_w, dilation_w, (body.pad_left, body.pad_right),
         width) = self.axis(source.width, q.MAX_DIM)
        body.gap_h, body.gap_w = dilation_h - 1, dilation_w - 1
        if self.rng.random() < 0.15:
            body = q.Pool(kernel_h=source.height, kernel_w=source.width, stride_h=1,
                          stride_w=1)
            height = width = 1
        elements = height * width * source.channels
        if (elements > budget.elements
                or elements * body.kernel_h * body.kernel_w > budget.work * 4):
            return None
        out = q.Tensor(height=height, width=width, channels=source.channels)
        if opcode == q.MAX_POOL:
            out.type, out.zero_point = source.type, source.zero_point
        if not placed:
            self.arena.place(source)
        return q.Command(opcode, source, q.Tensor(), out, q.Stage(), body)

    def operands(self, budget):
        """Two tensors, of which the second is broadcast perhaps, and an output."""
        rng = self.rng
        kinds = SMALL_TYPES + (q.S32, q.S32)
        first, placed = self.input(budget, kinds)
        shape = (first.height, first.width, first.channels)
        if not placed:
            self.arena.place(first)
        same = [t for t in self.arena.tensors
                if all(size in (1, full) for size, full in zip(
                    (t.height, t.width, t.channels), shape))]
        if same and rng.random() < 0.5:
            second = copy.copy(rng.choice(same))
            second.zero_point = self.zero_point(second.type)
        else:
            small = shape
            if rng.random() < 0.5:
                small = rng.choice([(1, 1, shape[2]), (1, 1, 1), [
                    rng.choice([1, size]) for size in shape]])
            second = self.tensor(small, rng.choice(kinds))
            self.arena.place(second)
        return first, second, q.Tensor(height=shape[0], width=shape[1], channels=shape[2])

    def mul(self, budget):
        first, second, out = self.operands(budget)
        return q.Command(q.MUL, first, second, out, q.Stage(), q.Record())

    def argmax(self, budget):
        source, placed = self.input(budget, SMALL_TYPES + (q.S32,))
        if not placed:
            self.arena.place(source)
        out = q.Tensor(height=source.height, width=source.width, channels=1)
        return q.Command(q.ARGMAX, source, q.Tensor(), out, q.Stage(), q.Record())

    def softmax(self, budget):
        source, placed = self.input(budget, (q.S8, q.U8))
        if not placed:
            self.arena.place(source)
        out = self.tensor((source.height, source.width, source.channels),
                          self.rng.choice([q.S8, q.U8]))
        body = q.Softmax(table_off=self.consts.words(self.exps()))
        return q.Command(q.SOFTMAX, source, q.Tensor(), out, q.Stage(), body)

    def exps(self):
        """That of a network, or any other that is allowed."""
        rng, numbers = self.rng, self.numbers
        kind = rng.random()
        if kind < 0.6:
            return exptable.table(1.0, 2.0 ** rng.uniform(-12, 3))
        exps = np.full(q.TABLE_SIZE, rng.choice([0, 1, 2047, 2048, q.S32_MAX]))
        if kind < 0.9:
            exps = numbers.integers(0, 1 << 31, q.TABLE_SIZE) >> rng.randrange(31)
        exps[0] = q.S32_MAX
        return exps

    def copy(self, budget):
        source, placed = self.input(budget, SMALL_TYPES + (q.S32,))
        if not placed:
            self.arena.place(source)
        cmd = copies.choose(self, source, budget)
        if cmd and cmd.output.elements() > budget.elements * 2:
            return None
        return cmd

    def add(self, budget):
        rng = self.rng
        first, second, out = self.operands(budget)
        body = q.Add(left_shift=rng.choice([0, 0, 1, 7, 20, rng.randrange(21)]),
                     rule=rng.choice([q.RULE_A, q.RULE_B]))
        for i, tensor in enumerate((first, second)):
            width = q.ELEMENTS[tensor.type][0] + body.left_shift
            multiplier, shift = stages.multiplier(rng, 2.0 ** (
                rng.uniform(2, 33) - min(width, 31)))
            sign = rng.choice([1, 1, -1])
            setattr(body, f"multiplier{i}", sign * int(multiplier))
            setattr(body, f"shift{i}", shift)
        return q.Command(q.ADD, first, second, out, q.Stage(), body)

    def place_output(self, cmd):
        """Somewhere that does not meet the inputs; perhaps onto one, if allowed."""
        out = cmd.output
        if (cmd.opcode in (q.ADD, q.MUL) or q.copied_in_place(cmd)) and (
                self.rng.random() < 0.3):
            onto = self.rng.choice(cmd.inputs())
            for field in ("region", "offset", "row_stride", "pixel_stride"):
                setattr(out, field, getattr(onto, field))
            if q.same_memory(onto, out) and all(
                    q.same_memory(other, out) or not arena.meets(out, other)
                    for other in cmd.inputs()):
                self.arena.occupy(out)
                return
        if cmd.opcode == q.COPY and self.joined(cmd):
            return
        self.arena.place(out, cmd.inputs())

    def joined(self, cmd):
        """Behind the channels of a tensor that exists, if there is room for them."""
        out, first = cmd.output, cmd.body.out_first
        for other in self.arena.tensors[-6:] if first else ():
            if (other.type == out.type and other.channels == first
                    and (other.height, other.width) == (out.height, out.width)
                    and other.pixel_stride >= out.pixel_bytes()):
                for field in ("region", "offset", "row_stride", "pixel_stride"):
                    setattr(out, field, getattr(other, field))
                end = len(self.arena.memory[out.region])
                if out.hull()[1] <= end and not arena.meets(out, cmd.input0):
                    self.arena.occupy(out)
                    return True
        return False

    def command(self):
        rng = self.rng
        budget = Budget(rng)
        opcode = rng.choice([q.CONV] * 5 + [
            q.FC, q.MAX_POOL, q.AVG_POOL, q.ADD, q.MUL, q.ARGMAX, q.SOFTMAX]
            + [q.CONV_TRANSPOSE] * 6 + [q.COPY] * 4)
        if opcode in (q.CONV, q.CONV_TRANSPOSE) and rng.random() < 0.005:
            cmd = self.large(opcode)
        elif opcode in q.CONVOLUTIONS:
            cmd = self.conv(opcode, budget)
        elif opcode in (q.ADD, q.MUL, q.ARGMAX, q.COPY, q.SOFTMAX):
            cmd = {q.ADD: self.add, q.MUL: self.mul, q.ARGMAX: self.argmax,
                   q.COPY: self.copy, q.SOFTMAX: self.softmax}[opcode](budget)
        else:
            cmd = self.pool(opcode, budget)
        if cmd is None:
            return None
        memory = self.arena.memory
        if cmd.output.type:
            self.place_output(cmd)
            execute.run_command(cmd, memory, bytes(self.consts.data))
            return cmd
        acc = execute.accumulate(cmd, memory, bytes(self.consts.data))
        assert abs(acc).max() <= q.ACC_MAX
        stages.choose(self, cmd, acc)
        result = execute.finish(acc, cmd, bytes(self.consts.data))
        self.place_output(cmd)
        execute.write_result(cmd, memory, result)
        return cmd

    def program(self, count=None):
        """A program and the bytes of its regions before it runs."""
        commands, count = [], count or self.rng.randint(1, 8)
        while len(commands) < count:
            cmd = self.command()
            if cmd:
                cmd.input0 = copy.copy(cmd.input0)
                cmd.input1 = copy.copy(cmd.input1)
                cmd.output = copy.copy(cmd.output)
                commands.append(cmd)
        regions, data = self.arena.finish(commands)
        return q.Program(regions, commands, self.consts.finish()), data
