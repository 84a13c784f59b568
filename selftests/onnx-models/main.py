#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""TAP: imported ONNX files against onnxruntime and QONNX's executor."""

import argparse
import logging
import os
import sys
import warnings

import node_tests
import operators
import packages
import qonnx_models
import quantized
from device import Runner

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

results = {"number": 0, "failed": False}


def tell(good, text, more=()):
    results["number"] += 1
    print("%s %d - %s" % ("ok" if good else "not ok", results["number"], text), flush=True)
    for line in more:
        print("# " + line)
    results["failed"] |= not good


def skip(text, why):
    results["number"] += 1
    print("ok %d - %s # SKIP %s" % (results["number"], text, why), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runner", required=True, help="the program run_onnx")
    parser.add_argument("--work", required=True, help="folder for files")
    parser.add_argument("--digits", help="CSV of digits")
    parser.add_argument("--data", help="folder with MNIST and QONNX networks")
    parser.add_argument("--count", type=int, default=300, help="inputs of each 8-bit network")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    run = Runner(args.runner)
    for good, text, more in operators.check(run, args.work):
        tell(good, text, more)
    for good, text, more in node_tests.check(run, args.work):
        tell(good, text, more)
    for good, text, more in quantized.check(run, args.work, args.digits, args.count):
        tell(good, text, more)
    for good, text in qonnx_models.random_widths(run, args.work):
        tell(good, text)
    if args.data:
        for good, text in qonnx_models.cases(run, args.data):
            tell(good, text)
    else:
        skip("QONNX networks", "no ../shared/data")
    if packages.download(args.work):
        for good, text, more in packages.check(run, args.work):
            tell(good, text, more)
    else:
        skip("networks of packages", "they cannot be downloaded")
    run.close()
    print("1..%d" % results["number"])
    return results["failed"]


if __name__ == "__main__":
    sys.exit(main())
