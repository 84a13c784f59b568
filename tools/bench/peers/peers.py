# SPDX-License-Identifier: MIT
"""Times networks and layers against other libraries, side by side.

  peers.py --files FOLDER --list            names of what is to be packed
  peers.py --files FOLDER --emit            writes the ONNX files
  peers.py --files FOLDER --library SO ...  runs what is packed beside them

In each round, each contender in turn runs for some milliseconds; a round gives
its median. Reported are medians over the rounds, and medians of the ratios of
each round, so that what else the machine does falls on all alike.
"""
import argparse
import json
import os
import statistics
import sys
import time

import contenders
import networks
import no_amx

BURST_NS = 8_000_000
LEAST_RUNS = 4
REST_S = 0.003  # threads that spin for more work give up


def burst(run):
    """Median time of runs one after the other, in us; the first one warms up."""
    times = []
    run()
    start = now = time.perf_counter_ns()
    while len(times) < LEAST_RUNS or now - start < BURST_NS:
        before = time.perf_counter_ns()
        run()
        now = time.perf_counter_ns()
        times.append((now - before) / 1e3)
    return statistics.median(times)


def quantile(values, q):
    values = sorted(values)
    return values[round(q * (len(values) - 1))]


def measure(running, rounds, threads):
    """{name: [median of each round]}"""
    times = {c.name: [] for c in running}
    for i in range(rounds + 1):
        for c in running[i % len(running):] + running[:i % len(running)]:
            if threads > 1:
                time.sleep(REST_S)
            us = burst(c.run)
            if i:
                times[c.name].append(us)
    return times


class Report:
    def __init__(self, prefix=""):
        self.rows = []
        self.prefix = prefix

    def ratio(self, id, ours, other, target=None):
        """Medians, and the ratio of each round's; less is better."""
        ratio = statistics.median(a / b for a, b in zip(ours, other))
        holds = None if target is None else ratio <= target
        self.rows.append({"id": self.prefix + id, "ours": statistics.median(ours),
                          "reference": statistics.median(other), "ratio": ratio,
                          "target": target, "holds": holds})
        return ratio, holds


def line(name, values, text=""):
    print(f"  {name:<28} {statistics.median(values):10.1f} {quantile(values, 0.1):10.1f} "
          f"{quantile(values, 0.9):10.1f}  {text}")
    sys.stdout.flush()


def open_all(net, files, args):
    ours = contenders.Device(files.qnn(net), args.library)
    ours.set_input(net.input_shape)
    peers = []
    for kind in contenders.PEERS:
        try:
            peers.append(kind(net, files, args.threads))
        except Exception as e:  # whatever a peer may throw
            print(f"  {kind.name}: skipped: {str(e).splitlines()[0] if str(e) else e!r}")
    return ours, peers


def text_of(ratio, holds, target):
    verdict = "" if holds is None else f", wanted {target}: {'holds' if holds else 'missed'}"
    return f"ours takes {ratio:.3f} of it{verdict}"


# At most this share of ONNX Runtime's time; of the best of the others': 1.
ORT_TARGET = {"resnet8": 0.7, "ds-cnn": 0.7, "mobilenet-v1-0.25": 0.7, "mobilenet-v2": 0.7,
              "resnet18": 0.82}


def bench_net(net, files, args, report):
    """Against all peers; for networks also against the best of those but ONNX Runtime."""
    print(f"{net.name}, {args.threads} thread(s)")
    ours, peers = open_all(net, files, args)
    times = measure([ours] + peers, args.rounds, args.threads)
    line("ours", times["ours"])
    prefix = f"{net.name}/{args.threads}t/"
    for p in peers:
        target = ORT_TARGET.get(net.name) if p.name == "ONNX Runtime" else None
        result = report.ratio(prefix + p.name, times["ours"], times[p.name], target)
        line(f"{p.name} {p.version}", times[p.name], text_of(*result, target))
    others = [p.name for p in peers if p.name != "ONNX Runtime"]
    if others and net.name in ORT_TARGET:
        best = min(others, key=lambda n: statistics.median(times[n]))
        # Without oneDNN the best of them is another thing, and easier.
        target = 1.0 if "oneDNN, layers" in others else None
        result = report.ratio(prefix + "best of the others", times["ours"], times[best], target)
        line("best of the others", times[best], text_of(*result, target))
    ours.close()


# At most this share of the time of 8 bits.
LOW_TARGET = {"resnet18-w2a8": 0.85, "resnet18-w2a2": 0.85, "resnet18-w1a2": 0.55}


def bench_low(files, args, report):
    """Networks of fewer bits against the same one of 8."""
    base = networks.resnet18()
    running = []
    for net in [base] + networks.low_bit():
        device = contenders.Device(files.qnn(net), args.library)
        device.set_input(net.input_shape)
        device.name = net.name
        running.append(device)
    times = measure(running, args.rounds, args.threads)
    print(f"fewer bits, {args.threads} thread(s)")
    line(base.name, times[base.name])
    for device in running[1:]:
        target = LOW_TARGET[device.name]
        result = report.ratio(f"{device.name}/{args.threads}t/{base.name}", times[device.name],
                              times[base.name], target)
        line(device.name, times[device.name], "takes %.3f of 8 bits, wanted %s: %s" % (
            result[0], target, "holds" if result[1] else "missed"))
    for device in running:
        device.close()


def chosen(args):
    nets = networks.networks() + networks.layers()
    return [n for n in nets if not args.only or n.name in args.only.split(",")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", required=True)
    parser.add_argument("--emit", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--library")
    parser.add_argument("--onednn")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--only", help="names, with commas")
    parser.add_argument("--no-amx", action="store_true",
                        help="keep this process from the matrix unit AMX")
    parser.add_argument("--json")
    args = parser.parse_args()
    files = contenders.Files(args.files, args.onednn)
    if args.list or args.emit:
        for net in chosen(args) + ([] if args.only else networks.low_bit()):
            if args.emit:
                files.onnx(net)
            print(net.name)
        return
    if args.no_amx:
        no_amx.forbid()
    print("processor: " + contenders.processor())
    print(f"{args.rounds} rounds, {args.threads} thread(s); us: median, p10 and p90 of rounds")
    report = Report("without-amx/" if args.no_amx else "")
    for net in chosen(args):
        bench_net(net, files, args, report)
    if not args.only:
        bench_low(files, args, report)
    if args.json:
        with open(args.json, "w") as f:
            json.dump(report.rows, f, indent=2)
            f.write("\n")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    main()
