# SPDX-License-Identifier: MIT
"""Numbers of more bits than an element, as a sum of several: higher-order residual
quantization. Each term is computed by itself, and ADD sums them up, scaled.
"""
import numpy as np

import encode
import movement
import qformat as q
from program import raw

BITS, COUNT = 8, 4
# An ADD operand that stays as it is, by rule B.
EXACT = (1 << 30, 1)
# Sums of the terms have up to so many bits.
SUM_BITS = 29


def split(array):
    """Numbers as fixed-point ones, and their digits of 8 bits, the lowest one first."""
    whole = encode.fixed(array, BITS * COUNT - 2)
    digits, rest = [], whole.codes
    for _ in range(COUNT - 1):
        low = ((rest + 128) & 255) - 128
        digits.append(encode.Coded(low, q.S8, whole.scale, 0, True))
        rest = (rest - low) >> BITS
    digits.append(encode.Coded(rest, q.S8, whole.scale, 0, True))
    return whole, digits


def pairs():
    """Terms of two factors whose product counts: the lowest bits do not."""
    return [(i, j) for i in range(COUNT) for j in range(COUNT) if i + j >= COUNT - 2]


def power(exponent, divisor=1):
    """Multiplier and shift of 2^exponent / divisor."""
    fraction, shift = np.frexp(2.0 ** exponent / divisor)
    if fraction == 0.5:
        return 1 << 30, int(shift)
    return int(np.rint(fraction * 2 ** 31)), int(shift)


def scaled(values, multiplier, shift):
    """Rule B."""
    bits = 31 - shift
    return (values * multiplier + (1 << (bits - 1))) >> bits


def add_up(program, terms, out, stage=None):
    """The sum of (tensor, multiplier, shift), of which only the first has to have the
    shape of the output, and then a stage."""
    stage = stage or raw()
    total, *rest = terms
    if not rest:
        assert total[1:] == EXACT
        program.command(q.COPY, total[0], out, stage, movement.identity())
    for number, term in enumerate(rest):
        last = number == len(rest) - 1
        target = out if last else program.scratch((out.height, out.width, out.channels),
                                                  q.S32)
        body = q.Add(multiplier0=total[1], shift0=total[2], multiplier1=term[1],
                     shift1=term[2], rule=q.RULE_B)
        program.command(q.ADD, total[0], target, stage if last else raw(), body, term[0])
        total = (target, *EXACT)
