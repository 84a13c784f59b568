#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains ResNet-20 on CIFAR-10 in floating point."""

import argparse
import os

import torch

import cifar_data
import export
import loop
from resnet import ResNet20

SETTINGS = {"optimizer": "sgd", "batch": 128, "rate": 0.2, "decay": 5e-4,
            "warm": 0.05}


def add_arguments(parser):
    parser.add_argument("--data", required=True, metavar="FOLDER",
                        help="has train.npz and test.npz")
    parser.add_argument("--out", required=True, metavar="FOLDER",
                        help="for the network, its state and a log")
    parser.add_argument("--cache", default="build/train/cifar10",
                        help="for the decoded images")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--validate", action="store_true",
                        help="hold 5000 training images out, leave the test "
                        "part alone")


def distort(images, generator):
    """A distorted batch as the network computes: bfloat16, channels last."""
    x = cifar_data.distort(images, generator).bfloat16()
    return x.contiguous(memory_format=torch.channels_last)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--epochs", type=int, nargs="+", default=[200],
                        help="for each number the rate rises and falls once")
    parser.add_argument("--width", type=int, default=1, metavar="TIMES",
                        help="so many times the channels, for a teacher")
    args = parser.parse_args()
    loop.start(args.seed)
    os.makedirs(args.out, exist_ok=True)
    parts = cifar_data.parts(args.data, args.cache, args.validate)
    net = ResNet20(width=args.width).to(memory_format=torch.channels_last)
    loop.train(net, parts["train"], distort,
               {**SETTINGS, "epochs": args.epochs}, args.seed, args.out)
    loop.report(net, parts, args.out)
    name = "resnet20" if args.width == 1 else f"resnet20x{args.width}"
    export.write_resnet(net, os.path.join(args.out, name + ".onnx"), name)


if __name__ == "__main__":
    main()
