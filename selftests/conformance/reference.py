# SPDX-License-Identifier: MIT
"""The linear operators of ONNX in their own layout, in numpy: batch, channels, any
number of axes. Integers give integers, so results are exact; float64 gives the
terms of error bounds.
"""
import itertools

import numpy as np


def taps(kernel):
    return itertools.product(*map(range, kernel))


def windows(x, tap, out, strides, dilations):
    """What one tap of the kernel sees of a padded input."""
    index = tuple(slice(k * d, k * d + (o - 1) * s + 1, s)
                  for k, o, s, d in zip(tap, out, strides, dilations))
    return x[(slice(None), slice(None), *index)]


def enlarge(x, before, after):
    """Zeros around the axes behind batch and channels."""
    return np.pad(x, [(0, 0), (0, 0), *zip(before, after)])


def conv(x, w, geometry):
    """x [n, c, ...] and w [oc, c / groups, ...]: the products, without a bias."""
    g = geometry
    x = enlarge(x, g.before, g.after)
    n, groups = len(x), g.groups
    total = np.zeros((n, groups, w.shape[0] // groups, int(np.prod(g.out))), x.dtype)
    w = w.reshape(groups, -1, *w.shape[1:])
    for tap in taps(g.kernel):
        seen = windows(x, tap, g.out, g.strides, g.dilations)
        seen = seen.reshape(n, groups, -1, total.shape[3])
        total += np.einsum("ngcp,goc->ngop", seen, w[(..., *tap)])
    return total.reshape(n, -1, *g.out)


def conv_transpose(x, w, geometry):
    """x [n, c, ...] and w [c, oc / groups, ...]: each input times the kernel is
    added to the output."""
    g = geometry
    n, groups = len(x), g.groups
    size = [max((i - 1) * s + (k - 1) * d + 1, o + b) for i, s, k, d, o, b in
            zip(x.shape[2:], g.strides, g.kernel, g.dilations, g.out, g.before)]
    total = np.zeros((n, groups * w.shape[1], *size), x.dtype)
    split = x.reshape(n, groups, -1, int(np.prod(x.shape[2:])))
    w = w.reshape(groups, -1, *w.shape[1:])
    for tap in taps(g.kernel):
        part = np.einsum("ngcp,gco->ngop", split, w[(..., *tap)])
        windows(total, tap, x.shape[2:], g.strides,
                g.dilations)[:] += part.reshape(n, -1, *x.shape[2:])
    index = tuple(slice(b, b + o) for b, o in zip(g.before, g.out))
    return total[(slice(None), slice(None), *index)]


def window_sums(x, geometry):
    """The sum over each window."""
    g = geometry
    x = enlarge(x, g.before, g.after)
    return sum(windows(x, tap, g.out, g.strides, g.dilations) for tap in taps(g.kernel))
