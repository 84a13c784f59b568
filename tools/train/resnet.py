# SPDX-License-Identifier: MIT
"""ResNet-20 for images of 32x32 (He et al. 2016, section 4.2).

Raw pixel numbers 0..255 in, ten logits out. Where a block changes the shape,
its shortcut is a 1x1 convolution. Every convolution is followed by batch
normalization, and has no bias.

With quantizers, the first convolution and the fully connected layer remain as
they are, and so do the sums along the shortcuts: qnn-pack gives them 8 bits. All
other convolutions have weights of few bits, and read what a quantizer of few
bits leaves.
"""

import torch
import torch.nn.functional as F
from torch import nn

import fused

# The first normalization makes the scale of the pixels irrelevant; with this
# one the first weights are as large as the others.
PIXEL = 1 / 64


class Conv(nn.Conv2d):
    """A convolution without bias whose weights pass a quantizer."""

    def __init__(self, inputs, outputs, kernel, stride, wq=None):
        super().__init__(inputs, outputs, kernel, stride, kernel // 2,
                         bias=False)
        nn.init.kaiming_normal_(self.weight, mode="fan_out")
        self.wq = wq(self.weight) if wq else None

    def forward(self, x):
        w = self.wq(self.weight) if self.wq else self.weight
        return F.conv2d(x, w.to(x.dtype), None, self.stride, self.padding)


def normalized(x, norm, residual=None, kind=fused.RELU):
    """act(norm(x) + residual), by the fast way where there is one."""
    if x.dtype == torch.bfloat16:
        if norm.training:
            return fused.normalize(x, norm, residual, kind)
        if not torch.is_grad_enabled():
            return fused.settled(x, norm, residual, kind)
    x = norm(x)
    x = x if residual is None else x + residual
    return F.relu(x) if kind == fused.RELU else x


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, wq, aq):
        super().__init__()
        self.aq1, self.aq2 = (aq(), aq()) if aq else (None, None)
        self.conv1 = Conv(inputs, outputs, 3, stride, wq)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = Conv(outputs, outputs, 3, 1, wq)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = None
        if inputs != outputs:
            self.shortcut = nn.Sequential(Conv(inputs, outputs, 1, stride, wq),
                                          nn.BatchNorm2d(outputs))

    def forward(self, x):
        read = self.aq1(x) if self.aq1 else x
        if self.shortcut:
            conv, norm = self.shortcut
            x = normalized(conv(read), norm, kind=fused.NONE)
        y = self.conv1(read)
        if self.aq2:
            y = self.aq2.after(y, self.bn1)
        else:
            y = normalized(y, self.bn1)
        return normalized(self.conv2(y), self.bn2, x)


class ResNet20(nn.Module):
    def __init__(self, wq=None, aq=None, width=1):
        """Quantizers are functions that make one for a layer, or None.

        A network of another width, with so many times the channels, is no
        ResNet-20 any more, but may teach one.
        """
        super().__init__()
        narrow, middle, wide = 16 * width, 32 * width, 64 * width
        self.conv = Conv(3, narrow, 3, 1)
        self.bn = nn.BatchNorm2d(narrow)
        blocks = []
        for inputs, outputs in ((narrow, narrow), (narrow, middle),
                                (middle, wide)):
            blocks.append(Block(inputs, outputs, outputs // inputs, wq, aq))
            blocks += [Block(outputs, outputs, 1, wq, aq) for _ in range(2)]
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(wide, 10)

    def forward(self, x):
        """Computes in the type of x."""
        x = normalized(self.conv(x * PIXEL), self.bn)
        x = self.blocks(x).float().mean((2, 3))
        return self.fc(x)

    def quantized(self):
        """The convolutions that have a quantizer."""
        return [m for m in self.modules() if isinstance(m, Conv) and m.wq]
