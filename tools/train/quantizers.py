# SPDX-License-Identifier: MIT
"""Quantizers for training with the quantizer in the loop.

Forward they compute what the QONNX nodes Quant (rounding ROUND, zero point 0)
and BipolarQuant compute. Backward the rounding counts as the identity
(straight-through estimator); steps are learned (LSQ), as logarithms, so that
they stay positive.
"""

import torch
from torch import nn


def round_through(x):
    """Round half to even; the gradient passes unchanged."""
    return x + (torch.round(x) - x).detach()


class Quant(nn.Module):
    """QONNX Quant. shape is the shape of the scale, () for a scalar."""

    def __init__(self, bits, signed, narrow, shape):
        super().__init__()
        self.bits, self.signed, self.narrow = bits, signed, narrow
        self.low = -2 ** (bits - 1) + narrow if signed else 0
        self.high = 2 ** (bits - 1) - 1 if signed else 2 ** bits - 1 - narrow
        self.log_step = nn.Parameter(torch.zeros(shape))

    def step(self):
        """In single precision, as the file has it, whatever x is in."""
        return self.log_step.float().exp()

    def forward(self, x):
        step = self.step().to(x)
        return round_through((x / step).clamp(self.low, self.high)) * step

    @torch.no_grad()
    def fit(self, x):
        """Sets each step to the one with the least squared error on x."""
        flat = x.reshape(self.log_step.numel(), -1)
        top = flat.abs().amax(1, keepdim=True).clamp(min=1e-6)
        best = torch.full_like(top, float("inf"))
        chosen = top.clone()
        for fraction in torch.linspace(0.02, 1.0, 99):
            step = top * fraction
            q = torch.round((flat / step).clamp(self.low, self.high)) * step
            error = ((q - flat) ** 2).mean(1, keepdim=True)
            chosen = torch.where(error < best, step, chosen)
            best = torch.minimum(error, best)
        self.log_step.copy_(chosen.log().reshape(self.log_step.shape))


class Bipolar(nn.Module):
    """QONNX BipolarQuant of weights; a row's scale is the mean of |w|."""

    def scale(self, w):
        """In single precision, as the file has it, whatever w is in."""
        shape = [-1] + [1] * (w.dim() - 1)
        return w.float().abs().flatten(1).mean(1).reshape(shape)

    def forward(self, w):
        scale = self.scale(w).to(w)
        sign = torch.where(w >= 0, 1.0, -1.0).to(w)
        # The sign's gradient is that of w / scale, clipped.
        soft = (w / scale.detach()).clamp(-1, 1)
        return (soft + (sign - soft).detach()) * scale

    def fit(self, w):
        """Nothing to set: the scale follows the weights."""
