# SPDX-License-Identifier: MIT
"""More quantizers for training, beside those of quantizers.py.

Forward each is what Documentation/quantization.rst defines under the same
name, and what the files that export.py and export_resnet.py write compute.
Backward, rounding counts as the identity unless something else is said.
"""

import math

import torch
from torch import nn

import fused
from quantizers import Quant, round_through

REACH = 127
# As tools/quant: means of what is nearest, again and again.
ROUNDS = 200
# Values that a step is fitted to.
SAMPLE = 100000


def lloyd(u, count, zero):
    """count levels for the numbers u; an error counts as much as |u|."""
    u = u.double().flatten().sort().values
    best, least = None, math.inf
    low, high = float(u[0]), float(u[-1])
    part = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    starts = (low + part * (high - low), u[(part * (len(u) - 1)).long()])
    for level in starts:
        level = level.clone()
        fixed = int(level.abs().argmin()) if zero else -1
        if zero:
            level[fixed] = 0
        for _ in range(ROUNDS):
            index = torch.bucketize(u, (level[1:] + level[:-1]) / 2)
            weight = torch.zeros(count, dtype=torch.float64).index_add_(
                0, index, u.abs())
            total = torch.zeros(count, dtype=torch.float64).index_add_(
                0, index, u.abs() * u)
            moved = torch.where(weight > 0, total / weight, level)
            if zero:
                moved[fixed] = 0
            if torch.equal(moved, level):
                break
            level = moved
        error = float((u.abs() * (u - level[index]) ** 2).sum())
        if error < least:
            best, least = level, error
    return best


class CodeBook(nn.Module):
    """A layer's code book, learned while the weights train (DQC).

    Weights are taken in units of their channel's root mean square, and replaced
    by the nearest level. A level's gradient is the sum of those of the weights
    that it stands for; the gradient of a weight passes unchanged. Levels are
    integers up to 127 in steps that the largest one gives, as on the device.
    """

    def __init__(self, weight, bits, zero=False):
        super().__init__()
        self.bits, self.zero = bits, zero
        self.book = nn.Parameter(torch.zeros(2 ** bits))
        self.register_buffer("fixed", torch.zeros(2 ** bits, dtype=torch.bool))
        # Weights that are held at zero (magnitude pruning).
        self.register_buffer("mask", torch.ones(weight.shape,
                                                dtype=torch.bool))
        self.fit(weight)

    @staticmethod
    def scale(w):
        shape = [-1] + [1] * (w.dim() - 1)
        square = (w.detach() ** 2).flatten(1).mean(1)
        return torch.where(square > 0, square, torch.ones(())).sqrt().reshape(
            shape)

    def levels(self):
        """Ascending integers, and what one of them is worth."""
        book = torch.where(self.fixed, torch.zeros(()), self.book)
        step = book.detach().abs().max() / REACH
        return round_through(book / step), step

    def codes(self, w):
        """The integers of all weights, and the scale of each channel."""
        w = w * self.mask
        level, step = self.levels()
        scale = self.scale(w) * step
        order = level.detach().argsort()
        ascending = level.detach()[order]
        edges = (ascending[1:] + ascending[:-1]) / 2
        u = (w.detach() / scale).contiguous()
        index = order[torch.bucketize(u, edges)]
        code = level[index]
        if self.zero:
            code = code * self.mask
        return code, scale

    def forward(self, w):
        code, scale = self.codes(w)
        w = w * self.mask
        return code * scale + (w - w.detach())

    @torch.no_grad()
    def fit(self, w):
        w = w * self.mask
        u = (w / self.scale(w))[self.mask] if self.zero else w / self.scale(w)
        level = lloyd(u, 2 ** self.bits, self.zero)
        self.book.copy_(level)
        self.fixed.zero_()
        if self.zero:
            self.fixed[int(level.abs().argmin())] = True

    @torch.no_grad()
    def prune(self, w, share):
        """The smallest weights of the layer are zero from now on."""
        count = int(share * w.numel())
        edge = w.abs().flatten().kthvalue(max(count, 1)).values
        self.mask.copy_(w.abs() > edge)
        self.fit(w)


