#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains LeNet-5 on MNIST: in floating point, or with code books (DQC)."""

import argparse
import glob
import gzip
import os

import numpy as np
import torch

import augment
import export
import loop
from lenet import LeNet5
from lowbit import CodeBook

HELD_OUT = 5000
FLOAT = {"optimizer": "adam", "batch": 128, "rate": 3e-3, "decay": 0.02,
         "warm": 0.1, "epochs": 20}
QUANTIZED = {"optimizer": "adam", "batch": 128, "rate": 5e-4, "decay": 0.0,
             "warm": 0.1, "epochs": 6, "soft": 0.7, "heat": 4.0}
# The widths of the code book, with a level of 0 or without, the share of the
# weights of each layer that is pruned, and what differs from QUANTIZED.
NETWORKS = {
    "float": None,
    "codebook3": (3, False, None, {}),
    "codebook4": (4, False, None, {}),
    "codebook5": (5, False, None, {}),
    "codebook3-zero": (3, True, None, {}),
    "codebook4-zero": (4, True, None, {}),
    "codebook5-zero": (5, True, None, {}),
    "pruned-codebook3": (3, True, (0.4, 0.82, 0.95, 0.7), {}),
    "pruned-codebook4": (4, True, (0.4, 0.82, 0.95, 0.7), {}),
    "pruned93-codebook3": (3, True, (0.3, 0.75, 0.935, 0.6), {"epochs": 12}),
}


def idx(pattern):
    """The array of an IDX file, compressed or not."""
    path = sorted(glob.glob(pattern))[0]
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rb") as file:
        data = file.read()
    shape = np.frombuffer(data, ">i4", data[3], 4)
    return np.frombuffer(data, np.uint8, -1, 4 + 4 * data[3]).reshape(shape)


def load(folder, part):
    images = idx(os.path.join(folder, part + "*images*"))[:, None]
    classes = idx(os.path.join(folder, part + "*labels*"))
    return (torch.from_numpy(images.copy()),
            torch.from_numpy(classes.astype(np.int64)))


def parts_of(folder, validate):
    images, classes = load(folder, "train")
    if not validate:
        return {"train": (images, classes), "test": load(folder, "test")}
    cut = len(images) - HELD_OUT
    return {"train": (images[:cut], classes[:cut]),
            "validation": (images[cut:], classes[cut:])}


def distort(images, generator):
    x = augment.distort(images.float(), generator, degrees=12.0, shear=0.15,
                        stretch=0.1, shift=0.1, strength=0.1, share=0.8,
                        top=255)
    return x.bfloat16().contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def settle(net, images):
    """Batch normalization as undistorted images have it."""
    norms = [layer.bn for layer in net.layers]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    net.train()
    for x in images.split(500):
        net(x.float())
    for norm in norms:
        norm.momentum = 0.1
    net.eval()


def build(network, path):
    """The network to train, and its teacher."""
    if NETWORKS[network] is None:
        return LeNet5(), None
    bits, zero, shares, _ = NETWORKS[network]
    teacher = LeNet5()
    teacher.load_state_dict(torch.load(path)["net"])
    teacher.eval()
    net = LeNet5(lambda w: CodeBook(w, bits, zero))
    net.load_state_dict(teacher.state_dict(), strict=False)
    for i, (weight, quantizer) in enumerate(net.quantized()):
        if shares:
            quantizer.prune(weight, shares[i])
        else:
            quantizer.fit(weight)
    return net, teacher


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--data", required=True, metavar="FOLDER",
                        help="has the IDX files of MNIST")
    parser.add_argument("--out", required=True, metavar="FOLDER",
                        help="for the network, its state and a log")
    parser.add_argument("--teacher", metavar="STATE",
                        help="state.pt of the float network")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, help="default: the network's")
    parser.add_argument("--validate", action="store_true",
                        help="hold 5000 training images out, leave the test "
                        "part alone")
    args = parser.parse_args()
    if args.network != "float" and not args.teacher:
        parser.error("code books need --teacher")
    loop.start(args.seed)
    os.makedirs(args.out, exist_ok=True)
    settings = dict(FLOAT) if args.network == "float" else \
        {**QUANTIZED, **NETWORKS[args.network][3]}
    settings["epochs"] = args.epochs or settings["epochs"]
    parts = parts_of(args.data, args.validate)
    net, teacher = build(args.network, args.teacher)
    loop.train(net, parts["train"], distort, settings, args.seed, args.out,
               teacher)
    settle(net, parts["train"][0])
    loop.report(net, parts, args.out)
    name = "lenet5" if args.network == "float" else "lenet5-" + args.network
    export.write_lenet(net, os.path.join(args.out, name + ".onnx"), name)


if __name__ == "__main__":
    main()
