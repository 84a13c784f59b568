# SPDX-License-Identifier: MIT
"""The handwritten digits and the one definition of their parts.

The set is scikit-learn's copy of the UCI "Optical Recognition of Handwritten
Digits": 1797 images of 8x8 pixels, values 0..16, one row of text an image: 64
pixels, then the class. Rows are numbered from 1.

  test        rows 4, 8, 12, ...                      449 images
  train       all other rows                         1348 images

While settings are chosen, a fold of the training part is held out as
"validation": fold K of 6 is every 6th of its images, from the Kth on. The test
part plays no role then.
"""

import gzip
import os

import numpy as np

ROWS = 1797
FOLDS = 6
PACKAGED = "sklearn/datasets/data/digits.csv.gz"
DEFAULT = "/usr/lib/python3/dist-packages/" + PACKAGED


def default_path():
    """QNN_DIGITS, or where Debian's python3-sklearn puts the file."""
    return os.environ.get("QNN_DIGITS", DEFAULT)


def load(path):
    """Returns images (N, 1, 8, 8) as float32 pixel numbers, classes (N,)."""
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


def split(images, classes, fold=None):
    """Train and test by name; with a fold (1 to 6), train and validation."""
    rows = np.arange(1, len(images) + 1)
    test = rows % 4 == 0
    masks = {"train": ~test, "test": test}
    if fold is not None:
        held = np.zeros_like(test)
        held[np.flatnonzero(~test)[fold - 1::FOLDS]] = True
        masks = {"train": ~test & ~held, "validation": held}
    return {name: (images[mask], classes[mask])
            for name, mask in masks.items()}


def add_arguments(parser):
    """The command line options that choose the data."""
    parser.add_argument("--data", help="digits.csv.gz (default: QNN_DIGITS, "
                        "or that of Debian's python3-sklearn)")
    parser.add_argument("--fold", type=int, choices=range(1, FOLDS + 1),
                        help="hold out this fold of the training part and "
                        "leave the test part alone, to choose settings")


def parts(args):
    """What add_arguments() asked for; a plain message where that fails."""
    path = args.data or default_path()
    try:
        return split(*load(path), args.fold)
    except (OSError, ValueError) as error:
        raise SystemExit(f"cannot read the digits: {error}") from error