class PowerOfTwo(nn.Module):
    """0 and +-2^e times a channel's scale, gradually (INQ).

    freeze(share) keeps that share of each layer's weights, the largest ones, at
    their levels; the others stay in floating point and go on training.
    """

    def __init__(self, weight, bits):
        super().__init__()
        top = 2 ** (bits - 1) - 2
        positive = [2.0 ** e for e in range(top + 1)]
        self.register_buffer("levels", torch.tensor(
            [-v for v in reversed(positive)] + [0.0] + positive))
        self.register_buffer("frozen", torch.zeros(weight.shape,
                                                   dtype=torch.bool))
        self.register_buffer("value", torch.zeros(weight.shape))
        shape = [len(weight)] + [1] * (weight.dim() - 1)
        self.register_buffer("scale", torch.ones(shape))
        self.fit(weight)

    def nearest(self, w, scale):
        edges = (self.levels[1:] + self.levels[:-1]) / 2
        return self.levels[torch.bucketize(w / scale, edges)]

    @torch.no_grad()
    def fit(self, w):
        """The scale of least squared error for each channel."""
        flat = w.flatten(1)
        reach = flat.abs().amax(1, keepdim=True).clamp(min=1e-6) / \
            self.levels[-1]
        best = torch.full_like(reach, math.inf)
        for fraction in torch.linspace(0.25, 2.0, 141):
            scale = reach * fraction
            error = ((self.nearest(flat, scale) * scale - flat) ** 2).sum(
                1, keepdim=True)
            kept = self.scale.reshape(reach.shape)
            self.scale.copy_(torch.where(error < best, scale, kept).reshape(
                self.scale.shape))
            best = torch.minimum(error, best)

    @torch.no_grad()
    def freeze(self, w, share):
        count = round(share * w.numel())
        order = w.abs().masked_fill(self.frozen, math.inf).flatten().argsort(
            descending=True)
        chosen = torch.zeros(w.numel(), dtype=torch.bool)
        chosen[order[:count]] = True
        chosen = chosen.reshape(w.shape)
        level = self.nearest(w, self.scale) * self.scale
        self.value.copy_(torch.where(chosen & ~self.frozen, level, self.value))
        self.frozen |= chosen

    def codes(self, w):
        return self.nearest(self.forward(w), self.scale), self.scale

    def forward(self, w):
        return torch.where(self.frozen, self.value, w)


@torch.no_grad()
def hwgq_step(beta, gamma, bits):
    """The step of *bn*: least expected squared error for N(beta, gamma^2).

    By sums over the quantiles of each channel's distribution.
    """
    part = (torch.arange(2000, dtype=torch.float64) + 0.5) / 2000
    normal = math.sqrt(2) * torch.erfinv(2 * part - 1)
    x = beta.double()[:, None] + gamma.double().abs()[:, None] * normal
    x = x.clamp(min=0).flatten()
    top, best, least = 2 ** bits - 1, 1.0, math.inf
    reach = float(x.max()) or 1.0
    for fraction in torch.linspace(0.1, 1.0, 181).tolist():
        step = reach / top * fraction
        error = float((((x / step).round().clamp(0, top) * step - x) ** 2
                       ).sum())
        if error < least:
            best, least = step, error
    return best


class Activation(nn.Module):
    """Equal steps from 0 on, behind ReLU.

    The gradient beyond the top level is clipped, plain or log-tailed (HWGQ).
    The step is learned by the rule of LSQ (clipped), or by that of PACT (pact),
    where only what is cut off tells; or it stays where it is.
    """

    def __init__(self, bits, tail="clipped", learned=True):
        super().__init__()
        self.bits, self.tail = bits, tail
        self.levels = 2 ** bits - 1
        self.log_step = nn.Parameter(torch.zeros(()), requires_grad=learned)

        # As the nodes of QONNX say it.
        self.signed = self.narrow = 0

    def step(self):
        return self.log_step.float().exp()

    def forward(self, x):
        if x.dtype == torch.bfloat16:
            return fused.quantize(x, self.log_step, self.levels, self.tail)
        step = self.step()
        return (x / step).clamp(0, self.levels).round() * step

    def after(self, x, norm):
        """Of what batch normalization and ReLU leave."""
        if norm.training and x.dtype == torch.bfloat16:
            return fused.normalize(x, norm, None, fused.QUANT, self.log_step,
                                   self.levels, self.tail)
        return self(norm(x).clamp(min=0))

    @torch.no_grad()
    def fit(self, x):
        """To the values x, or some of them, by the least squared error."""
        quant = Quant(self.bits, 0, 0, ())
        x = x.float().flatten()
        quant.fit(x[::max(1, len(x) // SAMPLE)])
        self.log_step.copy_(quant.log_step)
