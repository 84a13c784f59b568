# SPDX-License-Identifier: MIT
"""Cases for run_programs, and what it says of them."""
import struct
import subprocess

CASE_MAGIC = 0x45534143


class Broken(Exception):
    """run_programs ended before it was through; done has what it said."""

    def __init__(self, text, done):
        super().__init__(text)
        self.done = done


def pack_case(image, regions):
    """A case; without regions it is only validated."""
    return b"".join([struct.pack("<4I", CASE_MAGIC, len(image), len(regions), 0),
                     *(struct.pack("<Q", len(r)) for r in regions),
                     image, *regions])


def unpack_case(data):
    magic, size, count, _ = struct.unpack_from("<4I", data)
    if magic != CASE_MAGIC:
        raise ValueError("not a case")
    sizes = struct.unpack_from(f"<{count}Q", data, 16)
    at = 16 + 8 * count
    image, at = data[at:at + size], at + size
    regions = []
    for length in sizes:
        regions.append(data[at:at + length])
        at += length
    return image, regions


class Answer:
    """What the device said of a case."""

    def __init__(self):
        self.rule = self.cmd = 0
        self.field, self.value, self.limit = "", 0, 0
        self.total = self.done = None
        self.costs, self.records, self.regions = [], [], None


class Reader:
    def __init__(self, data, cases):
        self.data, self.cases, self.at = data, cases, 0

    def take(self, size):
        if self.at + size > len(self.data):
            raise EOFError
        self.at += size
        return self.data[self.at - size:self.at]

    def numbers(self, layout):
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def counters(self, count):
        return [self.numbers("<4Q") for _ in range(count)]

    def answer(self, case):
        answer = Answer()
        answer.rule, answer.cmd, commands, regions = self.numbers("<4I")
        if answer.rule:
            answer.value, answer.limit, size = self.numbers("<2qQ")
            answer.field = self.take(size).decode("ascii")
            return answer
        answer.total = self.counters(1)[0]
        answer.costs = self.counters(commands)
        if regions:
            answer.done = self.counters(1)[0]
            answer.records = self.counters(commands)
            answer.regions = [self.take(len(r)) for r in case[1]]
        return answer


def run(program, cases, seconds=300):
    """The answers to a list of (image, regions)."""
    sent = b"".join(pack_case(*case) for case in cases)
    done = subprocess.run([program], input=sent, capture_output=True, check=False,
                          timeout=seconds)
    reader, answers = Reader(done.stdout, cases), []
    try:
        for case in cases:
            answers.append(reader.answer(case))
    except EOFError:
        raise Broken(f"status {done.returncode}\n{done.stderr.decode()}",
                     answers) from None
    if done.returncode:
        raise Broken(f"status {done.returncode}\n{done.stderr.decode()}",
                     answers[:-1])
    return answers
