#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Packs the committed networks and measures their accuracy on the device.

Writes accuracy.json, accuracy.rst with the same as tables, and plots. A row
that was measured before with the same files and options is not measured again.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import subprocess
import sys
import threading

import rows
import tables
from images import Images, Missing

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", "..", ".."))


class Bench:
    """Runs the tools, and remembers results by what went into them."""

    def __init__(self, args):
        self.args = args
        self.images = Images(args.data, args.calibration or args.data,
                             args.work, args.images)
        self.kept_path = os.path.join(args.work, "kept.json")
        self.kept = {}
        if os.path.exists(self.kept_path):
            with open(self.kept_path) as file:
                self.kept = json.load(file)
        self.digests = {}
        self.lock = threading.Lock()
        text = subprocess.run([self.tool("qnn-pack"), "--help"], text=True,
                              stdout=subprocess.PIPE, check=True).stdout
        # Entropy coding of the file, where this qnn-pack has it.
        self.known = text
        self.coding = ("--compress",) if "--compress" in text else ()

    def tool(self, name):
        return os.path.join(self.args.tools, name)

    def digest(self, path):
        """Of a file, or of the two of a data set."""
        with self.lock:
            return self.known_digest(path)

    def known_digest(self, path):
        if path not in self.digests:
            whole = hashlib.sha256()
            for one in path.split(","):
                with open(one, "rb") as file:
                    whole.update(file.read())
            self.digests[path] = whole.hexdigest()[:16]
        return self.digests[path]

    def remembered(self, files, words, measure):
        text = " ".join([self.digest(f) for f in files] + list(words))
        key = hashlib.sha256(text.encode()).hexdigest()[:32]
        if key not in self.kept:
            found = measure(key)
            with self.lock:
                self.kept[key] = found
                with open(self.kept_path + ".part", "w") as file:
                    json.dump(self.kept, file)
                os.replace(self.kept_path + ".part", self.kept_path)
        return self.kept[key]

    def run(self, *command):
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}:\n{done.stderr}")

    def result(self, key, *command):
        """What a tool writes about a run; the key makes a name for the file."""
        path = os.path.join(self.args.work, key + ".json")
        self.run(*command, "--json", path)
        with open(path) as file:
            found = json.load(file)
        os.remove(path)
        return found

    def onnx(self, model):
        return os.path.join(self.args.nets, model + ".onnx")

    def in_floats(self, model, test):
        tool, onnx = self.tool("qnn-float"), self.onnx(model)

        def measure(key):
            return self.result(key, tool, "--data", test, onnx)["accuracy"]
        return self.remembered((tool, onnx, test), ("float",), measure)

    def on_device(self, row, draw, test):
        pack, run = self.tool("qnn-pack"), self.tool("qnn-run")
        onnx = self.onnx(row.model)
        calib = self.images.draw(rows.network(row.model).data, draw)
        options = (*row.options, *self.coding)

        def measure(key):
            packed = os.path.join(self.args.work, key + ".qnn")
            self.run(pack, onnx, "-o", packed, "--calib", calib, *options)
            found = self.result(key, run, "--device", self.args.device,
                                "--data", test, packed)
            size = os.path.getsize(packed)
            os.remove(packed)
            return {"accuracy": found["accuracy"], "bytes": size}
        return self.remembered((pack, run, onnx, calib, test),
                               (self.args.device, *options), measure)

    def asked(self, row):
        """Is it wanted, and does this qnn-pack know how?"""
        args = self.args
        return ("--prune" not in row.options or "--prune" in self.known) and \
            (not args.table or row.table in args.table) and \
            (not args.model or row.model in args.model)

    def possible(self):
        """Rows and draws whose images are there; says what is left out."""
        wanted, missing = [], set()
        for row in rows.rows(self.args.nets):
            data = rows.network(row.model).data
            if data in missing or not self.asked(row):
                continue
            try:
                self.images.test(data)
                for draw in row.draws:
                    self.images.draw(data, draw)
            except Missing as problem:
                print(f"skipped: {data}: {problem}", flush=True)
                missing.add(data)
                continue
            wanted += [(row, draw) for draw in row.draws]
        return wanted

    def object(self, row, draw):
        net = rows.network(row.model)
        test = self.images.test(net.data)
        found = self.on_device(row, draw, test)
        return {"table": row.table, "model": row.model,
                "method": row.method, "weights": row.weights,
                "activations": row.activations,
                "accuracy": found["accuracy"],
                "float_accuracy": self.in_floats(net.float, test),
                "bytes": found["bytes"], "draw": draw,
                "options": " ".join((*row.options, *self.coding)),
                "data": net.data}

    def objects(self):
        """An object for each row and draw, as many at a time as processors."""
        wanted = self.possible()
        for name in {rows.network(row.model) for row, _ in wanted}:
            self.in_floats(name.float, self.images.test(name.data))
        count = len(os.sched_getaffinity(0))
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            made = pool.map(lambda one: self.object(*one), wanted)
            for i, o in enumerate(made, 1):
                print(f"[{i:3d}/{len(wanted)}] {o['model']} w{o['weights']}"
                      f"a{o['activations']} {o['method']}, draw {o['draw']}: "
                      f"{o['accuracy']:.2f} % (float "
                      f"{o['float_accuracy']:.2f} %), {o['bytes']} bytes",
                      flush=True)
                yield o


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.path.join(TOP, "../shared/data"),
                        help="folder with mnist/ and cifar10/")
    parser.add_argument("--calibration", help="another one, for the training "
                        "images that calibrate (default: that of --data)")
    parser.add_argument("--nets", default=os.path.join(HERE, "../nets"))
    parser.add_argument("--tools", default=os.path.join(TOP, "build/tools"))
    parser.add_argument("--device", default="in-process")
    parser.add_argument("--images", type=int, default=10 ** 9,
                        help="at most so many test images")
    parser.add_argument("--table", action="append", choices=tables.TITLES,
                        help="only this table; may be given many times")
    parser.add_argument("--model", action="append",
                        help="only this network; may be given many times")
    parser.add_argument("--work", default=os.path.join(TOP, "build/accuracy"))
    parser.add_argument("--out", default=os.path.join(TOP, "build"),
                        help="for accuracy.json, accuracy.rst and plots")
    return parser.parse_args()


def main():
    args = arguments()
    os.makedirs(args.work, exist_ok=True)
    objects = list(Bench(args).objects())
    if not objects:
        print("accuracy: skipped, there is nothing to measure", flush=True)
        return 0
    with open(os.path.join(args.out, "accuracy.json"), "w") as file:
        json.dump(objects, file, indent=1)
        file.write("\n")
    with open(os.path.join(args.out, "accuracy.rst"), "w") as file:
        file.write(tables.text(objects))
    tables.plots(objects, args.out)
    print(tables.text(objects))
    return 0


if __name__ == "__main__":
    sys.exit(main())
