#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds the device against an independent implementation of its specification.

Generates random programs, lets run_programs validate and run them on the device
code, and compares verdict, counters and every byte of every region with what
Documentation/device.rst says. Needs numpy and `make oracle`.
"""
import argparse
import collections
import multiprocessing
import os
import pathlib
import sys
import time

# Before numpy starts threads that nothing here needs.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

import cost  # noqa: E402
import device  # noqa: E402
import diagnosis  # noqa: E402
import execute  # noqa: E402
import generate  # noqa: E402
import mutate  # noqa: E402
import qformat as q  # noqa: E402
import rules  # noqa: E402

BATCH = 50
TOP = pathlib.Path(__file__).resolve().parents[2]


def make(kind, seed, number):
    """A case: the image and the bytes of its regions."""
    if kind == "valid":
        program, regions = generate.Generator(seed, number).program()
        return program.pack(), regions
    if number % 8 == 7:
        return mutate.huge(seed, number)
    return mutate.Mutator(seed, number).mutate()


def name_of(place):
    rule, cmd = place
    return rules.NAMES[rule] + ("" if cmd == q.NO_CMD else f" of command {cmd}")


def writer_of(program, region, at):
    """The last command that wrote a byte, and which element begins there."""
    found = None
    for index, cmd in enumerate(program.commands):
        out = cmd.output
        if out.region != region or at < out.offset:
            continue
        y, rest = divmod(at - out.offset, out.row_stride)
        x, byte = divmod(rest, out.pixel_stride)
        if y < out.height and x < out.width and byte < out.pixel_bytes():
            bits = q.ELEMENTS[out.type][0]
            found = (index, f"pixel ({y}, {x}), channel {byte * 8 // bits}")
    return found


def compare_bytes(program, answer, expected):
    for region, (got, want) in enumerate(zip(answer.regions, expected)):
        if got == want:
            continue
        different = np.flatnonzero(np.frombuffer(got, np.uint8)
                                   != np.frombuffer(want, np.uint8))
        at = int(different[0])
        text = (f"{len(different)} bytes of region {region} differ, the first at {at}: "
                f"device {got[at]:#04x}, oracle {want[at]:#04x}")
        found = writer_of(program, region, at)
        if not found:
            return text + "\nno command writes there"
        return (f"{text}\nwritten by command {found[0]}, {found[1]}\n"
                f"{program.commands[found[0]]}")
    return None


def compare_counters(program, answer, ran):
    costs = [cost.command(cmd) for cmd in program.commands]
    total = tuple(sum(column) for column in zip(*costs))
    checks = [("cost", answer.costs, costs), ("total", [answer.total], [total])]
    if ran:
        checks += [("record", answer.records, costs), ("sum", [answer.done], [total])]
    for what, got, want in checks:
        for index, pair in enumerate(zip(got, want, strict=True)):
            if pair[0] != pair[1]:
                return (f"{what} {index}: device {pair[0]}, oracle {pair[1]} (cycles, "
                        f"macs, read, written)\n{program.commands[index]}")
    return None


def header_is_wrong(image):
    """Is it not known where the commands are?"""
    return len(image) < q.Header.size() or bool(rules.header_violations(image))


def compare_limits(cases, answers, program):
    """What is wrong with the limits of refusals: pairs of a case's place and text.

    With the limit in place of the value, the device may find a narrower bound or
    something else, but not this bound again. With the next value, the rule is
    still broken."""
    asked = []
    for number, (case, answer) in enumerate(zip(cases, answers)):
        if not answer.rule:
            continue
        within, beyond = diagnosis.at_limit(case[0], answer, not header_is_wrong(case[0]))
        if within:
            asked.append((number, within))
        if beyond and (answer.rule, answer.cmd) not in rules.violations(beyond):
            yield number, f"{refusal(answer)}; but the next value is good"
    try:
        found = device.run(program, [(image, []) for _, image in asked])
    except device.Broken as broken:
        yield asked[len(broken.done)][0], f"with the limit as the value: {broken}"
        return
    for (number, _), then in zip(asked, found):
        first = answers[number]
        if all(getattr(first, name) == getattr(then, name)
               for name in ("rule", "cmd", "field", "limit")):
            yield number, f"{refusal(first)}; but the limit itself is refused again"


def refusal(answer):
    return (f"device refuses {name_of((answer.rule, answer.cmd))}: {answer.field} is "
            f"{answer.value}, limit {answer.limit}")


def compare(case, answer):
    """What differs, as text, or None."""
    image, regions = case
    broken = rules.violations(image)
    if answer.rule:
        said = (answer.rule, answer.cmd)
        text = refusal(answer)
        if said in broken and answer.field:
            if header_is_wrong(image):
                wrong = diagnosis.header_wrong_with(image, answer)
            else:
                wrong = diagnosis.wrong_with(q.Program.unpack(image), answer)
            return wrong and f"{text}; but {wrong}"
        return f"{text}; oracle: {', '.join(map(name_of, sorted(broken))) or 'good'}"
    if broken:
        return f"device accepts; oracle: {', '.join(map(name_of, sorted(broken)))}"
    program = q.Program.unpack(image)
    text = compare_counters(program, answer, bool(regions))
    if not text and regions:
        text = compare_bytes(program, answer, execute.run(program, regions))
    return text


def run_batch(job):
    """Make, run and compare some cases: results by kind, and what differed."""
    kind, seed, first, count, program = job
    cases = [make(kind, seed, number) for number in range(first, first + count)]
    results, trouble = collections.Counter(), []
    try:
        answers = device.run(program, cases)
    except device.Broken as broken:
        answers = broken.done
        trouble.append((first + len(answers), cases[len(answers)], str(broken)))
    for number, (case, answer) in enumerate(zip(cases, answers), first):
        text = compare(case, answer)
        if text:
            trouble.append((number, case, text))
        ran = "run" if case[1] else "counted"
        results[rules.NAMES[answer.rule] if answer.rule else ran] += 1
        if not answer.rule:
            results["commands"] += len(answer.costs)
    if not trouble:
        trouble += [(first + number, cases[number], text)
                    for number, text in compare_limits(cases, answers, program)]
    return kind, seed, results, trouble


def report(kind, seed, number, case, text, folder):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}-{seed}-{number}.case"
    path.write_bytes(device.pack_case(*case))
    print(f"DIFFERENCE: {kind} program, seed {seed}, number {number}, saved as {path}")
    print("\n".join("    " + line for line in text.splitlines()), flush=True)


def jobs_of(options):
    for kind, count in (("valid", options.count), ("mutant", options.mutants)):
        first = options.first
        while first < options.first + count:
            size = min(BATCH, options.first + count - first)
            yield kind, options.seed, first, size, options.device
            first += size


def fuzz(options):
    start, differences, compared = time.monotonic(), 0, 0
    totals = {"valid": collections.Counter(), "mutant": collections.Counter()}
    with multiprocessing.Pool(options.jobs) as pool:
        for kind, seed, results, trouble in pool.imap_unordered(run_batch,
                                                                jobs_of(options)):
            totals[kind] += results
            differences += len(trouble)
            before, compared = compared, compared + BATCH
            if compared // 20000 > before // 20000:
                print(f"... {compared} programs, {time.monotonic() - start:.0f} s",
                      flush=True)
            for number, case, text in trouble:
                report(kind, seed, number, case, text, options.save)
            if differences >= options.stop:
                print("stopped: too many differences")
                break
    for kind, counter in totals.items():
        ran = counter["run"] + counter["counted"]
        refused = sum(counter.values()) - ran - counter["commands"]
        if ran + refused == 0:
            continue
        print(f"{kind}: {ran + refused} programs compared, {ran} accepted "
              f"({counter['run']} run, {counter['commands']} commands), {refused} refused")
        if refused:
            print("  refused for", ", ".join(
                f"{rule} {counter[rule]}" for rule in rules.NAMES if counter[rule]))
    print(f"{differences} differences, {time.monotonic() - start:.1f} s")
    return differences


def replay(options):
    case = device.unpack_case(options.replay.read_bytes())
    broken = rules.violations(case[0])
    print("oracle:", ", ".join(map(name_of, sorted(broken))) or "good")
    # A header that is wrong does not say where the commands are.
    if not any(cmd == q.NO_CMD for _, cmd in broken):
        for index, cmd in enumerate(q.Program.unpack(case[0]).commands):
            print(f"{index}: {cmd}")
    text = compare(case, device.run(options.device, [case])[0])
    print(f"DIFFERENCE: {text}" if text else "no difference")
    return 1 if text else 0


def main():
    build = TOP / os.environ.get("B", "build")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=3000, help="valid programs")
    parser.add_argument("--mutants", type=int, default=0,
                        help="programs with one thing changed")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--stop", type=int, default=20,
                        help="end after so many differences")
    parser.add_argument("--device", type=pathlib.Path,
                        default=build / "selftests/oracle/run_programs")
    parser.add_argument("--save", type=pathlib.Path, default=build / "oracle",
                        help="folder for cases that differ")
    parser.add_argument("--replay", type=pathlib.Path, help="run such a case again")
    options = parser.parse_args()
    return 1 if (replay(options) if options.replay else fuzz(options)) else 0


if __name__ == "__main__":
    sys.exit(main())
