#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""TAP: each recipe for ResNet-20 trains a few steps, and what it writes packs.

The images are random. With real ones nobody would learn anything either.
"""

import argparse
import os
import subprocess

import numpy as np
import torch

import cifar_quant
import export
import loop
from cifar_float import distort
from resnet import ResNet20

IMAGES, BATCH, EPOCHS = 32, 8, 4


def trains(name, teacher, part, folder):
    """Does training change the weights, and end in a file?"""
    weights, activations, settings = cifar_quant.NETWORKS[name]
    settings = {**cifar_quant.BASE, **settings, "epochs": [EPOCHS],
                "batch": BATCH}
    net = ResNet20(weights, activations).to(memory_format=torch.channels_last)
    cifar_quant.adopt(net, teacher, part[0].float())
    before = net.blocks[0].conv1.weight.detach().clone()
    loop.train(net, part, distort, settings, 1, folder,
               teacher,
               cifar_quant.gradual(net, settings))
    cifar_quant.finish(net, part[0])
    export.write_resnet(net, os.path.join(folder, "net.onnx"), name)
    after = net.blocks[0].conv1.weight.detach()
    return bool(torch.isfinite(after).all()) and not torch.equal(before, after)


def packs(tools, folder):
    """Does the device give the 32 images finite logits?"""
    floats, net = (os.path.join(folder, n) for n in ("floats", "net.qnn"))
    data = os.path.join(folder, "images.csv")
    for command in (("qnn-pack", os.path.join(folder, "net.onnx"), "-o", net,
                     "--calib", data),
                    ("qnn-run", "--device", "in-process", "--data", data,
                     "--floats", floats, net)):
        subprocess.run([os.path.join(tools, command[0]), *command[1:]],
                       stdout=subprocess.DEVNULL, check=True)
    logits = np.fromfile(floats, np.float32)
    return logits.size == 10 * IMAGES and bool(np.isfinite(logits).all())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tools", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("names", nargs="*", metavar="NETWORK",
                        help="default: all")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    images = torch.randint(0, 256, (IMAGES, 3, 32, 32)).byte()
    part = images, torch.randint(0, 10, (IMAGES,))
    teacher = ResNet20().to(memory_format=torch.channels_last)
    cifar_quant.finish(teacher, images)
    names = args.names or list(cifar_quant.NETWORKS)
    failed = False
    print(f"1..{len(names)}")
    for number, name in enumerate(names, 1):
        folder = os.path.join(args.work, name)
        os.makedirs(folder, exist_ok=True)
        np.savetxt(os.path.join(folder, "images.csv"), images.permute(
            0, 2, 3, 1).reshape(IMAGES, -1).numpy(), fmt="%d", delimiter=",")
        good = trains(name, teacher, part, folder) and \
            packs(args.tools, folder)
        failed = failed or not good
        print(f"{'not ' * (not good)}ok {number} - {name}", flush=True)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
