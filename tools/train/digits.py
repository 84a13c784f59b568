#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains the digits networks and writes them as ONNX.

First the float network, then W2A2 and W1A2 as fine-tunings of it with the
quantizers in the loop. See Documentation/training.rst.
"""

import argparse
import copy
import os

import torch
import torch.nn.functional as F

import augment
import data
import export
from model import Net

# Weight bits, activation bits.
NETWORKS = {"digits-w2a2": (2, 2), "digits-w1a2": (1, 2)}
# Chosen on held-out images of the training part, see training.rst.
FLOAT = {"epochs": 200, "rate": 5e-3, "decay": 0.1}
QUANTIZED = {"epochs": 200, "rate": 5e-3, "decay": 1e-4}


class Log:
    """Prints, and keeps what it printed."""

    def __init__(self):
        self.lines = []

    def __call__(self, text):
        print(text, flush=True)
        self.lines.append(text)


def correct(net, part):
    """Images of the part that the network classifies right."""
    net = copy.deepcopy(net).double().eval()
    images, classes = part
    with torch.no_grad():
        return int((net(images.double()).argmax(1) == classes).sum())


def optimizer(net, rate, decay):
    """AdamW; weight decay only for the weights of convolutions and fc."""
    layers = [block.conv for block in net.blocks] + [net.fc]
    weights = [layer.weight for layer in layers]
    ids = {id(p) for p in weights}
    others = [p for p in net.parameters() if id(p) not in ids]
    return torch.optim.AdamW([{"params": weights, "weight_decay": decay},
                              {"params": others, "weight_decay": 0.0}],
                             lr=rate)


def loss_of(net, teacher, images, classes, soft=0.7, heat=3.0):
    """Cross entropy, mixed with the teacher's opinion where there is one."""
    logits = net(images)
    hard = F.cross_entropy(logits, classes, label_smoothing=0.05)
    if teacher is None:
        return hard
    with torch.no_grad():
        target = F.log_softmax(teacher(images) / heat, 1)
    close = F.kl_div(F.log_softmax(logits / heat, 1), target,
                     log_target=True, reduction="batchmean") * heat ** 2
    return soft * close + (1 - soft) * hard


def train(net, parts, log, *, seed, epochs, rate, decay, teacher=None,
          batch=64):
    """Trains with a one-cycle learning rate, then makes ready for the file."""
    images, classes = parts["train"]
    generator = torch.Generator().manual_seed(seed)
    optim = optimizer(net, rate, decay)
    steps = len(images) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optim, rate, total_steps=epochs * steps, pct_start=0.15)
    for epoch in range(1, epochs + 1):
        net.train()
        order = torch.randperm(len(images), generator=generator)
        total = 0.0
        for pick in order[:steps * batch].split(batch):
            distorted = augment.distort(images[pick], generator)
            loss = loss_of(net, teacher, distorted, classes[pick])
            optim.zero_grad()
            loss.backward()
            optim.step()
            schedule.step()
            total += loss.item()
        if epoch % 10 == 0 or epoch == epochs:
            net.eval()
            log(f"  epoch {epoch:3d}  loss {total / steps:.4f}")
    net.snap()
    net.settle(images)


def report(name, net, parts):
    """One line a part, as eval_onnx.py prints it."""
    lines = []
    for part, (images, classes) in parts.items():
        good, count = correct(net, (images, classes)), len(classes)
        lines.append(f"{name}.onnx {part} {good}/{count} "
                     f"{100 * good / count:.2f} %")
    return lines


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    data.add_arguments(parser)
    parser.add_argument("--out", help="folder to write to (default: nothing)")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def networks(parts, seed, log):
    """Trains all of them; yields name and network as each is ready."""
    teacher = Net()
    log("digits: float")
    train(teacher, parts, log, seed=seed, **FLOAT)
    yield "digits", teacher
    for name, (weight_bits, act_bits) in NETWORKS.items():
        log(f"{name}: {weight_bits}-bit weights, {act_bits}-bit activations")
        net = Net(weight_bits, act_bits)
        net.adopt(teacher, parts["train"][0])
        train(net, parts, log, seed=seed, teacher=teacher, **QUANTIZED)
        yield name, net


def main():
    args = arguments()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(args.seed)
    parts = {name: (torch.from_numpy(images), torch.from_numpy(classes))
             for name, (images, classes) in data.parts(args).items()}
    if args.out:
        os.makedirs(args.out, exist_ok=True)
    log, accuracy = Log(), []
    log(f"seed {args.seed}, " + ", ".join(
        f"{name} {len(classes)}" for name, (_, classes) in parts.items()))
    for name, net in networks(parts, args.seed, log):
        lines = report(name, net, parts)
        for line in lines:
            log(line)
        accuracy.extend(lines)
        if args.out:
            export.write(net, os.path.join(args.out, name + ".onnx"), name)
    if args.out:
        for name, lines in (("training.log", log.lines),
                            ("accuracy.txt", accuracy)):
            with open(os.path.join(args.out, name), "w") as file:
                file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
