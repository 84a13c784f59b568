#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""TAP: TFLite models that others made, on the device and on LiteRT."""

import argparse
import io
import json
import os
import struct
import subprocess
import sys

import numpy as np
from PIL import Image

import device

failed = number = 0


def result(ok, text):
    global failed, number
    number += 1
    failed += not ok
    print("%sok %d - %s" % ("" if ok else "not ", number, text), flush=True)


def compare(run, what, model, images):
    """Every byte of the reference kernels; nearly every one of the fast ones."""
    expected = device.reference(model, images)[0].astype(np.int32)
    found = run.run(model, images)[0]
    wrong = (expected != found).sum()
    result(wrong == 0, "%s: %d inputs, %d of %d bytes differ from the reference kernels" %
           (what, len(images), wrong, expected.size))
    fast = device.reference(model, images, fast=True)[0].astype(np.int32)
    found_c = run.run(model, images, rounding="c")[0]
    off = np.abs(fast - found_c)
    same = (off == 0).mean()
    result(same >= 0.999 and off.max() <= 1,
           "%s: rounding c: %.4f %% of bytes equal to XNNPACK, none off by more than %d" %
           (what, 100 * same, off.max()))
    return found


def details(model):
    runtime = device.Interpreter(model_content=model)
    where = runtime.get_input_details()[0]
    return where["shape"], where["dtype"], where["quantization"]


def random_inputs(model, count):
    """Noise of several strengths, ramps, single bright spots, both ends."""
    shape, kind, _ = details(model)
    rng = np.random.default_rng(1)
    low, size = np.iinfo(kind).min, int(np.prod(shape))
    rows = [np.full(size, low), np.full(size, low + 255), low + np.arange(size) % 256]
    while len(rows) < count:
        style = len(rows) % 4
        if style == 0:
            row = rng.integers(low, low + 256, size)
        elif style == 1:
            row = low + 128 + rng.normal(0, 10 ** rng.uniform(0, 2), size)
        elif style == 2:
            row = np.full(size, low + rng.integers(256))
            row[rng.integers(0, size, 5)] = low + rng.integers(0, 256, 5)
        else:
            row = low + 128 + 120 * np.sin(np.arange(size) * rng.uniform(0, 0.5))
        rows.append(row)
    return [np.clip(np.rint(r), low, low + 255).astype(kind).reshape(shape) for r in rows]


def cifar(path, cache, most=None):
    """Images and labels of a file of JPEGs; decoded once."""
    if not os.path.exists(cache):
        packed = np.load(path)
        blob, offset = packed["jpeg"].tobytes(), packed["offset"]
        offset = offset[:most + 1] if most else offset
        images = np.array([np.asarray(Image.open(io.BytesIO(blob[a:b])).convert("RGB"))
                           for a, b in zip(offset[:-1], offset[1:])])
        np.savez(cache + ".new.npz", images=images, labels=packed["label"][:len(images)])
        os.replace(cache + ".new.npz", cache)
    with np.load(cache) as kept:
        return kept["images"], kept["labels"]


def resnet(run, data, cache, part):
    model = open(data + "/mlperf-tiny/pretrainedResnet_quant.tflite", "rb").read()
    images, labels = cifar(data + "/cifar10/test.npz", cache + "/cifar10-test.npz")
    images, labels = images[:part], labels[:part]
    _, _, (scale, zero) = details(model)
    codes = np.clip(np.rint(images / scale) + zero, -128, 127).astype(np.int8)
    found = compare(run, "ResNet-8 int8", model, list(codes[:, None]))
    print("# ResNet-8 int8: top-1 %.2f %% of %d CIFAR-10 (JPEG) test images" %
          (100 * (found.argmax(1) == labels).mean(), len(labels)))


def write_idx(path, array):
    """Unsigned bytes as the tools read them."""
    with open(path, "wb") as out:
        out.write(struct.pack(">4B", 0, 0, 8, array.ndim))
        out.write(struct.pack(">%dI" % array.ndim, *array.shape))
        out.write(np.ascontiguousarray(array, np.uint8).tobytes())


def tool(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError("%s: %s" % (words[0], done.stderr.decode()))
    return done.stdout


def resnet_float(tools, data, cache, part):
    """Weights and activations chosen here, from a float network."""
    path = data + "/mlperf-tiny/pretrainedResnet.tflite"
    images, labels = cifar(data + "/cifar10/test.npz", cache + "/cifar10-test.npz")
    images, labels = images[:part], labels[:part]
    learned, _ = cifar(data + "/cifar10/train.npz", cache + "/cifar10-train.npz", 500)
    write_idx(cache + "/test-images.idx", images)
    write_idx(cache + "/test-labels.idx", labels)
    write_idx(cache + "/train.idx", learned)
    with open(path, "rb") as model:
        rows = device.scores(model.read(), list(images.astype(np.float32)[:, None]))
    top = 100 * (rows.argmax(1) == labels).mean()
    tool(tools + "/qnn-pack", "--calib", cache + "/train.idx", "-o", cache + "/resnet.qnn", path)
    run = json.loads(tool(tools + "/qnn-run", "--device", "in-process", "--json", "-",
                          "--data", cache + "/test-images.idx," + cache + "/test-labels.idx",
                          cache + "/resnet.qnn"))
    ours = run["accuracy"]
    result(abs(top - ours) <= 0.5, "ResNet-8 float, packed at W8A8: top-1 %.2f %%, in floating "
           "point %.2f %% of %d CIFAR-10 (JPEG) test images" % (ours, top, len(labels)))


def mobilenet(run, data, count):
    model = open(data + "/coral/mobilenet_v1_0.25_128_quant.tflite", "rb").read()
    cat = Image.open(data + "/coral/cat.bmp").convert("RGB").resize((128, 128))
    image = np.asarray(cat, np.uint8)[None]
    found = compare(run, "MobileNet v1 uint8", model,
                    [image] + random_inputs(model, count))
    labels = open(data + "/coral/imagenet_labels.txt").read().splitlines()
    name = labels[int(found[0].argmax())]
    result("cat" in name, "cat.bmp is: " + name.strip())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", required=True, help="run_models")
    parser.add_argument("--tools", required=True, help="folder of qnn-pack and qnn-run")
    parser.add_argument("--data", required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--all", action="store_true", help="whole test sets")
    args = parser.parse_args()

    run = device.Device(args.device)
    resnet(run, args.data, args.cache, None if args.all else 400)
    resnet_float(args.tools, args.data, args.cache, None if args.all else 1000)
    for name, what in (("kws_ref_model", "DS-CNN int8"), ("ad01_int8", "auto-encoder int8")):
        model = open("%s/mlperf-tiny/%s.tflite" % (args.data, name), "rb").read()
        compare(run, what, model, random_inputs(model, 4000 if args.all else 1000))
    mobilenet(run, args.data, 200 if args.all else 20)
    run.close()
    print("1..%d" % number)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
