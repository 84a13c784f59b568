#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Fine-tunes ResNet-20 with quantizers, from the float network."""

import argparse
import math
import os

import torch

import cifar_data
import export
import loop
from cifar_float import add_arguments, distort
from lowbit import Activation, CodeBook, PowerOfTwo, hwgq_step
from quantizers import Bipolar, Quant
from resnet import ResNet20

# The ends of the three stages.
STAGES = ("blocks.2", "blocks.5", "blocks.8")
BASE = {"optimizer": "adam", "batch": 128, "rate": 1e-3, "decay": 0.0,
        "warm": 0.05, "soft": 0.9, "heat": 4.0}
# Images that calibrate the steps, and that settle batch normalization.
FIT, SETTLE = 512, 10000


def steps(bits):
    return lambda w: Quant(bits, 1, 0 if bits == 2 else 1,
                           [len(w)] + [1] * (w.dim() - 1))


def book(bits, zero=False):
    return lambda w: CodeBook(w, bits, zero)


def acts(bits, tail="clipped", learned=True):
    return lambda: Activation(bits, tail, learned)


# Weights, activations, and what differs from BASE.
NETWORKS = {
    "w4a4": (steps(4), acts(4), {"epochs": 6}),
    "w2a2": (steps(2), acts(2), {"epochs": 12}),
    "w2a2-hints": (steps(2), acts(2),
                   {"epochs": 12, "hints": 0.5, "hint_at": STAGES}),
    "w1a2": (lambda w: Bipolar(), acts(2), {"epochs": 12}),
    "w1a1": (lambda w: Bipolar(), acts(1), {"epochs": 12}),
    "w1a2-pact": (lambda w: Bipolar(), acts(2, "pact"), {"epochs": 12}),
    "w1a2-hwgq-plain": (lambda w: Bipolar(), acts(2, "plain", False),
                        {"epochs": 12}),
    "w1a2-hwgq-clipped": (lambda w: Bipolar(), acts(2, "clipped", False),
                          {"epochs": 12}),
    "w1a2-hwgq-log": (lambda w: Bipolar(), acts(2, "log", False),
                      {"epochs": 12}),
    "codebook5": (book(5), None, {"epochs": 5, "rate": 5e-4}),
    "codebook4": (book(4), None, {"epochs": 5, "rate": 5e-4}),
    "codebook3": (book(3), None, {"epochs": 6}),
    "codebook4-zero": (book(4, True), None, {"epochs": 5, "rate": 5e-4}),
    "codebook3-zero": (book(3, True), None, {"epochs": 6}),
    "power4-inq": (lambda w: PowerOfTwo(w, 4), None,
                   {"epochs": 8, "freeze": (0.5, 0.75, 0.875, 1.0)}),
}


def fit_step(quantizer, norm, x):
    """To values; those of HWGQ, which are not learned, to the normalization."""
    if quantizer.log_step.requires_grad:
        quantizer.fit(x)
    else:
        step = hwgq_step(norm.bias, norm.weight, quantizer.bits)
        quantizer.log_step.fill_(math.log(step))


def adopt(net, teacher, images):
    """The float network's parameters; steps that fit images."""
    net.load_state_dict(teacher.state_dict(), strict=False)
    for conv in net.quantized():
        conv.wq.fit(conv.weight)
    fit = []
    for block in net.blocks:
        if block.aq1:
            fit.append(block.register_forward_pre_hook(
                lambda m, given: m.aq1.fit(given[0])))
            fit.append(block.bn1.register_forward_hook(
                lambda m, given, out, q=block.aq2:
                fit_step(q, m, out.clamp(min=0))))
    net.eval()
    with torch.no_grad():
        net(images)
    for hook in fit:
        hook.remove()


@torch.no_grad()
def finish(net, images):
    """Weights on their grid; batch normalization as these images have it.

    They are to be like those of training: what is moved into an image from
    outside of it is part of the statistics that the network has learned with.
    """
    for conv in net.quantized():
        if isinstance(conv.wq, Quant):
            conv.weight.copy_(conv.wq(conv.weight))
    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    net.train()
    for x in images.split(500):
        net(x.float().contiguous(memory_format=torch.channels_last))
    for norm in norms:
        norm.momentum = 0.1
    net.eval()


def settling(images, seed):
    """Distorted images, always the same ones, to finish() with."""
    generator = torch.Generator().manual_seed(seed)
    return torch.cat([distort(x, generator)
                      for x in images[:SETTLE].split(500)])


def gradual(net, settings):
    """What freezes shares of the weights at equal distances (INQ), or None."""
    shares = settings.get("freeze")
    if not shares:
        return None
    every = sum(settings["epochs"]) // len(shares)

    def before(epoch):
        if epoch % every == 0:
            share = shares[min(epoch // every, len(shares) - 1)]
            for conv in net.quantized():
                conv.wq.freeze(conv.weight, share)
    return before


def load_float(path):
    teacher = ResNet20().to(memory_format=torch.channels_last)
    teacher.load_state_dict(torch.load(path)["net"])
    teacher.eval()
    return teacher


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--teacher", required=True, metavar="STATE",
                        help="state.pt of the float network")
    parser.add_argument("--epochs", type=int, nargs="+",
                        help="for each number the rate rises and falls once; "
                        "default: the network's")
    args = parser.parse_args()
    loop.start(args.seed)
    os.makedirs(args.out, exist_ok=True)
    weights, activations, settings = NETWORKS[args.network]
    settings = {**BASE, **settings}
    settings["epochs"] = args.epochs or [settings["epochs"]]
    parts = cifar_data.parts(args.data, args.cache, args.validate)
    images = parts["train"][0]
    teacher = load_float(args.teacher)
    net = ResNet20(weights, activations).to(memory_format=torch.channels_last)
    adopt(net, teacher, images[:FIT].float())
    loop.train(net, parts["train"], distort, settings, args.seed, args.out,
               teacher, gradual(net, settings))
    finish(net, settling(images, args.seed))
    loop.report(net, parts, args.out)
    name = "resnet20-" + args.network
    export.write_resnet(net, os.path.join(args.out, name + ".onnx"), name)


if __name__ == "__main__":
    main()
