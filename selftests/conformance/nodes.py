#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the ONNX node tests as device programs; see Documentation/conformance.rst.

TAP, a line for each test. Needs the onnx package of requirements.txt and `make
oracle`; selftests/checks/onnx-nodes.sh cares for both.
"""
import argparse
import fnmatch
import os
import pathlib
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
TOP = pathlib.Path(__file__).resolve().parents[2]
# Behind this folder, whose modules have other names.
sys.path.insert(1, str(TOP / "selftests/oracle"))

import onnx  # noqa: E402

import averages  # noqa: E402
import cases  # noqa: E402
import device  # noqa: E402
import elementwise  # noqa: E402
import linear  # noqa: E402
import maxima  # noqa: E402
import movement  # noqa: E402
import oracle  # noqa: E402
import quantize  # noqa: E402
import table  # noqa: E402
from program import Mismatch, OutOfRange, outputs  # noqa: E402

PAGE = TOP / "Documentation/conformance.rst"
TRANSLATORS = {**averages.TRANSLATORS, **elementwise.TRANSLATORS, **linear.TRANSLATORS,
               **maxima.TRANSLATORS, **movement.TRANSLATORS, **quantize.TRANSLATORS}
# The oracle is slow: it looks at programs of up to so many bytes.
ORACLE_BYTES = 1 << 20


class Result:
    """What became of a test: a grade of table.py, "range" or "failed", and why."""

    def __init__(self, case):
        self.op, self.name, self.jobs = case.op, case.name, 0
        self.generated = case.generated
        self.grade, self.text, self.seen = "failed", "", True


def verdict(job, case, answer):
    """What is wrong with an answer, or None."""
    if answer.rule:
        return (f"refused: rule {answer.rule}, command {answer.cmd}, {answer.field} is "
                f"{answer.value}, limit {answer.limit}")
    try:
        job.check(outputs(answer, job.tensors))
    except Mismatch as mismatch:
        return str(mismatch)
    if sum(map(len, case[1])) <= ORACLE_BYTES:
        wrong = oracle.compare(case, answer)
        return wrong and f"the oracle differs: {wrong}"
    return None


def notices(job, answer):
    """Would each of the outputs be refused with one element off by one?"""
    for number in range(len(job.tensors)):
        got = outputs(answer, job.tensors)
        got[number].flat[got[number].size // 2] += 1
        try:
            job.check(got)
            return False
        except Mismatch:
            pass
    return True


def run(case, program):
    """The result of a test."""
    result = Result(case)
    try:
        jobs = list(TRANSLATORS[case.op](case))
    except OutOfRange as reason:
        result.grade, result.text = "range", str(reason)
        return result
    result.jobs = len(jobs)
    sent = [job.program.case() for job in jobs]
    try:
        answers = device.run(program, sent)
    except device.Broken as broken:
        result.text = f"{jobs[len(broken.done)].label}: {broken}"
        return result
    for job, one, answer in zip(jobs, sent, answers):
        wrong = verdict(job, one, answer)
        if wrong:
            result.text = f"{job.label}: {wrong}"
            return result
        result.seen &= notices(job, answer)
    if jobs[0].grade < len(table.GRADES):
        result.grade = table.GRADES[jobs[0].grade]
    else:
        result.text = "no program is as exact as the standard demands"
    return result


class Tap:
    def __init__(self):
        self.number = self.failed = 0

    def line(self, good, text, why=""):
        self.number += 1
        for line in why.splitlines() if not good else ():
            print(f"# {line}")
        self.failed += not good
        print(f"{'' if good else 'not '}ok {self.number} - {text}", flush=True)


def report(tap, results, others, write):
    """What is about all tests together."""
    blind = [r.name for r in results if not r.seen]
    tap.line(not blind, "a result that is off by one is noticed", "\n".join(blind))
    before, old, after = table.split(PAGE.read_text("utf-8"))
    new = table.text(results, others, onnx.__version__)
    if write:
        PAGE.write_text(before + new + after, "utf-8")
        old = new
    tap.line(old == new, "the table of Documentation/conformance.rst is what was seen",
             "run selftests/conformance/nodes.py --write")


def main():
    build = TOP / os.environ.get("B", "build")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", type=pathlib.Path,
                        default=build / "selftests/oracle/run_programs")
    parser.add_argument("--only", default="*", help="tests whose names fit a pattern")
    parser.add_argument("--write", action="store_true", help="the table, too")
    options = parser.parse_args()
    tests, others = cases.all_tests()
    tap, results = Tap(), []
    for case in sorted(tests, key=lambda case: case.op):
        if not fnmatch.fnmatch(case.name, options.only):
            continue
        result = run(case, options.device)
        results.append(result)
        if result.grade == "range":
            print(f"# {result.op} {result.name} is out of range: {result.text}")
        else:
            tap.line(result.grade != "failed", f"{result.op} {result.name}: "
                     f"{result.grade}, {result.jobs} programs", result.text)
    if options.only == "*":
        report(tap, results, others, options.write)
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
