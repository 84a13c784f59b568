# SPDX-License-Identifier: MIT
"""The handwritten digits and the one definition of their parts.

The set is scikit-learn's copy of the UCI "Optical Recognition of Handwritten
Digits": 1797 images of 8x8 pixels, values 0..16, one row of text an image: 64
pixels, then the class. Rows are numbered from 1.

  test        rows 4, 8, 12, ...                      449 images
  train       all other rows                         1348 images
  validation  every 6th image of the training part    224 images

The validation part is only held out while settings are chosen.
"""

import gzip
import os

import numpy as np

ROWS = 1797
PARTS = ("train", "validation", "test")
PACKAGED = "sklearn/datasets/data/digits.csv.gz"
DEFAULT = "/usr/lib/python3/dist-packages/" + PACKAGED


def default_path():
    """QNN_DIGITS, or where Debian's python3-sklearn puts the file."""
    return os.environ.get("QNN_DIGITS", DEFAULT)


def load(path=None):
    """Returns images (N, 1, 8, 8) as float32 pixel numbers, classes (N,)."""
    path = path or default_path()
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.float32, ndmin=2)
    if table.shape != (ROWS, 65):
        raise ValueError(f"{path}: {table.shape[0]} rows of {table.shape[1]} "
                         f"numbers, expected {ROWS} of 65")
    images, classes = table[:, :64], table[:, 64].astype(np.int64)
    if images.min() < 0 or images.max() > 16 or set(classes) != set(range(10)):
        raise ValueError(f"{path}: pixels beyond 0..16 or classes beyond 0..9")
    return images.reshape(-1, 1, 8, 8), classes


def split(images, classes, validate=False):
    """The parts by name. With validate, validation is taken out of train."""
    rows = np.arange(1, len(images) + 1)
    test = rows % 4 == 0
    held = np.zeros_like(test)
    held[np.flatnonzero(~test)[5::6]] = True
    train = ~test & ~held if validate else ~test
    masks = {"train": train, "test": test}
    if validate:
        masks["validation"] = held
    return {name: (images[masks[name]], classes[masks[name]])
            for name in PARTS if name in masks}
