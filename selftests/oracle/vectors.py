#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The conformance vectors: small programs, what they read, what they must write.

`vectors.py --write` makes them with the oracle. Without it, each is compared
with the oracle and with the device (run_programs), as TAP.
"""
import argparse
import json
import os
import pathlib
import struct
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

import cost  # noqa: E402
import device  # noqa: E402
import execute  # noqa: E402
import generate  # noqa: E402
import mutate  # noqa: E402
import qformat as q  # noqa: E402
import rules  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
COUNTERS = ("cycles", "macs", "bytes_read", "bytes_written")
RULES = {q.RULE_A: "a", q.RULE_B: "b", q.RULE_C: "c"}
LARGEST = 1600


def to_lines(data):
    text = data.hex()
    return [text[i:i + 96] for i in range(0, len(text), 96)]


def from_lines(lines):
    return bytes.fromhex("".join(lines))


def described(record):
    return {name: value for name in record.FIELDS
            if (value := getattr(record, name)) or not name.startswith("reserved")}


def describe_command(cmd):
    body = {"MAX_POOL": "pool", "AVG_POOL": "pool", "ADD": "add"}
    name = q.OPCODES[cmd.opcode]
    return {"opcode": name, "in": [described(t) for t in cmd.inputs()],
            "out": described(cmd.output), "stage": described(cmd.stage),
            body.get(name, "conv"): described(cmd.body)}


def accepted(about, program, regions):
    """A vector of a program that runs."""
    image = program.pack()
    assert not rules.violations(image)
    after = execute.run(program, regions)
    return {
        "about": about,
        "image": to_lines(image),
        "regions": [{"before": to_lines(a), "after": to_lines(b)}
                    for a, b in zip(regions, after)],
        "counters": [dict(zip(COUNTERS, cost.command(c))) for c in program.commands],
        "commands": [describe_command(c) for c in program.commands],
    }


def refused(about, image, rule, cmd):
    return {"about": about, "image": to_lines(image),
            "refused": {"rule": rules.NAMES[rule], "number": rule,
                        "command": None if cmd == q.NO_CMD else cmd}}


# --- written by hand ---------------------------------------------------------

def plain(shape, kind, region, zero_point=0):
    tensor = q.Tensor(height=shape[0], width=shape[1], channels=shape[2], type=kind,
                      region=region, zero_point=zero_point)
    tensor.pixel_stride = tensor.pixel_bytes()
    tensor.row_stride = tensor.width * tensor.pixel_stride
    return tensor


def convolution(**fields):
    numbers = dict(kernel_h=1, kernel_w=1, stride_h=1, stride_w=1, dilation_h=1,
                   dilation_w=1, groups=1, bias_off=q.NO_CONST,
                   codebook_off=q.NO_CONST)
    return q.Conv(**{**numbers, **fields})


def two_regions(cmd, size_in, size_out, consts):
    consts += bytes(-len(consts) % 64)
    return q.Program([q.Region(access=q.READ, size=size_in),
                      q.Region(access=q.WRITE, size=size_out)], [cmd], consts)


def documented():
    """The worked example of device.rst."""
    consts = struct.pack("<4i", 10, -5, 25, 61) + bytes.fromhex("cd8501")
    consts += struct.pack("8b", -7, -4, -2, -1, 1, 2, 4, 7)
    cmd = q.Command(
        q.CONV, plain((1, 2, 3), q.S4, 0, 1), q.Tensor(), plain((1, 2, 1), q.U2, 1),
        q.Stage(kind=q.THRESHOLD, levels=3, threshold_off=4),
        convolution(kernel_w=2, pad_left=1, weight_type=q.CB3, weight_off=16,
                    bias_off=0, codebook_off=19))
    vector = accepted("The worked example of Documentation/device.rst",
                      two_regions(cmd, 4, 2, consts),
                      [bytes.fromhex("e1073008"), b"\xff\xff"])
    assert vector["regions"][1]["after"] == ["0203"]
    assert vector["counters"][0]["cycles"] == 67 and vector["counters"][0]["macs"] == 12
    return vector


# accumulator, factor, results by rules A, B and C where device.rst has them
ROUNDING = [
    (7984, 1583594044 / 2 ** 40, (12, 11, 11)),
    (585, 0.05296124517917633 * 0.024093778803944588 / 0.11484327912330627, (7, 7, 6)),
    (1, 0.5, (1, 1, 0)), (-1, 0.5, (0, 0, 0)), (-2, 0.25, (-1, 0, 0)),
    (3, 0.5, None), (-3, 0.5, None), (5, 0.5, None), (-5, 0.5, None), (2, 0.25, None),
    (6, 0.25, None), (-6, 0.25, None), (1, 2.0, None), (-1, 100.0, None),
    (q.ACC_MAX, 2.0 ** -25, None), (-q.ACC_MAX, 2.0 ** -25, None),
    (q.ACC_MAX, 2.0 ** -24, None), (-q.ACC_MAX, 2.0 ** -24, None),
    (16777217, 2.0 ** -18, None), (50331651, 2.0 ** -20, None),
    (0, 0.3, None), (q.ACC_MAX, 255.0, None), (-q.ACC_MAX, 255.0, None),
]


def rounding(rule):
    """One channel for each accumulator, which is a bias."""
    channels = len(ROUNDING)
    bias = np.array([acc for acc, _, _ in ROUNDING], "<i4").tobytes()
    fraction, shift = np.frexp([factor for _, factor, _ in ROUNDING])
    scale = np.rint(fraction * 2 ** 31).astype("<i4").tobytes()
    if rule == q.RULE_C:
        single = np.array([factor for _, factor, _ in ROUNDING], "<f4")
        # Computed in float32, as the runtime does that this example is from.
        single[1] = np.float32(0.011111111)
        scale = single.tobytes()
    # The code book has only zeros, so that the accumulators are the biases.
    consts = bias + scale + shift.astype(np.int8).tobytes() + bytes(channels + 2)
    stage = q.Stage(kind=q.REQUANT, rule=rule, flags=q.PER_CHANNEL,
                    scale_off=4 * channels, clamp_min=-128, clamp_max=127)
    if rule != q.RULE_C:
        stage.shift_off = 8 * channels
    cmd = q.Command(q.FC, plain((1, 1, 1), q.S8, 0), q.Tensor(),
                    plain((1, 1, channels), q.S8, 1), stage,
                    convolution(weight_type=q.CB1, weight_off=9 * channels, bias_off=0,
                                codebook_off=10 * channels))
    vector = accepted(f"Rounding rule {RULES[rule].upper()}: ties and extremes",
                      two_regions(cmd, 1, channels, consts),
                      [b"\x7f", bytes(channels)])
    got = np.frombuffer(from_lines(vector["regions"][1]["after"]), np.int8)
    for code, (acc, _, results) in zip(got, ROUNDING):
        assert not results or code == results[rule - q.RULE_A], (acc, code)
    return vector


# --- found among random programs ---------------------------------------------

def features(cmd):
    """What a command is a good example of, for the names of the files."""
    stage = q.STAGES[cmd.stage.kind].lower()
    if cmd.stage.kind == q.REQUANT:
        stage += "-" + RULES[cmd.stage.rule]
    name = q.OPCODES[cmd.opcode].lower().replace("_", "-")
    yield f"{name}-{stage}"
    if cmd.stage.flags & q.NEGATE:
        yield f"{name}-threshold-negate"
    if cmd.opcode == q.ADD:
        yield f"add-rule-{RULES[cmd.body.rule]}"
        if q.S32 in (cmd.input0.type, cmd.input1.type):
            yield "add-s32-operand"
        if any(t.region == cmd.output.region and t.offset == cmd.output.offset
               for t in cmd.inputs()):
            yield "add-in-place"
        return
    body, kind = cmd.body, q.NAMES[cmd.input0.type].lower()
    yield f"{name}-input-{kind}"
    if body.flags & q.COUNT_PAD if isinstance(body, q.Pool) else False:
        yield "avg-pool-mean-count-pad"
    if max(body.pad_top, body.pad_left) and body.pad_top != body.pad_bottom:
        yield f"{name}-padded"
    if cmd.opcode in (q.CONV, q.FC):
        yield from convolution_features(cmd, name)


def convolution_features(cmd, name):
    body = cmd.body
    yield f"{name}-weights-{q.NAMES[body.weight_type].lower()}"
    if cmd.opcode == q.FC:
        return
    if body.weight_zero_point:
        yield "conv-weight-zero-point"
    if body.codebook_channels > 1 and cmd.output.channels % body.codebook_channels:
        yield "conv-code-books-shared"
    if body.stride_h > 1 and body.stride_w > 1:
        yield "conv-strided"
    if max(body.dilation_h, body.dilation_w) > 1 and body.kernel_h * body.kernel_w > 3:
        yield "conv-dilated"
    if 1 < body.groups < cmd.input0.channels:
        yield "conv-grouped"
    if body.groups == cmd.input0.channels > 1:
        yield "conv-depthwise"
        if cmd.output.channels > cmd.input0.channels:
            yield "conv-depthwise-multiplier"


def lively(program, regions):
    """Would a wrong device be seen? The output has many elements and values."""
    out = program.commands[-1].output
    after = execute.run(program, regions)
    codes = execute.read_codes(bytearray(after[out.region]), out)
    cells = min(2 if out.type == q.B1 else 4, codes.size)
    return codes.size >= 8 and len(np.unique(codes)) >= cells


def search(seed, count):
    """The smallest lively program for each feature."""
    best = {}
    for number in range(count):
        program, regions = generate.Generator(seed, number).program(1)
        size = len(program.pack()) + 2 * sum(map(len, regions))
        keys = [key for key in features(program.commands[0])
                if size < best.get(key, (LARGEST,))[0]]
        if keys and lively(program, regions):
            best.update({key: (size, program, regions) for key in keys})
    for key, (_, program, regions) in sorted(best.items()):
        yield key, accepted(f"An example of {key}", program, regions)


def search_chains(seed):
    """A few programs whose commands work on what others have written."""
    number = 0
    for wanted in (3, 5, 8):
        while True:
            number += 1
            program, regions = generate.Generator(seed, f"chain {number}").program(wanted)
            if (len(program.pack()) + 2 * sum(map(len, regions)) < 1800 + 400 * wanted
                    and lively(program, regions)):
                break
        yield f"program-{wanted}-commands", accepted(
            f"A program of {wanted} commands", program, regions)


def search_refused(seed, count):
    """The smallest image that breaks a rule and no other, for each rule."""
    best = {}
    for number in range(count):
        if number % 8 == 7:
            image, _ = mutate.huge(seed, number)
        else:
            image, _ = mutate.Mutator(seed, number, 1).mutate()
        found = rules.violations(image)
        if len({rule for rule, _ in found}) == 1:
            rule, cmd = min(found)
            if len(image) < len(best.get(rule, (bytes(5000),))[0]):
                best[rule] = image, cmd
    for rule, (image, cmd) in sorted(best.items()):
        name = rules.NAMES[rule]
        yield f"refused-{name.lower().replace('_', '-')}", refused(
            f"An image that is refused for {name}", image, rule, cmd)


# --- files and checks ---------------------------------------------------------

def text_of(vector):
    """JSON with a line for each piece of hex, tensor, stage and so on."""
    def lines(value, indent):
        if isinstance(value, list) and value and isinstance(value[0], (dict, str)):
            inner = (",\n" + " " * indent).join(lines(v, indent + 1) for v in value)
            return f"[\n{' ' * indent}{inner}]"
        if isinstance(value, dict) and any(isinstance(v, (list, dict))
                                           for v in value.values()):
            inner = (",\n" + " " * indent).join(
                f"{json.dumps(k)}: {lines(v, indent + 1)}" for k, v in value.items())
            return f"{{\n{' ' * indent}{inner}}}"
        return json.dumps(value)
    return lines(vector, 1) + "\n"


def write(folder, count):
    vectors = {"documented": documented()}
    for rule, letter in RULES.items():
        vectors[f"rounding-{letter}"] = rounding(rule)
    vectors.update(search("vectors", count))
    vectors.update(search_chains("vectors"))
    vectors.update(search_refused("vectors", count))
    for old in folder.glob("*.json"):
        old.unlink()
    for name, vector in vectors.items():
        (folder / f"{name}.json").write_text(text_of(vector))
    size = sum(path.stat().st_size for path in folder.glob("*.json"))
    print(f"{len(vectors)} vectors, {size} bytes")


def expected(vector):
    """The case, the bytes after it and the counters, or the refusal."""
    image = from_lines(vector["image"])
    if "refused" in vector:
        return (image, []), vector["refused"], None
    regions = [from_lines(r["before"]) for r in vector["regions"]]
    counters = [tuple(c[name] for name in COUNTERS) for c in vector["counters"]]
    return (image, regions), [from_lines(r["after"]) for r in vector["regions"]], counters


def wrong_with(vector, answer):
    """What oracle or device make of a vector, if it is not what it says."""
    (image, regions), after, counters = expected(vector)
    broken = rules.violations(image)
    if counters is None:
        command = q.NO_CMD if after["command"] is None else after["command"]
        want = (rules.NAMES.index(after["rule"]), command)
        if want not in broken:
            return f"the oracle finds {broken}"
        if (answer.rule, answer.cmd) != want:
            return f"the device says rule {answer.rule}, command {answer.cmd}"
        return None
    if broken or answer.rule:
        return f"refused: oracle {broken}, device {answer.rule} for {answer.field}"
    program = q.Program.unpack(image)
    if execute.run(program, regions) != after:
        return "the oracle writes other bytes"
    if answer.regions != after:
        return "the device writes other bytes"
    if [cost.command(cmd) for cmd in program.commands] != counters:
        return "the oracle counts otherwise"
    if answer.costs != counters or answer.records != counters:
        return "the device counts otherwise"
    return None


def check(folder, program):
    paths = sorted(folder.glob("*.json"))
    vectors = [json.loads(path.read_text()) for path in paths]
    answers = device.run(program, [expected(vector)[0] for vector in vectors])
    print(f"1..{len(paths)}")
    failed = 0
    for number, (path, vector, answer) in enumerate(zip(paths, vectors, answers), 1):
        trouble = wrong_with(vector, answer)
        if trouble:
            failed = 1
            print(f"# {trouble}")
        print(f"{'not ok' if trouble else 'ok'} {number} - vector {path.stem}")
    return failed


def main():
    build = TOP / os.environ.get("B", "build")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="make them again")
    parser.add_argument("--count", type=int, default=12000,
                        help="random programs to look at when they are made")
    parser.add_argument("--folder", type=pathlib.Path, default=HERE / "vectors")
    parser.add_argument("--device", type=pathlib.Path,
                        default=build / "selftests/oracle/run_programs")
    options = parser.parse_args()
    if options.write:
        return write(options.folder, options.count)
    return check(options.folder, options.device)


if __name__ == "__main__":
    sys.exit(main())
