#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains the digits networks and writes them as ONNX.

First the float network, then W2A2 and W1A2 as fine-tunings of it with the
quantizers in the loop. See Documentation/training.rst.
"""

import argparse
import copy
import os
import time

import torch
import torch.nn.functional as F

import augment
import data
import export
from model import Net

NETWORKS = {"digits-w2a2": (2, 2), "digits-w1a2": (1, 2)}


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


def train(net, parts, log, *, epochs, rate, decay, batch=64, seed=1,
          teacher=None):
    """Trains with a one-cycle learning rate, then makes ready for the file."""
    images, classes = parts["train"]
    generator = torch.Generator().manual_seed(seed)
    optim = optimizer(net, rate, decay)
    steps = len(images) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optim, rate, total_steps=epochs * steps, pct_start=0.15)
    begun = time.time()
    for epoch in range(1, epochs + 1):
        net.train()
        order = torch.randperm(len(images), generator=generator)
        total = 0.0
        for pick in order[:steps * batch].split(batch):
            loss = loss_of(net, teacher, augment.distort(images[pick], generator),
                           classes[pick])
            optim.zero_grad()
            loss.backward()
            optim.step()
            schedule.step()
            total += loss.item()
        if epoch % 10 == 0 or epoch == epochs:
            net.eval()
            log(f"  epoch {epoch:3d}  loss {total / steps:.4f}  "
                f"{time.time() - begun:4.0f} s")
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
    parser.add_argument("--data", help="digits.csv.gz (default: QNN_DIGITS, "
                        "or that of Debian's python3-sklearn)")
    parser.add_argument("--out", help="folder to write to (default: nothing)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--validate", action="store_true",
                        help="hold out the validation part and leave the "
                        "test part alone, to choose settings")
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--qat-epochs", type=int, default=120)
    return parser.parse_args()


def main():
    args = arguments()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(args.seed)
    log, accuracy = Log(), []
    parts = {name: (torch.from_numpy(x), torch.from_numpy(y)) for name, (x, y)
             in data.split(*data.load(args.data), args.validate).items()}
    if args.validate:
        del parts["test"]
    log(f"seed {args.seed}, " + ", ".join(
        f"{name} {len(y)}" for name, (_, y) in parts.items()))

    def finish(name, net):
        lines = report(name, net, parts)
        for line in lines:
            log(line)
        accuracy.extend(lines)
        if args.out:
            export.write(net, os.path.join(args.out, name + ".onnx"), name)

    teacher = Net()
    log("digits: float")
    train(teacher, parts, log, epochs=args.epochs, rate=5e-3, decay=2e-2,
          seed=args.seed)
    finish("digits", teacher)
    for name, (weight_bits, act_bits) in NETWORKS.items():
        log(f"{name}: {weight_bits}-bit weights, {act_bits}-bit activations")
        net = Net(weight_bits, act_bits)
        net.adopt(teacher, parts["train"][0])
        train(net, parts, log, epochs=args.qat_epochs, rate=3e-3, decay=1e-4,
              seed=args.seed, teacher=teacher)
        finish(name, net)
    if args.out:
        for name, lines in (("training.log", log.lines),
                            ("accuracy.txt", accuracy)):
            with open(os.path.join(args.out, name), "w") as file:
                file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
