# SPDX-License-Identifier: MIT
"""Output stages for the accumulators that a command really has."""
import math

import numpy as np

import qformat as q

NARROW = (q.S8, q.U8, q.S4, q.U4, q.S2, q.U2, q.B1)
LEAST_SCALE, MOST_SCALE = 0x00800000, 0x437FFFFF


def multiplier(rng, real):
    """s32 multiplier and shift near a real factor, in one of several forms."""
    kind = rng.random()
    if kind < 0.06:
        return (rng.choice([0, 1, 1 << 30, q.S32_MAX, rng.getrandbits(31)]),
                rng.choice([-31, -30, -1, 0, 1, 30, rng.randint(-31, 30)]))
    fraction, shift = math.frexp(real)
    number = min(int(fraction * (1 << 31)), q.S32_MAX)
    if kind < 0.3:
        number = 1 << 30
    elif kind < 0.4:
        number = 3 << 29
    elif kind < 0.5:
        # Not normalized: fewer bits, larger shift.
        less = rng.randrange(12)
        number, shift = number >> less, shift + less
    return number, min(max(shift, -31), 30)


def scale_bits(rng, real):
    """A float32 near a real factor; halves and powers of two make ties."""
    kind = rng.random()
    if kind < 0.03:
        return rng.choice([LEAST_SCALE, MOST_SCALE, 0x3F800000, LEAST_SCALE + 1])
    if kind < 0.3:
        real = 2.0 ** round(math.log2(real))
    elif kind < 0.45:
        real = 2.0 ** round(math.log2(real)) * rng.choice([1.5, 1.25, 0.75])
    bits = int(np.float32(real).view(np.uint32))
    return min(max(bits, LEAST_SCALE), MOST_SCALE)


def entries(gen, cmd):
    """Entries of the arrays, after a choice between one and one per channel."""
    if gen.rng.random() < 0.6:
        cmd.stage.flags |= q.PER_CHANNEL
    return q.stage_entries(cmd)


def clamps(gen, cmd, kind, zero_point):
    """Clamps for codes of a type."""
    _, low, high = q.ELEMENTS[kind]
    if gen.rng.random() < 0.3:
        low, high = sorted(gen.rng.randint(low, high) for _ in range(2))
    elif gen.rng.random() < 0.2:
        low = max(low, zero_point)
    cmd.stage.clamp_min, cmd.stage.clamp_max = low, high


def requant(gen, cmd, acc):
    cmd.stage.kind = q.REQUANT
    clamps(gen, cmd, cmd.output.type, cmd.output.zero_point)
    scales(gen, cmd, acc, 1 << q.ELEMENTS[cmd.output.type][0])


def scales(gen, cmd, acc, codes):
    """Arrays of a rule that spread the accumulators over some codes."""
    rng, stage = gen.rng, cmd.stage
    stage.rule = rng.choice([q.RULE_A, q.RULE_B, q.RULE_C])
    count = entries(gen, cmd)
    spread = int(np.abs(acc).max()) + 1
    if rng.random() < 0.5:
        # A few large ones should not make everything else 0.
        spread = int(np.median(np.abs(acc))) + 1
    real = codes / spread * 2.0 ** rng.uniform(-3, 1)
    # Many channels draw from a few factors, which is quicker.
    factors = [real * 2.0 ** rng.uniform(-1, 1) for _ in range(min(count, 20))]
    pick = gen.numbers.integers(0, len(factors), count)
    if stage.rule == q.RULE_C:
        bits = np.array([scale_bits(rng, f) for f in factors])
        stage.scale_off = gen.consts.words(bits[pick])
        return
    pairs = np.array([multiplier(rng, f) for f in factors])[pick]
    stage.scale_off = gen.consts.words(pairs[:, 0])
    stage.shift_off = gen.consts.add(pairs[:, 1].astype(np.int8).tobytes())


def thresholds(gen, cmd, acc):
    """Thresholds at and beside accumulators of their own channel."""
    rng, numbers, stage = gen.rng, gen.numbers, cmd.stage
    stage.kind = q.THRESHOLD
    _, low, high = q.ELEMENTS[cmd.output.type]
    most = high - low
    stage.levels = rng.choice([1, most, rng.randint(1, most), min(most, 3)])
    if stage.levels * cmd.output.channels > 20000:
        stage.levels = 1
    stage.base = rng.choice([low, high - stage.levels,
                             rng.randint(low, high - stage.levels)])
    count = entries(gen, cmd)
    flat = acc.reshape(-1, cmd.output.channels) if count > 1 else acc.reshape(-1, 1)
    rows = numbers.integers(0, len(flat), (count, stage.levels))
    limits = flat[rows, np.arange(count)[:, None]]
    if rng.random() < 0.3:
        stage.flags |= q.NEGATE
        negate = numbers.integers(0, 2, count)
        limits = np.where(negate[:, None] == 1, -limits, limits)
        stage.negate_off = gen.consts.add(negate.astype(np.uint8).tobytes())
    limits += numbers.integers(-1, 2, limits.shape)
    if rng.random() < 0.2:
        wild = numbers.choice([q.S32_MIN, q.S32_MAX, -q.ACC_MAX, q.ACC_MAX, 0],
                              limits.shape)
        limits = np.where(numbers.random(limits.shape) < 0.2, wild, limits)
    limits = np.clip(limits, q.S32_MIN, q.S32_MAX)
    stage.threshold_off = gen.consts.words(np.sort(limits, axis=1))


def table(gen, cmd, acc):
    """Tables of any codes, or of ones that rise or bend."""
    rng, numbers, stage = gen.rng, gen.numbers, cmd.stage
    stage.kind = q.TABLE
    stage.table_type = rng.choice([q.S8, q.U8])
    stage.table_zero_point = gen.zero_point(stage.table_type)
    clamps(gen, cmd, stage.table_type, stage.table_zero_point)
    scales(gen, cmd, acc, 256)
    count = 1
    if cmd.output.channels <= 70 and rng.random() < 0.5:
        stage.flags |= q.TABLES
        count = cmd.output.channels
    _, low, high = q.ELEMENTS[cmd.output.type]
    codes = numbers.integers(low, high + 1, (count, q.TABLE_SIZE))
    if rng.random() < 0.3:
        codes = np.sort(codes, axis=1)
    elif rng.random() < 0.3:
        codes = np.minimum(np.abs(np.arange(q.TABLE_SIZE) - rng.randrange(256)) + low,
                           high) + np.zeros((count, 1), np.int64)
    stage.table_off = gen.consts.add((codes & 255).astype(np.uint8).tobytes())


def choose(gen, cmd, acc):
    """Give a command an output type and stage."""
    kinds = [q.RAW, q.REQUANT, q.REQUANT, q.THRESHOLD, q.THRESHOLD, q.TABLE]
    if cmd.opcode == q.AVG_POOL:
        kinds += [q.MEAN, q.MEAN]
    kind = gen.rng.choice(kinds)
    if kind == q.RAW:
        cmd.output.type, cmd.stage.kind = q.S32, q.RAW
        return
    cmd.output.type = gen.rng.choice(NARROW)
    cmd.output.zero_point = gen.zero_point(cmd.output.type)
    if kind == q.REQUANT:
        requant(gen, cmd, acc)
    elif kind == q.THRESHOLD:
        thresholds(gen, cmd, acc)
    elif kind == q.TABLE:
        table(gen, cmd, acc)
    else:
        cmd.stage.kind = q.MEAN
        clamps(gen, cmd, cmd.output.type, cmd.output.zero_point)
        cmd.body.flags = gen.rng.choice([0, q.COUNT_PAD])
