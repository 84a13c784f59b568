# SPDX-License-Identifier: MIT
"""Test and calibration images, as IDX files that the tools read."""

import glob
import gzip
import io
import os
import struct

import numpy as np

# Images of a calibration set.
CALIBRATION = 256
# Where each data set lies below the folder.
FOLDERS = {"mnist": "mnist", "cifar10": "cifar10"}


class Missing(Exception):
    """Data or a program to read it is not there."""


def write(path, images, classes):
    """(N, H, W) or (N, H, W, C), and classes beside it."""
    with open(path, "wb") as file:
        file.write(bytes((0, 0, 8, images.ndim)))
        file.write(struct.pack(f">{images.ndim}I", *images.shape))
        file.write(images.tobytes())
    with open(labels_of(path), "wb") as file:
        file.write(bytes((0, 0, 8, 1)) + struct.pack(">I", len(classes)))
        file.write(classes.astype(np.uint8).tobytes())


def labels_of(path):
    return path.replace("-images", "-labels")


def pair(path):
    """As the tools take two files."""
    return f"{path},{labels_of(path)}"


def read_idx(pattern):
    found = sorted(glob.glob(pattern))
    if not found:
        raise Missing(f"no {pattern}")
    opener = gzip.open if found[0].endswith(".gz") else open
    with opener(found[0], "rb") as file:
        data = file.read()
    shape = np.frombuffer(data, ">i4", data[3], 4)
    return np.frombuffer(data, np.uint8, -1, 4 + 4 * data[3]).reshape(shape)


def mnist(folder, part, first, count):
    images = read_idx(os.path.join(folder, part + "*images*"))
    classes = read_idx(os.path.join(folder, part + "*labels*"))
    return images[first:first + count], classes[first:first + count]


def cifar10(folder, part, first, count):
    try:
        from PIL import Image
    except ImportError as error:
        raise Missing("no python3-pil to decode JPEG") from error
    path = os.path.join(folder, part + ".npz")
    if not os.path.exists(path):
        raise Missing(f"no {path}")
    with np.load(path) as file:
        jpeg, offset, classes = file["jpeg"], file["offset"], file["label"]
    last = min(len(classes), first + count)
    images = np.empty((last - first, 32, 32, 3), np.uint8)
    for i in range(first, last):
        data = io.BytesIO(jpeg[offset[i]:offset[i + 1]].tobytes())
        images[i - first] = np.asarray(Image.open(data).convert("RGB"))
    return images, classes[first:last]


READERS = {"mnist": mnist, "cifar10": cifar10}


class Images:
    """Makes the files when they are first asked for."""

    def __init__(self, data, calibration, work, limit):
        self.data, self.calibration = data, calibration
        self.work, self.limit = work, limit
        self.made = {}

    def get(self, name, part, folder, first, count):
        key = f"{name}-{part}-{first}"
        if key not in self.made:
            path = os.path.join(self.work, key + "-images.idx")
            write(path, *READERS[name](os.path.join(folder, FOLDERS[name]),
                                       part, first, count))
            self.made[key] = pair(path)
        return self.made[key]

    def test(self, name):
        return self.get(name, "test", self.data, 0, self.limit)

    def draw(self, name, number):
        """A calibration set of the training part."""
        return self.get(name, "train", self.calibration, number * CALIBRATION,
                        CALIBRATION)
