# SPDX-License-Identifier: MIT
"""Numbers of a test as codes of the device."""
import numpy as np

import qformat as q
from program import SIGNED, UNSIGNED, OutOfRange, limits

EXPONENTS = range(-40, 41)


class Coded:
    """codes of a type; a code stands for (code - zero_point) * scale."""

    def __init__(self, codes, kind, scale, zero_point, exact):
        self.codes, self.kind, self.scale = codes, kind, scale
        self.zero_point, self.exact = zero_point, exact
        # How far a number is from what its code stands for.
        self.error = 0.0 if exact else scale / 2 * (1 + 1e-9)

    def values(self):
        return self.codes - self.zero_point


def numbers(array):
    """The numbers as float64, which holds those of all types that are taken."""
    if not isinstance(array, np.ndarray):
        raise OutOfRange("an input that is not a tensor of numbers")
    if array.dtype.kind in "OSUc":
        raise OutOfRange(f"elements of type {array.dtype}")
    real = array.astype(np.float64)
    if not np.all(np.isfinite(real)):
        raise OutOfRange("NaN or infinity: codes are finite")
    if array.dtype.kind in "iu" and np.any(np.abs(real) >= 2.0 ** 53):
        raise OutOfRange("integers of more than 53 bits")
    return real


def exact(real, kind):
    """Codes with zero point 0 and the finest scale 2^n, or None."""
    low, high = limits(kind)
    for exponent in EXPONENTS:
        codes = real * 2.0 ** -exponent
        if np.all(codes == np.rint(codes)) and codes.min() >= low and codes.max() <= high:
            return Coded(codes.astype(np.int64), kind, 2.0 ** exponent, 0, True)
    return None


def weights(array, bits):
    """Symmetric codes: exact ones if there are, else the nearest of a range."""
    real = numbers(array)
    found = exact(real, SIGNED[bits]) or (exact(real, UNSIGNED[bits])
                                          if real.min() >= 0 else None)
    if found:
        return found
    high = (1 << (bits - 1)) - 1
    scale = np.abs(real).max() / high
    return Coded(np.rint(real / scale).astype(np.int64), SIGNED[bits], scale, 0, False)


def activations(array, bits):
    """Codes with a zero point, unless exact ones with zero point 0 exist.

    The range leaves one code over, so that rounding the zero point clips nothing.
    """
    real = numbers(array)
    kind = SIGNED[bits] if real.min() < 0 else UNSIGNED[bits]
    found = exact(real, kind)
    if found:
        return found
    low, high = min(real.min(), 0.0), max(real.max(), 0.0)
    scale = (high - low) / ((1 << bits) - 2)
    zero_point = int(np.rint(-low / scale))
    codes = np.rint(real / scale).astype(np.int64) + zero_point
    assert codes.min() >= 0 and codes.max() < 1 << bits
    return Coded(codes, UNSIGNED[bits], scale, zero_point, False)


def fixed(array, bits, whole=False):
    """Fixed-point numbers of so many bits and a sign, as S32. They are as fine as
    their size allows; with whole, as coarse as exactness allows, and exact."""
    real = numbers(array)
    exponent = int(np.ceil(np.log2(max(np.abs(real).max(), 2.0 ** -40)))) - bits
    if np.abs(real).max() > (2.0 ** bits - 1) * 2.0 ** exponent:
        exponent += 1
    codes = np.rint(real * 2.0 ** -exponent)
    is_exact = bool(np.all(codes == real * 2.0 ** -exponent))
    if whole:
        if not is_exact:
            raise OutOfRange(f"numbers that {bits} bits and a sign do not hold")
        while np.any(codes) and not np.any(codes % 2):
            codes, exponent = codes / 2, exponent + 1
    return Coded(codes.astype(np.int64), q.S32, 2.0 ** exponent, 0, is_exact)


def integers(array):
    """Integers as codes of their own type, wider ones as S32 if they fit."""
    own = {"int8": q.S8, "uint8": q.U8, "int4": q.S4, "uint4": q.U4, "int2": q.S2,
           "uint2": q.U2}.get(array.dtype.name)
    codes = numbers(array).astype(np.int64)
    if own is None:
        own = q.S32
        if array.dtype.kind not in "iu":
            raise OutOfRange(f"no element type for {array.dtype.name}")
        if codes.size and (codes.min() < q.S32_MIN or codes.max() > q.S32_MAX):
            raise OutOfRange(f"{array.dtype.name} beyond 32 bits")
    return Coded(codes, own, 1.0, 0, True)


def bits_of(array):
    """Elements of up to 32 bits as they are, to be moved: codes and a type."""
    if array.dtype.name in ("float32", "int32", "uint32"):
        return array.copy(order="C").view("<i4").astype(np.int64), q.S32
    if array.dtype.name in ("int8", "uint8", "int4", "uint4", "int2", "uint2"):
        found = integers(array)
        return found.codes, found.kind
    raise OutOfRange(f"no element type for {array.dtype.name}")


def ordered(array):
    """float32 as 32-bit integers in the same order; both zeros are 0."""
    if array.dtype.kind in "iu":
        return integers(array).codes
    if array.dtype.name != "float32":
        raise OutOfRange(f"no element type for {array.dtype.name}")
    numbers(array)
    pattern = (array + np.float32(0)).copy(order="C").view("<i4").astype(np.int64)
    return np.where(pattern < 0, -(pattern & 0x7FFFFFFF), pattern)


def ranks(array):
    """Numbers in the order of their sizes, from 0: of equal ones, the same."""
    if array.dtype.kind not in "iuf":
        raise OutOfRange(f"elements of type {array.dtype}")
    numbers(array)
    return np.unique(array, return_inverse=True)[1].reshape(array.shape)


def coarse(ranks, kind, top):
    """Codes in the same order, where many ranks, of at most top, may have the same."""
    low, high = limits(kind)
    return low + ranks * (high - low + 1) // (top + 1)


def fingerprint(arrays, kind):
    """One function of each number to codes of a narrow type, for several arrays.

    Numbers are numbered by size, and their numbers are taken modulo the codes.
    """
    low, high = limits(kind)
    values = np.unique(np.concatenate([a.reshape(-1) for a in arrays]))
    return [low + np.searchsorted(values, a) % (high - low + 1) for a in arrays]
