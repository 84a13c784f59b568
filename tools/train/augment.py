# SPDX-License-Identifier: MIT
"""Random small distortions of digit images, for training only."""

import math

import torch
import torch.nn.functional as F


def uniform(generator, count, reach):
    """count numbers in [-reach, reach)."""
    return (torch.rand(count, generator=generator) * 2 - 1) * reach


def distort(images, generator, *, degrees=12.0, shear=0.2, stretch=0.12,
            shift=0.12, strength=0.15, share=0.85, top=16):
    """Rotates, shears, stretches, shifts and re-inks a share of the images.

    shift is in half image sizes (0.12: half a pixel of the 8 pixels). top is the
    largest pixel number.
    """
    count = len(images)
    angle = uniform(generator, count, math.radians(degrees))
    lean = uniform(generator, count, shear)
    cos, sin = torch.cos(angle), torch.sin(angle)
    sx = 1 + uniform(generator, count, stretch)
    sy = 1 + uniform(generator, count, stretch)
    rows = torch.stack([
        torch.stack([sx * cos, sy * (lean * cos - sin),
                     uniform(generator, count, shift)], 1),
        torch.stack([sx * sin, sy * (lean * sin + cos),
                     uniform(generator, count, shift)], 1)], 1)
    grid = F.affine_grid(rows, images.shape, align_corners=False)
    moved = F.grid_sample(images, grid, align_corners=False)
    ink = 1 + uniform(generator, count, strength)
    moved = (moved * ink[:, None, None, None]).clamp(0, top)
    keep = torch.rand(count, generator=generator) >= share
    return torch.where(keep[:, None, None, None], images, moved)
