# SPDX-License-Identifier: MIT
"""The digits network, with or without quantizers in the loop."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from quantizers import Bipolar, Quant

CHANNELS = (1, 16, 32, 64)
POOLED = (False, True, True)
CLASSES = 10
# ONNX keeps it as a float32.
EPSILON = float(np.float32(1e-5))


def weight_quantizer(bits, weight):
    """None (float), Bipolar (1 bit) or Quant, one scale per output."""
    if bits is None:
        return None
    if bits == 1:
        return Bipolar()
    return Quant(bits, 1, 0, [len(weight)] + [1] * (weight.dim() - 1))


class Block(nn.Module):
    """Conv 3x3, batch normalization, ReLU, maybe Quant, maybe MaxPool."""

    def __init__(self, inputs, outputs, pooled, weight_bits, act_bits):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=EPSILON)
        self.pooled = pooled
        self.wq = weight_quantizer(weight_bits, self.conv.weight)
        self.aq = act_bits and Quant(act_bits, 0, 0, ())

    def forward(self, x):
        w = self.conv.weight
        x = F.conv2d(x, self.wq(w) if self.wq else w, padding=1)
        x = F.relu(self.bn(x))
        if self.aq:
            x = self.aq(x)
        return F.max_pool2d(x, 2) if self.pooled else x


class Net(nn.Module):
    """Raw pixel numbers 0..16 in, ten logits out."""

    def __init__(self, weight_bits=None, act_bits=None):
        super().__init__()
        self.blocks = nn.ModuleList(
            Block(i, o, p, weight_bits, act_bits)
            for i, o, p in zip(CHANNELS, CHANNELS[1:], POOLED))
        self.fc = nn.Linear(CHANNELS[-1] * 4, CLASSES)
        self.wq = weight_quantizer(weight_bits, self.fc.weight)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        w = self.fc.weight
        return F.linear(x.flatten(1), self.wq(w) if self.wq else w,
                        self.fc.bias)

    @torch.no_grad()
    def adopt(self, source, images):
        """Takes the float network's parameters and fits all the steps."""
        self.load_state_dict(source.state_dict(), strict=False)
        self.eval()
        for block in self.blocks:
            block.wq.fit(block.conv.weight)
        self.wq.fit(self.fc.weight)
        x = images
        for block in self.blocks:
            y = F.conv2d(x, block.wq(block.conv.weight), padding=1)
            # Statistics of the quantized layer, not of the float one.
            block.bn.train()
            block.bn.momentum = 1.0
            block.aq.fit(F.relu(block.bn(y)))
            block.bn.momentum = 0.1
            block.bn.eval()
            x = block(x)

    @torch.no_grad()
    def snap(self):
        """Replaces the weights by what their quantizers make of them.

        Training leaves many weights close to the border between two levels.
        On the grid itself no reader of the file can round them differently.
        """
        for layer, quantizer in [(b.conv, b.wq) for b in self.blocks] + \
                [(self.fc, self.wq)]:
            if quantizer:
                layer.weight.copy_(quantizer(layer.weight))

    @torch.no_grad()
    def settle(self, images):
        """Sets the batch normalization statistics to those of the images.

        All the images pass as one batch, so that every layer sees exactly
        what it will see with these statistics.
        """
        self.train()
        for block in self.blocks:
            block.bn.momentum = 1.0
        self(images)
        for block in self.blocks:
            block.bn.momentum = 0.1
        self.eval()
