# SPDX-License-Identifier: MIT
"""Copies: what a random COPY does with its input."""
import qformat as q


def straight(rng, size):
    """start, step, divisor and number of outputs of an axis, by a recipe."""
    kind = rng.choice(["all", "all", "slice", "back", "pad", "repeat", "resize", "wild"])
    if kind == "slice":
        start, step = rng.randrange(size), rng.choice([1, 1, 2, 3])
        return start, step, 1, rng.randint(1, (size - start - 1) // step + 1)
    if kind == "back":
        return size - 1, -1, 1, size
    if kind == "pad":
        before, after = rng.randrange(5), rng.randrange(5)
        return -before, 1, 1, size + before + after
    if kind == "repeat":
        return rng.randint(-1, size), 0, 1, rng.randint(1, 9)
    if kind == "resize":
        return resize(rng, size)
    if kind == "wild":
        numbers = [rng.choice([rng.randint(-9, 9), rng.randint(-q.MAX_COPY, q.MAX_COPY),
                               -q.MAX_COPY, q.MAX_COPY]) for _ in range(2)]
        divisor = rng.choice([1, 2, 3, 7, rng.randint(1, q.MAX_COPY), q.MAX_COPY])
        return *numbers, divisor, rng.randint(1, 12)
    return 0, 1, 1, size


def resize(rng, size):
    """Any of the conventions and roundings of the table in device.rst."""
    to = rng.randint(2, 2 * size + 5)
    s, c, d = rng.choice([(size, 0, to), (2 * size, size - to, 2 * to),
                          (2 * size, size, 2 * to), (size - 1, 0, to - 1)])
    return 2 * c + rng.choice([0, d - 1, d, 2 * d - 1]), 2 * s, 2 * d, to


def blocks(gen, source, body, budget):
    """Shape and number of channels of one of the block modes."""
    rng, shape = gen.rng, [source.height, source.width, source.channels]
    body.mode = rng.choice([q.SPACE_TO_DEPTH, q.DEPTH_TO_SPACE])
    body.block = b = rng.choice([1, 2, 2, 2, 3, 4])
    if rng.random() < 0.02:
        body.block = b = rng.choice([16, 100, q.MAX_COPY_BLOCK])
    if rng.random() < 0.5:
        body.flags |= q.CRD
    if body.mode == q.SPACE_TO_DEPTH:
        shape = [max(shape[0] // b, 1), max(shape[1] // b, 1), shape[2] * b * b]
    else:
        shape = [shape[0] * b, shape[1] * b, max(shape[2] // (b * b), 1)]
    for axis in range(3):
        body.set_axis(axis, 0, 1, 1, axis)
    if rng.random() < 0.3:
        # The positions that the blocks are made of are moved or scaled.
        axis = rng.randrange(3)
        body.set_axis(axis, *straight(rng, 4)[:3], axis)
    if rng.random() < 0.1:
        body.from0, body.from1 = 1, 0
    return shape


def choose(gen, source, budget):
    """A copy of a placed tensor; its output has a type if it needs no stage."""
    rng, body = gen.rng, q.Copy()
    sizes = [source.height, source.width, source.channels]
    if rng.random() < 0.3:
        shape = blocks(gen, source, body, budget)
    else:
        order = [0, 1, 2]
        if rng.random() < 0.3:
            rng.shuffle(order)
        shape, busy = [0, 0, 0], rng.random() < 0.7
        for axis, (size, origin) in enumerate(zip(sizes, order)):
            numbers = straight(rng, size) if busy else (0, 1, 1, size)
            body.set_axis(axis, *numbers[:3], origin)
            shape[origin] = numbers[3]
    if max(shape) > q.MAX_DIM // 2 or shape[0] * shape[1] * shape[2] > budget.elements * 2:
        return None
    if max(abs(v) for a in range(3) for v in body.axis(a)) > q.MAX_COPY:
        return None
    # Channels in front that stay as they are.
    kept = [t.channels for t in gen.arena.tensors[-6:]
            if [t.height, t.width] == shape[:2] and t.channels < 300]
    if rng.random() < 0.3:
        body.out_first = rng.choice([1, 2, 3, 5, 8, rng.randint(1, 40)] + kept * 2)
    if rng.random() < 0.5:
        body.flags |= q.CLAMP
    else:
        _, low, high = q.ELEMENTS[source.type]
        body.fill = rng.choice([source.zero_point, low, high, rng.randint(low, high)])
    out = q.Tensor(height=shape[0], width=shape[1], channels=shape[2] + body.out_first)
    if rng.random() < 0.5:
        out.type, out.zero_point = source.type, source.zero_point
    return q.Command(q.COPY, source, q.Tensor(), out, q.Stage(), body)
