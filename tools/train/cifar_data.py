# SPDX-License-Identifier: MIT
"""CIFAR-10 (JPEG): decoded once, kept below the build folder.

A file has `jpeg` (all images, one after the other), `offset` (n + 1 numbers)
and `label`. The last 5000 training images are the validation part while
settings are chosen; the test file plays no role then.
"""

import io
import os

import numpy as np
import torch
from PIL import Image

HELD_OUT = 5000


def decode(path):
    """Images (N, 3, 32, 32) as uint8, classes (N,)."""
    with np.load(path) as file:
        jpeg, offset = file["jpeg"], file["offset"]
        classes = file["label"].astype(np.int64)
    images = np.empty((len(classes), 32, 32, 3), np.uint8)
    for i, image in enumerate(images):
        data = jpeg[offset[i]:offset[i + 1]].tobytes()
        image[:] = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    return images.transpose(0, 3, 1, 2), classes


def load(path, cache):
    """The same as tensors; a copy of the decoded images lies in cache."""
    os.makedirs(cache, exist_ok=True)
    kept = os.path.join(cache, os.path.basename(path))
    if not os.path.exists(kept):
        images, classes = decode(path)
        partial = kept + ".part.npz"
        np.savez(partial, images=images, classes=classes)
        os.replace(partial, kept)
    with np.load(kept) as file:
        return (torch.from_numpy(file["images"]),
                torch.from_numpy(file["classes"]))


def parts(folder, cache, validate):
    """Train and test by name, or train and validation."""
    images, classes = load(os.path.join(folder, "train.npz"), cache)
    if not validate:
        return {"train": (images, classes),
                "test": load(os.path.join(folder, "test.npz"), cache)}
    cut = len(images) - HELD_OUT
    return {"train": (images[:cut], classes[:cut]),
            "validation": (images[cut:], classes[cut:])}


def distort(images, generator):
    """Shifted by up to four pixels, and mirrored every other time."""
    count = len(images)
    padded = torch.nn.functional.pad(images, (4, 4, 4, 4))
    row, column = torch.randint(0, 9, (2, count), generator=generator)
    mirrored = torch.randint(0, 2, (count,), generator=generator).bool()
    side = torch.arange(32)
    across = torch.where(mirrored[:, None], side.flip(0), side)
    n = torch.arange(count)[:, None, None, None]
    c = torch.arange(3)[None, :, None, None]
    y = (row[:, None] + side)[:, None, :, None]
    x = (column[:, None] + across)[:, None, None, :]
    return padded[n, c, y, x]
