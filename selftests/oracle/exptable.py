# SPDX-License-Identifier: MIT
"""The table of SOFTMAX that makes it the one of TFLite ("The table of TFLite" in
Documentation/device.rst), in Python's integers.
"""
import math

ONE = (1 << 31) - 1  # Q0.31
# exp of -1/4, -1/2, -1, -2, -4, -8 and -16
STEPS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def multiply(a, b):
    """Products of Q0.31, halves towards plus infinity."""
    return (a * b + (1 << 30)) >> 31


def divide(a, n):
    """a / 2^n, halves away from zero."""
    half = 1 << (n - 1)
    return (a + half) >> n if a >= 0 else -((-a + half) >> n)


def exp_quarter(a):
    """exp of a number from -1/4 up to 0, by a series around -1/8."""
    x = a + (1 << 28)
    x2 = multiply(x, x)
    x3, x4 = multiply(x2, x), multiply(x2, x2)
    rest = divide(multiply(divide(x4, 2) + x3, 715827883) + x2, 1)
    return 1895147668 + multiply(1895147668, x + rest)


def exp(a):
    """exp of a number of 26 fractional bits from -32 to 0."""
    if a == 0:
        return ONE
    part = a % (1 << 24) - (1 << 24)
    result = exp_quarter(part << 5)
    for bit, step in enumerate(STEPS, 24):
        if (part - a) >> bit & 1:
            result = multiply(result, step)
    return result


def scaling(beta, scale):
    """multiplier, left shift and the number of differences that count."""
    real = min(beta * scale * (1 << 26), ONE * 1.0)
    fraction, shift = math.frexp(real)
    multiplier = math.floor(fraction * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier, shift = multiplier // 2, shift + 1
    return multiplier, shift, math.floor(31 * (1 << 26) / (1 << shift))


def table(beta, scale):
    """256 entries; beta and scale are the float32 numbers of the model."""
    multiplier, shift, radius = scaling(beta, scale)
    return [exp(multiply(-d << shift, multiplier)) if d <= radius else 0
            for d in range(256)]
