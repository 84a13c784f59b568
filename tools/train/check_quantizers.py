#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""TAP: the quantizers of the recipes and those of qnn-pack are the same.

Small networks of random weights, with each quantizer, are written as ONNX,
packed, and run on the in-process device; PyTorch must give the same results.
"""

import argparse
import json
import math
import os
import subprocess

import numpy as np
import torch

import export
from lowbit import CodeBook, PowerOfTwo, hwgq_step
from model import Net
from quantizers import Bipolar, Quant

IMAGES = 40
SHAPE = (1, 8, 8)


def steps(bits, narrow):
    def make(w):
        quantizer = Quant(bits, 1, narrow, [len(w)] + [1] * (w.dim() - 1))
        quantizer.fit(w)
        return quantizer
    return make


def inq(w):
    quantizer = PowerOfTwo(w, 4)
    quantizer.freeze(w, 1.0)
    return quantizer


def pruned(w):
    quantizer = CodeBook(w, 4, True)
    quantizer.prune(w, 0.7)
    return quantizer


QUANTIZERS = {
    "equal steps, 4 bits": steps(4, 1),
    "equal steps, 2 bits": steps(2, 0),
    "binary": lambda w: Bipolar(),
    "code book, 3 bits": lambda w: CodeBook(w, 3),
    "code book, 5 bits": lambda w: CodeBook(w, 5),
    "code book with 0, 2 bits": lambda w: CodeBook(w, 2, True),
    "pruned code book": pruned,
    "powers of two": inq,
}


class Tools:
    def __init__(self, folder, work):
        self.folder, self.work = folder, work
        self.data = os.path.join(work, "images.csv")

    def path(self, name):
        return os.path.join(self.work, name)

    def run(self, name, *options):
        subprocess.run([os.path.join(self.folder, name), *options],
                       stdout=subprocess.DEVNULL, check=True)

    def images(self, images):
        rows = images.reshape(len(images), -1).numpy().astype(int)
        np.savetxt(self.data, rows, fmt="%d", delimiter=",")

    def pack(self, net, *options):
        """Returns the report of the packed network."""
        onnx, report = self.path("net.onnx"), self.path("report.json")
        export.write(net, onnx, "net")
        self.run("qnn-pack", onnx, "-o", self.path("net.qnn"), "--calib",
                 self.data, "--report=json", report, *options)
        with open(report) as file:
            return json.load(file)

    def logits(self):
        floats = self.path("floats")
        self.run("qnn-run", "--device", "in-process", "--data", self.data,
                 "--floats", floats, self.path("net.qnn"))
        return np.fromfile(floats, np.float32).reshape(IMAGES, -1)


def network(generator, act_bits, make):
    """Random, with statistics of the images, its quantizers fitted."""
    net = Net(2 if act_bits else None, act_bits)
    for block in net.blocks:
        block.bn.weight.data.uniform_(0.5, 1.5, generator=generator)
        block.bn.bias.data.normal_(generator=generator)
        block.wq = make(block.conv.weight.data) if make else None
        if act_bits:
            block.aq.log_step.data.fill_(math.log(0.4))
    net.wq = make(net.fc.weight.data) if make else None
    return net


def same(tools, net, images):
    tools.pack(net)
    with torch.no_grad():
        wanted = net.double()(images.double()).numpy()
    return np.abs(tools.logits() - wanted).max() < 1e-4 * np.abs(wanted).max()


def binary(tools, net, images):
    """qnn-pack's own and those of a file: only the last bias is rounded."""
    net.settle(images)
    report = tools.pack(net, "--weights", "1", "--activations", "4")
    own = tools.logits()
    for block in net.blocks:
        block.wq = Bipolar()
    net.wq = Bipolar()
    tools.pack(net, "--activations", "4")
    step = np.array(report["layers"][-1]["output"]["scale"])
    return bool((np.abs(own - tools.logits()) < 0.51 * step).all())


def half_wave(tools, net, bits):
    """Steps of *bn*, that follow from batch normalization."""
    layers = tools.pack(net, "--activations", str(bits))["layers"]
    found = {layer["name"]: layer for layer in layers}
    for number, block in enumerate(net.blocks, 1):
        wanted = hwgq_step(block.bn.bias, block.bn.weight, bits)
        step = found[f"conv{number}"]["output"]["scale"]
        if abs(step / wanted - 1) > 0.01:
            print(f"# conv{number}: {step}, and {wanted} in the recipe")
            return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tools", required=True)
    parser.add_argument("--work", required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 17, (IMAGES, *SHAPE), generator=generator,
                           dtype=torch.int64).float()
    tools = Tools(args.tools, args.work)
    tools.images(images)
    checks = []
    for name, make in QUANTIZERS.items():
        net = network(generator, 4, make)
        net.settle(images)
        net.snap()
        checks.append((name, same(tools, net, images)))
    checks.append(("binary by qnn-pack", binary(
        tools, network(generator, None, None), images)))
    for bits in (2, 3, 4):
        checks.append((f"HWGQ, {bits} bits", half_wave(
            tools, network(generator, None, None), bits)))
    print(f"1..{len(checks)}")
    for number, (name, good) in enumerate(checks, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
    return 0 if all(good for _, good in checks) else 1


if __name__ == "__main__":
    raise SystemExit(main())
