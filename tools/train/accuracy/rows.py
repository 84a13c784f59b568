# SPDX-License-Identifier: MIT
"""What `make accuracy` measures: networks, methods, options of qnn-pack."""

import collections
import glob
import os

# Networks: data set, the float network that it came from.
Network = collections.namedtuple("Network", "data float")
# options are those of qnn-pack; draws are sets of calibration images.
Row = collections.namedtuple(
    "Row", "table model method weights activations options draws")

DRAWS = (0, 1, 2)
TEACHER = ("--teacher-student",)
# The rest of a network of few bits: first and last layer, and sums.
ENDS = ("--first-last", "8", "--sums", "8")
# Chosen on training images that calibrate nothing.
FEW = ("--activations-by", "mse", "--weights-by", "cosine")

# Networks that were trained with quantizers: name, method, widths, options.
TRAINED = (
    ("lenet5-codebook3", "DQC", "3", "8"),
    ("lenet5-codebook4", "DQC", "4", "8"),
    ("lenet5-codebook5", "DQC", "5", "8"),
    ("lenet5-codebook3-zero", "DQC with 0", "3", "8"),
    ("lenet5-codebook4-zero", "DQC with 0", "4", "8"),
    ("lenet5-codebook5-zero", "DQC with 0", "5", "8"),
    ("lenet5-pruned-codebook3", "DQC with 0, pruned", "3", "8"),
    ("lenet5-pruned-codebook4", "DQC with 0, pruned", "4", "8"),
    ("lenet5-pruned93-codebook3", "DQC with 0, pruned less", "3", "8"),
    ("resnet20-codebook3", "DQC", "3", "8"),
    ("resnet20-codebook4", "DQC", "4", "8"),
    ("resnet20-codebook5", "DQC", "5", "8"),
    ("resnet20-codebook3-zero", "DQC with 0", "3", "8"),
    ("resnet20-codebook4-zero", "DQC with 0", "4", "8"),
    ("resnet20-power4-inq", "INQ", "4", "8"),
    ("resnet20-w4a4", "LSQ", "4", "4"),
    ("resnet20-w2a2", "LSQ", "2", "2"),
    ("resnet20-w2a2-hints", "LSQ, hints", "2", "2"),
    ("resnet20-w1a2", "BWN, LSQ", "1", "2"),
    ("resnet20-w1a1", "BWN, LSQ", "1", "1"),
    ("resnet20-w1a2-pact", "BWN, PACT", "1", "2"),
)
# The same recipes with five epochs each, to be held beside each other.
FIVE = (
    ("resnet20-w2a2-five", "LSQ", "2", "2"),
    ("resnet20-w2a2-hints-five", "LSQ, hints", "2", "2"),
    ("resnet20-w1a2-five", "BWN, LSQ", "1", "2"),
    ("resnet20-w1a2-pact-five", "BWN, PACT", "1", "2"),
    ("resnet20-w1a2-hwgq-clipped-five", "BWN, HWGQ clipped", "1", "2"),
    ("resnet20-w1a2-hwgq-log-five", "BWN, HWGQ log-tailed", "1", "2"),
    ("resnet20-w1a2-hwgq-plain-five", "BWN, HWGQ plain", "1", "2"),
)


def network(model):
    if model.startswith("lenet5"):
        return Network("mnist", "lenet5")
    return Network("cifar10", "resnet20")


def widths(weights, activations, *more):
    return ("--weights", str(weights), "--activations", str(activations),
            *more)


def trained(table, model, method, weights, activations):
    """As they are: what they do not quantize themselves has 8 bits."""
    return Row(table, model, method, weights, activations, (), (0,))


def untrained():
    """Without training, from the float networks."""
    for model in ("lenet5", "resnet20"):
        for w, a, more in ((8, 8, ()), (4, 8, TEACHER),
                           (4, 4, (*ENDS, *FEW, *TEACHER))):
            method = "teacher and student" if more else "by width"
            yield Row("untrained", model, method, str(w), str(a),
                      widths(w, a, *more), DRAWS)


def smallest():
    """Deep Compression without training; options chosen on training images."""
    yield Row("untrained", "lenet5", "pruned code book, teacher", "4", "8",
              ("--prune", "conv3=0.95", "--prune", "conv2=0.75",
               *widths(4, 8, "--weights-by", "codebook0"), *TEACHER), DRAWS)


def ablation():
    """What each idea is worth, on ResNet-20 without training."""
    model = "resnet20"
    for bits in (4, 3, 2):
        for by in ("minmax", "mse", "cosine"):
            for name, more in (("", ()), (", teacher", TEACHER)):
                yield Row("weights", model, by + name, str(bits), "8",
                          widths(bits, 8, "--weights-by", by, "--first-last",
                                 "8", *more), DRAWS)
    for bits in (5, 4, 3, 2):
        for by in ("codebook", "codebook0"):
            for name, more in (("", ()), (", teacher", TEACHER)):
                yield Row("books", model, by + name, str(bits), "8",
                          widths(bits, 8, "--weights-by", by, "--first-last",
                                 "8", *more), DRAWS)
    for bits in (4, 3, 2):
        for by in ("bn", "bn-channels", "hwgq", "minmax", "percentile", "mse", "kl"):
            yield Row("activations", model, by, "8", str(bits),
                      widths(8, bits, "--activations-by", by, "--sums", "8"),
                      DRAWS)


def rows(nets):
    """Those whose networks are in the folder nets."""
    there = {os.path.basename(path)[:-5]
             for path in glob.glob(os.path.join(nets, "*.onnx"))}
    every = [trained("trained", *row) for row in TRAINED]
    every += [trained("recipes", *row) for row in FIVE]
    every += [*untrained(), *smallest(), *ablation()]
    return [row for row in every if row.model in there]
