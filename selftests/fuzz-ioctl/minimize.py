#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Leaves out calls of a case as long as the kernel still complains.

    minimize.py [--match TEXT] [--times N] CASE

Each try boots User-Mode Linux and runs the case N times. --match: a try only counts
if the kernel's log, or what the fuzzer printed, has this text. The result is beside
the case, as CASE.min.
"""
import argparse
import os
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
HEADER = 2      # lines: images, actors


def fails(lines, args):
    """Does the kernel complain about these lines?"""
    out = args.work / 'uml'
    out.mkdir(parents=True, exist_ok=True)
    (out / 'replay.case').write_text('\n'.join(lines) + '\n')
    done = subprocess.run(
        [TOP / 'selftests/harness/uml.sh', '-o', out, '-t', '300', 'sh',
         TOP / 'selftests/harness/guest-alone.sh', args.build / 'kmod/um/qnn.ko',
         'cores=2 timeout_ms=300 max_timeout_ms=2000', args.build / 'selftests/fuzz_ioctl',
         '-m', args.modes, '-r', '/dev/out/replay.case', '-n', str(args.times)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    said = ''.join((out / name).read_text(errors='replace')
                   for name in ('console.log', 'results.log') if (out / name).exists())
    return done.returncode != 0 and (args.match or '') in said


def minimize(lines, args):
    """Delta debugging: leave out halves, quarters and so on, down to single calls."""
    header, calls = lines[:HEADER], lines[HEADER:]
    size = max(1, len(calls) // 2)
    while calls:
        at = 0
        smaller = False
        while at < len(calls):
            rest = calls[:at] + calls[at + size:]
            if fails(header + rest, args):
                calls = rest
                smaller = True
                print(f'{len(calls)} calls', flush=True)
            else:
                at += size
        if size == 1 and not smaller:
            break
        size = max(1, size // 2) if not smaller or size > 1 else 1
    return header + calls


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--match', help='text that the complaint has')
    parser.add_argument('--times', type=int, default=3, help='runs of each try')
    parser.add_argument('--modes', default='all', help='as in FUZZ_MODES')
    parser.add_argument('case', type=Path)
    args = parser.parse_args()
    args.build = TOP / os.environ.get('B', 'build')
    args.work = args.build / 'fuzz/minimize'
    lines = args.case.read_text().splitlines()
    if not fails(lines, args):
        sys.exit('the kernel does not complain about this case')
    result = minimize(lines, args)
    small = args.case.with_name(args.case.name + '.min')
    small.write_text('\n'.join(result) + '\n')
    print(small)


if __name__ == '__main__':
    main()
