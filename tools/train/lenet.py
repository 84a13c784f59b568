# SPDX-License-Identifier: MIT
"""LeNet-5 as Caffe has it, with batch normalization.

Raw pixel numbers 0..255 in, ten logits out. The first fully connected layer is
a convolution whose kernel covers the image.
"""

import torch.nn.functional as F
from torch import nn

# As in resnet.py.
PIXEL = 1 / 64
CHANNELS = ((1, 20, 5), (20, 50, 5), (50, 500, 4))


class Layer(nn.Module):
    """Convolution without pads, batch normalization, ReLU, maybe MaxPool."""

    def __init__(self, inputs, outputs, kernel, pooled, wq):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.pooled = pooled
        self.wq = wq(self.conv.weight) if wq else None

    def forward(self, x):
        w = self.conv.weight
        w = (self.wq(w) if self.wq else w).to(x.dtype)
        if x.shape[2:] == w.shape[2:]:
            x = F.linear(x.flatten(1), w.flatten(1))[:, :, None, None]
        else:
            x = F.conv2d(x, w)
        x = F.relu(self.bn(x))
        return F.max_pool2d(x, 2) if self.pooled else x


class LeNet5(nn.Module):
    def __init__(self, wq=None):
        super().__init__()
        self.layers = nn.Sequential(*(
            Layer(*shape, number < 2, wq)
            for number, shape in enumerate(CHANNELS)))
        self.fc = nn.Linear(CHANNELS[-1][1], 10)
        self.wq = wq(self.fc.weight) if wq else None

    def forward(self, x):
        """Computes in the type of x."""
        x = self.layers(x * PIXEL).flatten(1).float()
        w = self.fc.weight
        return F.linear(x, self.wq(w) if self.wq else w, self.fc.bias)

    def quantized(self):
        """Weights and their quantizers."""
        pairs = [(layer.conv.weight, layer.wq) for layer in self.layers]
        return [(w, q) for w, q in pairs + [(self.fc.weight, self.wq)] if q]
