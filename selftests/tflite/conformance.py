#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random TFLite networks on the device and on LiteRT's reference kernels.

Networks of floats are not packed: what the importer makes of them is run in
floating point, and compared within rounding.
"""

import argparse
import collections
import os
import sys

import numpy as np

import cases
import device


def real(tensor, image):
    """Codes as the numbers that a tensor of floats has for them."""
    if not tensor.codes_of:
        return image
    of = tensor.codes_of
    return ((image.astype(np.int32) - of.zero) * np.float32(of.scale)).astype(np.float32)


def codes(net, tensor, rows):
    if net.floats:
        return rows
    if not tensor.codes_of:
        return rows.astype(np.int32)
    of = tensor.codes_of
    return (np.rint(rows / np.float32(of.scale)) + of.zero).astype(np.int32)


def attempt(run, rng, kind, name, count, spoil):
    """"" if every code is the same, else what is wrong; None: LiteRT refuses it."""
    net, x, ends = cases.chain(rng, kind) if name == "chain" else cases.single(rng, kind, name)
    model = net.model.bytes([x], ends)
    images = cases.inputs(net, x, count)
    try:
        expected = device.reference(model, [real(x, image) for image in images])
    except (RuntimeError, ValueError):
        return None, model, 0
    expected = [codes(net, end, rows) for end, rows in zip(ends, expected)]
    try:
        found = run.run(model, images, floats=net.floats)
    except device.Refused as refusal:
        return "refused: " + str(refusal), model, 0
    numbers = 0
    if spoil:
        expected[0][0, 0] += 1
    for i, (a, b) in enumerate(zip(expected, found)):
        numbers += a.size
        if a.shape != b.shape:
            return "output %d has %d elements, not %d" % (i, b.shape[1], a.shape[1]), model, 0
        wrong = np.abs(a - b)
        if net.floats:
            wrong = np.where(wrong <= 1e-5 + 1e-5 * np.abs(a).max(), 0, wrong)
        if (wrong != 0).any():
            return ("output %d: %d of %d codes differ, by up to %g" %
                    (i, (wrong > 0).sum(), a.size, wrong.max())), model, 0
    return "", model, numbers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", required=True, help="run_models")
    parser.add_argument("--count", type=int, default=4, help="networks of each operator and type")
    parser.add_argument("--chains", type=int, default=60)
    parser.add_argument("--inputs", type=int, default=6)
    parser.add_argument("--seed", default="check")
    parser.add_argument("--only", help="one operator")
    parser.add_argument("--save", help="folder for what differs")
    parser.add_argument("--verbose", action="store_true", help="name each network")
    parser.add_argument("--break", action="store_true", help="expect a wrong code")
    parser.add_argument("--keep", action="store_true", help="save all networks")
    args = parser.parse_args()

    run = device.Device(args.device)
    table = collections.OrderedDict()
    failed = numbers = 0
    names = [args.only] if args.only else list(cases.OPERATORS) + ["chain"]
    for name in names:
        for kind in ("int8", "uint8", "float32"):
            if kind == "float32" and (name == "chain" or name in cases.NOT_FLOAT):
                continue
            count = args.chains if name == "chain" else args.count
            tally = table[name, kind] = collections.Counter()
            for k in range(count):
                seed = "%s %s %s %d" % (args.seed, name, kind, k)
                rng = np.random.default_rng(list(seed.encode()))
                if args.verbose:
                    print(seed, flush=True)
                wrong, model, compared = attempt(run, rng, kind, name, args.inputs,
                                                 getattr(args, "break"))
                numbers += compared
                if wrong is None:
                    tally["LiteRT refuses"] += 1
                    continue
                tally["wrong" if wrong else "exact"] += 1
                failed += bool(wrong)
                if wrong:
                    print("DIFFERENCE %s: %s" % (seed, wrong))
                if args.save and (wrong or args.keep):
                    os.makedirs(args.save, exist_ok=True)
                    path = "%s/%s.tflite" % (args.save, "".join(
                        c if c.isalnum() else "-" for c in seed))
                    with open(path, "wb") as out:
                        out.write(model)
    run.close()
    for (name, kind), tally in table.items():
        print("# %-26s %-6s %s" % (name, kind, ", ".join(
            "%d %s" % (n, what) for what, n in sorted(tally.items()))))
    print("# %d codes compared, %d networks differ" % (numbers, failed))
    return 1 if failed or not numbers else 0


if __name__ == "__main__":
    sys.exit(main())
