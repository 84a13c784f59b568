# SPDX-License-Identifier: MIT
"""The memory of a program that is being generated: regions and constants."""
import numpy as np

import qformat as q

FILLS = ("random", "random", "random", "zero", "ones", "lowest", "highest",
         "alternate", "sparse", "small", "words", "wide")
BYTES = {
    "zero": [0], "ones": [0xFF], "lowest": [0x80, 0x88, 0xAA],
    "highest": [0x7F, 0x77, 0x55], "alternate": [0x7F, 0x80, 0x77, 0x88, 0x55, 0xAA],
}
WORDS = [q.S32_MIN, q.S32_MIN + 1, q.S32_MIN + 2, q.S32_MAX, q.S32_MAX - 1, 0, 1, -1]


def fill(rng, numbers, size):
    """Bytes of a kind that is chosen at random."""
    kind = rng.choice(FILLS)
    if kind in BYTES:
        values = BYTES[kind]
        if kind != "alternate" and rng.random() < 0.5:
            values = [rng.choice(values)]
        return np.array(values, np.uint8)[numbers.integers(0, len(values), size)].tobytes()
    if kind == "small":
        return numbers.integers(-2, 3, size).astype(np.int8).tobytes()
    if kind in ("words", "wide"):
        count = size // 4 + 1
        words = numbers.integers(-1 << 31, 1 << 31, count) >> rng.randrange(31)
        if kind == "words":
            words = np.array(WORDS)[numbers.integers(0, len(WORDS), count)]
        return words.astype("<i4").tobytes()[:size]
    data = np.frombuffer(numbers.bytes(size), np.uint8)
    if kind == "sparse":
        data = data * (numbers.random(size) < 0.1)
    return data.astype(np.uint8).tobytes()


class Constants:
    """Arrays in any order, with gaps of garbage, and sometimes shared."""

    def __init__(self, rng, numbers):
        self.rng, self.numbers, self.data = rng, numbers, bytearray()

    def gap(self, size):
        self.data += self.numbers.bytes(size)

    def add(self, data, align=1):
        data = bytes(data)
        if self.rng.random() < 0.3:
            at = self.data.find(data)
            if at >= 0 and at % align == 0:
                return at
        if self.rng.random() < 0.2:
            self.gap(self.rng.randrange(9))
        self.gap(-len(self.data) % align)
        self.data += data
        return len(self.data) - len(data)

    def words(self, values):
        return self.add(np.asarray(values).astype("<i4").tobytes(), 4)

    def finish(self):
        """Padded to a multiple of 64, with more behind it now and then."""
        if self.rng.random() < 0.05:
            self.gap(64)
        pad = -len(self.data) % 64
        self.data += bytes(pad) if self.rng.random() < 0.5 else self.numbers.bytes(pad)
        return bytes(self.data)


def strided(rng, tensor):
    """Give a tensor strides, often larger than necessary."""
    unit = 4 if tensor.type == q.S32 else 1
    tensor.pixel_stride = tensor.pixel_bytes()
    if rng.random() < 0.4:
        tensor.pixel_stride += unit * rng.choice([1, 2, 3, 4, 7, 16])
    tensor.row_stride = tensor.width * tensor.pixel_stride
    if rng.random() < 0.3:
        tensor.row_stride += unit * rng.choice([1, 2, 3, 5, 8, 64])


def meets(a, b):
    """Do the hulls of two tensors overlap?"""
    first, second = a.hull(), b.hull()
    return a.region == b.region and first[0] < second[1] and second[0] < first[1]


class Arena:
    """Regions that grow while tensors are placed in them."""

    def __init__(self, rng, numbers):
        self.rng, self.numbers = rng, numbers
        self.memory = []  # as the commands leave it
        self.initial = []  # before the first of them
        self.tensors = []  # that were placed
        self.limit = rng.choice([1, 2, 3, 3, 4, 5, 8, q.MAX_REGIONS])

    def grow(self, region, size):
        more = size - len(self.memory[region])
        if more > 0:
            data = fill(self.rng, self.numbers, more)
            self.memory[region] += data
            self.initial[region] += data

    def some_region(self):
        """A region, perhaps a new one that is still empty."""
        if not self.memory or (len(self.memory) < self.limit and self.rng.random() < 0.5):
            self.memory.append(bytearray())
            self.initial.append(bytearray())
            return len(self.memory) - 1
        return self.rng.randrange(len(self.memory))

    def like(self, tensor, other):
        """Place a tensor in the gaps between the pixels of another one."""
        start = other.pixel_bytes()
        if (other.pixel_stride < start + tensor.pixel_bytes()
                or other.row_stride < tensor.width * other.pixel_stride):
            return False
        tensor.region, tensor.offset = other.region, other.offset + start
        tensor.row_stride = other.row_stride
        tensor.pixel_stride = other.pixel_stride
        return tensor.type != q.S32 or (tensor.offset | tensor.row_stride
                                        | tensor.pixel_stride) % 4 == 0

    def place(self, tensor, avoid=()):
        """Find memory for a tensor that does not meet those of `avoid`."""
        rng = self.rng
        for _ in range(4):
            if self.tensors and rng.random() < 0.4:
                if not self.like(tensor, rng.choice(self.tensors)):
                    continue
            else:
                strided(rng, tensor)
                tensor.region = self.some_region()
                end = len(self.memory[tensor.region])
                tensor.offset = end
                if rng.random() < 0.4:
                    tensor.offset = rng.randrange(end + 1)
                elif rng.random() < 0.5:
                    tensor.offset += rng.choice([1, 2, 3, 4, 7, 64])
                if tensor.type == q.S32:
                    tensor.offset += -tensor.offset % 4
            if not any(meets(tensor, other) for other in avoid):
                break
        else:
            strided(rng, tensor)
            tensor.region = self.some_region()
            tensor.offset = len(self.memory[tensor.region])
            tensor.offset += -tensor.offset % 64
        self.occupy(tensor)

    def occupy(self, tensor):
        """From here on the tensor can be used."""
        self.grow(tensor.region, tensor.hull()[1])
        self.tensors.append(tensor)

    def finish(self, commands):
        """Records and initial bytes of the regions; those not used are dropped."""
        access = [0] * len(self.memory)
        for cmd in commands:
            for tensor in cmd.inputs():
                access[tensor.region] |= q.READ
            access[cmd.output.region] |= q.WRITE
        number = {}
        for region in self.rng.sample(range(len(access)), len(access)):
            if access[region]:
                number[region] = len(number)
        # A tensor can belong to several commands.
        tensors = {id(t): t for cmd in commands for t in [*cmd.inputs(), cmd.output]}
        for tensor in tensors.values():
            tensor.region = number[tensor.region]
        for region in number:
            if self.rng.random() < 0.3:
                self.grow(region, len(self.memory[region]) + self.rng.randrange(1, 80))
        return ([q.Region(access=access[r], size=len(self.initial[r])) for r in number],
                [bytes(self.initial[r]) for r in number])
