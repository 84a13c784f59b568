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
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

import cost  # noqa: E402
import device  # noqa: E402
import examples  # noqa: E402
import execute  # noqa: E402
import generate  # noqa: E402
import mutate  # noqa: E402
import qformat as q  # noqa: E402
import rules  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
COUNTERS = ("cycles", "macs", "bytes_read", "bytes_written")
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
    about = {"opcode": q.OPCODES[cmd.opcode], "in": [described(t) for t in cmd.inputs()],
             "out": described(cmd.output), "stage": described(cmd.stage)}
    if cmd.body.FIELDS:
        about[type(cmd.body).__name__.lower()] = described(cmd.body)
    return about


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


def by_hand():
    """Vectors of examples.py, if the oracle agrees with what device.rst says."""
    for name, about, program, regions, after, cycles in examples.examples():
        vector = accepted(about, program, regions)
        got = from_lines(vector["regions"][-1]["after"])
        if isinstance(after, str):
            assert got == bytes.fromhex(after), (name, got.hex())
        else:
            signed = np.frombuffer(got, np.int8)
            assert all(w is None or w == g for w, g in zip(after, signed, strict=True)), name
        for want, counters in zip(cycles, vector["counters"], strict=True):
            assert want in (None, counters["cycles"]), (name, counters)
        yield name, vector


# --- found among random programs ---------------------------------------------

def features(cmd):
    """What a command is a good example of, for the names of the files."""
    stage = q.STAGES[cmd.stage.kind].lower()
    if cmd.stage.kind == q.REQUANT:
        stage += "-" + examples.RULES[cmd.stage.rule]
    name = q.OPCODES[cmd.opcode].lower().replace("_", "-")
    yield f"{name}-{stage}"
    if cmd.stage.flags & q.NEGATE:
        yield f"{name}-threshold-negate"
    if cmd.stage.flags & q.TABLES:
        yield f"{name}-tables"
    if any(q.same_memory(t, cmd.output) for t in cmd.inputs()):
        yield f"{name}-in-place"
    if cmd.opcode in (q.ADD, q.MUL):
        yield from sum_features(cmd, name)
        return
    body, kind = cmd.body, q.NAMES[cmd.input0.type].lower()
    yield f"{name}-input-{kind}"
    if cmd.opcode == q.SOFTMAX:
        yield f"{name}-output-{q.NAMES[cmd.output.type].lower()}"
    if cmd.opcode in (q.COPY, q.ARGMAX, q.SOFTMAX):
        yield from copy_features(cmd) if cmd.opcode == q.COPY else ()
        return
    if isinstance(body, q.Pool):
        if body.flags & q.COUNT_PAD:
            yield "avg-pool-mean-count-pad"
        if max(body.gap_h, body.gap_w) and max(body.kernel_h, body.kernel_w) > 1:
            yield f"{name}-dilated"
    if max(body.pad_top, body.pad_left) and body.pad_top != body.pad_bottom:
        yield f"{name}-padded"
    if cmd.opcode in q.CONVOLUTIONS:
        yield from convolution_features(cmd, name)


def sum_features(cmd, name):
    if cmd.opcode == q.ADD:
        yield f"add-rule-{examples.RULES[cmd.body.rule]}"
        if cmd.body.multiplier0 > 0 > cmd.body.multiplier1:
            yield f"subtract-rule-{examples.RULES[cmd.body.rule]}"
    if q.S32 in (cmd.input0.type, cmd.input1.type):
        yield f"{name}-s32-operand"
    second = cmd.input1
    if second.elements() != cmd.output.elements():
        shape = (second.height, second.width, second.channels)
        sides = "".join(letter for letter, size in zip("hwc", shape) if size > 1)
        yield f"{name}-broadcast-{sides or 'one'}"


def copy_features(cmd):
    body = cmd.body
    mode = {q.PLAIN: "plain", q.SPACE_TO_DEPTH: "space-to-depth",
            q.DEPTH_TO_SPACE: "depth-to-space"}[body.mode]
    yield f"copy-{mode}" + ("-crd" if body.flags & q.CRD else "")
    if body.out_first:
        yield f"copy-channels-kept-{q.NAMES[cmd.output.type].lower()}"
    axes = [body.axis(i) for i in range(3)]
    if [axis[3] for axis in axes] != [0, 1, 2]:
        yield "copy-transposed-" + "".join(str(axis[3]) for axis in axes)
    if any(axis[1] < 0 for axis in axes):
        yield "copy-backwards"
    if any(axis[2] > 1 for axis in axes):
        yield "copy-resized" + ("-clamped" if body.flags & q.CLAMP else "-filled")
    if any(axis[0] < 0 and axis[1:3] == [1, 1] for axis in axes):
        yield "copy-padded" + ("-clamped" if body.flags & q.CLAMP else "-filled")


def convolution_features(cmd, name):
    body = cmd.body
    yield f"{name}-weights-{q.NAMES[body.weight_type].lower()}"
    if cmd.opcode == q.FC:
        return
    if body.weight_zero_point:
        yield f"{name}-weight-zero-point"
    if body.codebook_channels > 1 and cmd.output.channels % body.codebook_channels:
        yield f"{name}-code-books-shared"
    if body.stride_h > 1 and body.stride_w > 1:
        yield f"{name}-strided"
    if max(body.dilation_h, body.dilation_w) > 1 and body.kernel_h * body.kernel_w > 3:
        yield f"{name}-dilated"
    if 1 < body.groups < cmd.input0.channels:
        yield f"{name}-grouped"
    if body.groups == cmd.input0.channels > 1:
        yield f"{name}-depthwise"
        if cmd.output.channels > cmd.input0.channels:
            yield f"{name}-depthwise-multiplier"


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
    vectors = dict(by_hand())
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
