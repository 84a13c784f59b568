# SPDX-License-Identifier: MIT
"""Random small TFLite networks: one operator each, or several in a row."""

import numpy as np

from model import Model

SAME, VALID = 0, 1
ACTIVATIONS = [0, 0, 1, 2, 3]  # none, RELU, RELU_N1_TO_1, RELU6


class Net:
    """A network that grows at its end, and what random numbers it is made of."""

    def __init__(self, rng, kind):
        self.rng = rng
        self.kind = kind
        self.floats = kind == "float32"
        self.low = 0 if kind == "uint8" else -128
        self.model = Model()
        self.start = None  # the network's input, if it is another tensor

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def some(self, n):
        """1 to n."""
        return int(self.rng.integers(1, n + 1))

    def scale(self, low=-2.5, high=-0.5):
        """Any number; sometimes a power of two, so that results are halfway."""
        if self.rng.integers(4) == 0:
            return np.float32(2.0 ** self.rng.integers(-7, 0))
        return np.float32(10 ** self.rng.uniform(low, high))

    def zero(self):
        return int(self.pick(self.low, self.low + 128, self.low + 255,
                             self.low + int(self.rng.integers(256))))

    def codes(self, *shape):
        if self.floats:
            return self.rng.normal(0, 0.5, shape)
        return self.rng.integers(self.low, self.low + 256, shape)

    def constant(self, codes, scale=None, zero=None):
        if self.floats:
            return self.plain(self.model.constant(codes, "float32"))
        return self.model.constant(codes, self.kind, self.scale() if scale is None else scale,
                                   self.zero() if zero is None else zero)

    def plain(self, t):
        """Floats count as codes with steps of 1."""
        t.scale, t.zero = np.float32(1), 0
        return t

    def value(self, shape, scale=None, zero=None):
        if self.floats:
            return self.plain(self.model.tensor(shape, "float32"))
        return self.model.tensor(shape, self.kind, self.scale() if scale is None else scale,
                                 self.zero() if zero is None else zero)

    def like(self, t, shape):
        return self.value(shape, t.scale, t.zero)

    def image(self, side=9, channels=9):
        return self.value((1, self.some(side), self.some(side), self.some(channels)))

    def ints(self, *values):
        return self.model.constant(np.array(values, np.int32), "int32")


def window_sides(padding, size, kernel, stride, dilation):
    span = (kernel - 1) * dilation + 1
    if padding == SAME:
        return -(-size // stride)
    return -(-(size - span + 1) // stride)


def weights(net, shape, axis, outs, narrow=("int4",)):
    """Weights of the network's kind and their scales; per channel if signed."""
    if net.floats:
        return net.constant(net.codes(*shape))
    if net.kind == "uint8":
        return net.constant(net.codes(*shape), net.scale(-2.5, -1), int(net.rng.integers(256)))
    kind = net.pick("int8", "int8", "int8", *narrow)
    most = (1 << (int(kind[3:]) - 1)) - 1
    scales = 10 ** net.rng.uniform(-2.5, -1, outs)
    if net.rng.integers(4) == 0:
        scales = np.repeat(scales[:1], outs)
    codes = net.rng.integers(-most, most + 1, shape)
    return net.model.constant(codes, kind, scales.astype(np.float32), 0, axis)


def bias(net, x, w, outs, reach, needed=False):
    if not needed and net.rng.integers(5) == 0:
        return None
    if net.floats:
        return net.constant(net.codes(outs))
    codes = net.rng.integers(-reach, reach + 1, outs)
    scale = np.float32(x.scale) * np.asarray(w.scale, np.float32)
    return net.model.constant(codes, "int32", scale, 0)


def result_scale(x, w, taps):
    """One for which sums use a part of the range."""
    reach = 128.0 * 64 * np.sqrt(taps)
    return np.float32(float(x.scale) * float(np.mean(w.scale)) * reach / 128)


def conv(net, x):
    n, h, width, c = x.shape
    groups = net.pick(1, 1, 1, c) if net.kind == "int8" else 1
    outs = groups * net.some(3) if groups > 1 else net.some(12)
    padding = net.pick(SAME, VALID)
    kh, kw, sh, sw = net.some(min(h, 4)), net.some(min(width, 4)), net.some(3), net.some(3)
    dh, dw = net.pick(1, 1, 2), net.pick(1, 1, 2)
    if (kh - 1) * dh >= h or (kw - 1) * dw >= width:
        dh = dw = 1
    w = weights(net, (outs, kh, kw, c // groups), 0, outs)
    b = bias(net, x, w, outs, 4000, needed=True)
    y = net.value((1, window_sides(padding, h, kh, sh, dh),
                   window_sides(padding, width, kw, sw, dw), outs),
                  result_scale(x, w, kh * kw * c // groups))
    net.model.op("CONV_2D", [x, w, b], [y], 3, "Conv2D", padding=padding,
                 strideH=sh, strideW=sw, dilationHFactor=dh, dilationWFactor=dw,
                 fusedActivationFunction=net.pick(*ACTIVATIONS))
    return y


def depthwise(net, x):
    n, h, width, c = x.shape
    times = net.pick(1, 1, 2, 3)
    padding = net.pick(SAME, VALID)
    kh, kw, stride = net.some(min(h, 4)), net.some(min(width, 4)), net.some(3)
    d = net.pick(1, 1, 2)
    if (kh - 1) * d >= h or (kw - 1) * d >= width:
        d = 1
    w = weights(net, (1, kh, kw, c * times), 3, c * times)
    b = bias(net, x, w, c * times, 2000)
    y = net.value((1, window_sides(padding, h, kh, stride, d),
                   window_sides(padding, width, kw, stride, d), c * times),
                  result_scale(x, w, kh * kw))
    net.model.op("DEPTHWISE_CONV_2D", [x, w, b] if b else [x, w], [y], 3, "DepthwiseConv2D",
                 padding=padding, strideH=stride, strideW=stride, depthMultiplier=times,
                 dilationHFactor=d, dilationWFactor=d,
                 fusedActivationFunction=net.pick(*ACTIVATIONS))
    return y


def transpose_conv(net, x):
    n, h, width, c = x.shape
    outs, padding = net.some(8), net.pick(SAME, VALID)
    kh, kw, sh, sw = net.some(4), net.some(4), net.some(3), net.some(3)
    if padding == SAME:
        sides = h * sh, width * sw
    else:
        sides = (h - 1) * sh + kh, (width - 1) * sw + kw
    w = weights(net, (outs, kh, kw, c), 0, outs, narrow=())
    b = bias(net, x, w, outs, 4000)
    y = net.value((1, *sides, outs), result_scale(x, w, kh * kw * c))
    shape = net.ints(*y.shape)
    net.model.op("TRANSPOSE_CONV", [shape, w, x] + ([b] if b else []), [y], 3, "TransposeConv",
                 padding=padding, strideH=sh, strideW=sw,
                 fusedActivationFunction=net.pick(*ACTIVATIONS))
    return y


def dense(net, x):
    size = int(np.prod(x.shape))
    outs = net.some(16)
    w = weights(net, (outs, size), 0, outs, narrow=("int4", "int2"))
    b = bias(net, x, w, outs, 4000)
    y = net.value((1, outs), result_scale(x, w, size))
    net.model.op("FULLY_CONNECTED", [x, w, b], [y], 4, "FullyConnected",
                 fusedActivationFunction=net.pick(*ACTIVATIONS))
    return y


def dense_rows(net, x):
    c = x.shape[-1]
    outs = net.some(16)
    w = weights(net, (outs, c), 0, outs)
    b = bias(net, x, w, outs, 4000)
    y = net.value((*x.shape[:-1], outs), result_scale(x, w, c))
    net.model.op("FULLY_CONNECTED", [x, w, b], [y], 5, "FullyConnected", keepNumDims=True,
                 fusedActivationFunction=net.pick(*ACTIVATIONS))
    return y


def pool(name):
    def build(net, x):
        n, h, width, c = x.shape
        padding = net.pick(SAME, VALID)
        kh, kw, sh, sw = net.some(h), net.some(width), net.some(3), net.some(3)
        y = net.like(x, (1, window_sides(padding, h, kh, sh, 1),
                         window_sides(padding, width, kw, sw, 1), c))
        net.model.op(name, [x], [y], 2, "Pool2D", padding=padding, strideH=sh, strideW=sw,
                     filterHeight=kh, filterWidth=kw,
                     fusedActivationFunction=net.pick(*ACTIVATIONS))
        return y
    return build


def mean(net, x):
    axes = net.pick((1, 2), (2, 1), (1,), (2,), (-3, -2))
    keep = net.pick(True, False)
    over = {a % 4 for a in axes}
    shape = [1 if i in over else n for i, n in enumerate(x.shape)]
    if not keep:
        shape = [n for i, n in enumerate(x.shape) if i not in over]
    scale = net.pick(x.scale, np.float32(x.scale * 10 ** net.rng.uniform(-0.5, 0.2)))
    y = net.value(shape, scale, net.pick(x.zero, net.zero()))
    net.model.op("MEAN", [x, net.ints(*axes)], [y], 2, "Reducer", keepDims=keep)
    return y


def halves(net, x):
    """Two values from one: it, and it in other codes."""
    other = net.value(x.shape, np.float32(x.scale * 10 ** net.rng.uniform(-0.4, 0.4)))
    if net.floats:
        net.model.op("TANH", [x], [other])
    else:
        net.model.op("QUANTIZE", [x], [other], 2, "Quantize")
    flipped = net.like(x, x.shape)
    back = net.model.constant(np.array([-1] * len(x.shape), np.int32), "int32")
    start = net.model.constant(np.array([-1] * len(x.shape), np.int32), "int32")
    net.model.op("STRIDED_SLICE", [x, start, start, back], [flipped], 2, "StridedSlice",
                 beginMask=15, endMask=15)
    return net.pick((flipped, other), (other, flipped))


def pair(name, options):
    def build(net, x):
        a, b = halves(net, x)
        if name == "MUL":
            scale = np.float32(a.scale * b.scale * 128 * 10 ** net.rng.uniform(-0.5, 0.5))
        else:
            scale = np.float32(max(a.scale, b.scale) * 10 ** net.rng.uniform(-0.4, 0.4))
        y = net.value(x.shape, scale)
        net.model.op(name, [a, b], [y], 2, options,
                     fusedActivationFunction=net.pick(*ACTIVATIONS))
        return y
    return build


def with_constant(name, options):
    def build(net, x):
        shape = net.pick((1,), (x.shape[-1],), (1,) * (len(x.shape) - 1) + (x.shape[-1],))
        k = net.constant(net.codes(*shape))
        if name == "MUL":
            scale = np.float32(x.scale * k.scale * 128 * 10 ** net.rng.uniform(-0.5, 0.5))
        else:
            scale = np.float32(max(x.scale, k.scale) * 10 ** net.rng.uniform(-0.4, 0.4))
        y = net.value(x.shape, scale)
        inputs = net.pick([x, k], [x, k], [k, x]) if len(x.shape) == len(shape) else [x, k]
        net.model.op(name, inputs, [y], 2, options,
                     fusedActivationFunction=net.pick(*ACTIVATIONS))
        return y
    return build


def concat(net, x):
    a, b = halves(net, x)
    axis = net.pick(*range(1, len(x.shape)))
    if net.kind == "int8":  # TFLite wants one scale
        b = a
        parts = [a] * net.pick(2, 3)
    else:
        parts = [a, b, a][:net.pick(2, 3)]
    shape = list(x.shape)
    shape[axis] *= len(parts)
    if net.kind == "int8":
        y = net.like(a, shape)
    else:
        y = net.value(shape, np.float32(a.scale * 10 ** net.rng.uniform(-0.3, 0.5)))
    net.model.op("CONCATENATION", parts, [y], 2, "Concatenation",
                 axis=net.pick(axis, axis - len(shape)))
    return y


def reshape(net, x):
    n, h, w, c = x.shape
    shape = net.pick((1, h * w * c), (1, w, h, c), (1, h * w, 1, c), (1, h, 1, w * c),
                     (1, c, h, w), (1, h * w, c), (1, h, w * c))
    x = table("RELU")(net, x)
    y = net.like(x, shape)
    net.model.op("RESHAPE", [x, net.ints(*shape)], [y], 1, "Reshape", newShape=list(shape))
    return y


def squeeze(net, x):
    y = net.like(x, [n for n in x.shape[1:]])
    net.model.op("SQUEEZE", [x], [y], 1, "Squeeze", squeezeDims=[0])
    back = net.like(x, x.shape)
    net.model.op("EXPAND_DIMS", [y, net.ints(0)], [back], 1, "ExpandDims")
    return table("RELU")(net, back)


def transpose(net, x):
    turn = [0] + [int(i) for i in 1 + net.rng.permutation(3)]
    y = net.like(x, [x.shape[i] for i in turn])
    net.model.op("TRANSPOSE", [x, net.ints(*turn)], [y], 2, "Transpose")
    return y


def pad(net, x):
    pads = net.rng.integers(0, 4, (4, 2))
    pads[0] = 0
    if net.pick(True, False):
        pads[3] = 0
    y = net.like(x, np.array(x.shape) + pads.sum(1))
    p = net.model.constant(pads, "int32")
    if net.pick(True, False):
        net.model.op("PAD", [x, p], [y], 2, "Pad")
    else:
        fill = net.constant(net.codes(1), x.scale, x.zero)
        net.model.op("PADV2", [x, p, fill], [y], 2, "PadV2")
    return y


def mirror_pad(net, x):
    x = table("RELU")(net, x)
    mode = net.pick(0, 1)
    pads = np.array([[net.rng.integers(0, max(1, n + mode)) for _ in range(2)]
                     for n in np.minimum(x.shape, 4)])
    pads[0] = 0
    y = net.like(x, np.array(x.shape) + pads.sum(1))
    net.model.op("MIRROR_PAD", [x, net.model.constant(pads, "int32")], [y], 2, "MirrorPad",
                 mode=mode)
    return y


def slice_(net, x):
    begin = [int(net.rng.integers(n)) for n in x.shape]
    size = [int(net.rng.integers(1, n - b + 1)) for n, b in zip(x.shape, begin)]
    y = net.like(x, size)
    shown = [-1 if b + s == n and net.pick(True, False) else s
             for b, s, n in zip(begin, size, x.shape)]
    net.model.op("SLICE", [x, net.ints(*begin), net.ints(*shown)], [y], 2, "Slice")
    return y


def strided_slice(net, x):
    begin, end, step, shape, shrink = [], [], [], [], 0
    for i, n in enumerate(x.shape):
        s = net.pick(1, 1, 2, 3, -1, -2)
        b = int(net.rng.integers(n))
        left = n - b if s > 0 else b + 1
        e = b + (s // abs(s)) * int(net.rng.integers(1, left + 1))
        step.append(s)
        begin.append(net.pick(b, b - n))
        if e < 0:
            end.append(-n - 1)
        else:
            end.append(e)
        size = len(range(b, e, s))
        if i in (1, 2) and net.rng.integers(4) == 0:
            shrink |= 1 << i
            step[-1] = 1
        else:
            shape.append(size)
    y = net.like(x, shape)
    net.model.op("STRIDED_SLICE", [x, net.ints(*begin), net.ints(*end), net.ints(*step)], [y], 2,
                 "StridedSlice", shrinkAxisMask=shrink)
    return y


def split(net, x):
    axis = net.pick(1, 2, 3)
    n = x.shape[axis]
    parts = net.pick(*[k for k in range(1, n + 1) if n % k == 0])
    shape = list(x.shape)
    shape[axis] //= parts
    ends = [net.like(x, shape) for _ in range(parts)]
    dim = net.model.constant(np.array(net.pick(axis, axis - 4), np.int32), "int32")
    net.model.op("SPLIT", [dim, x], ends, 2, "Split", numSplits=parts)
    return ends


def split_v(net, x):
    axis = net.pick(1, 2, 3)
    n = x.shape[axis]
    first = int(net.rng.integers(1, n)) if n > 1 else 1
    sizes = [first, n - first] if n > 1 else [1]
    ends = []
    for s in sizes:
        shape = list(x.shape)
        shape[axis] = s
        ends.append(net.like(x, shape))
    dim = net.model.constant(np.array(axis, np.int32), "int32")
    net.model.op("SPLIT_V", [x, net.ints(*sizes), dim], ends, 2, "SplitV", numSplits=len(sizes))
    return ends


def resize(net, x):
    h, w = net.some(14), net.some(14)
    align, half = net.pick((False, False), (True, False), (False, True))
    y = net.like(x, (1, h, w, x.shape[3]))
    net.model.op("RESIZE_NEAREST_NEIGHBOR", [x, net.ints(h, w)], [y], 3, "ResizeNearestNeighbor",
                 alignCorners=align, halfPixelCenters=half)
    return y


def space_to_depth(net, x):
    n, h, w, c = x.shape
    b = net.pick(*[k for k in range(1, 5) if h % k == 0 and w % k == 0])
    y = net.like(x, (1, h // b, w // b, c * b * b))
    net.model.op("SPACE_TO_DEPTH", [x], [y], 2, "SpaceToDepth", blockSize=b)
    return y


def depth_to_space(net, x):
    n, h, w, c = x.shape
    b = net.pick(*[k for k in range(1, 4) if c % (k * k) == 0])
    y = net.like(x, (1, h * b, w * b, c // (b * b)))
    net.model.op("DEPTH_TO_SPACE", [x], [y], 1, "DepthToSpace", blockSize=b)
    return y


def softmax(net, x):
    y = net.value(x.shape, np.float32(1 / 256), net.low)
    net.model.op("SOFTMAX", [x], [y], 1 if net.floats else 2, "Softmax", beta=net.pick(1.0, 1.0, 0.5, 2.0))
    return y


def arg_max(net, x):
    wide = net.pick("int32", "int64")
    y = net.model.tensor(x.shape[:-1], wide)
    axis = net.model.constant(np.array(net.pick(-1, len(x.shape) - 1), np.int32), "int32")
    net.model.op("ARG_MAX", [x, axis], [y], 2, "ArgMax", outputType=2 if wide == "int32" else 4)
    return y


def table(name, scale=None, zero=128, version=2, kind=None, **options):
    def build(net, x):
        if scale:
            y = net.value(x.shape, np.float32(scale), net.low + zero)
        else:
            y = net.value(x.shape, np.float32(x.scale * 10 ** net.rng.uniform(-0.5, 0.6)))
        fields = {k: v(net) for k, v in options.items()}
        net.model.op(name, [x], [y], version, kind, **fields)
        return y
    return build


def prelu(net, x):
    shape = net.pick((1, 1, x.shape[-1]), (1, 1, 1))
    alpha = net.constant(net.codes(*shape))
    y = net.value(x.shape, np.float32(x.scale * 10 ** net.rng.uniform(-0.5, 0.6)))
    net.model.op("PRELU", [x, alpha], [y])
    return y


def float_ends(net, x):
    """Floats outside, codes inside; both ends have the codes of what is next to them."""
    real = net.model.tensor(x.shape, "float32", name="real")
    net.model.op("QUANTIZE", [real], [x], 1, "Quantize")
    y = conv(net, x)
    end = net.model.tensor(y.shape, "float32", name="end")
    net.model.op("DEQUANTIZE", [y], [end], 2, "Dequantize")
    end.codes_of = y
    real.codes_of = x
    net.start = real
    return end


OPERATORS = {
    "CONV_2D": conv, "DEPTHWISE_CONV_2D": depthwise, "TRANSPOSE_CONV": transpose_conv,
    "FULLY_CONNECTED": dense, "FULLY_CONNECTED (rows)": dense_rows,
    "AVERAGE_POOL_2D": pool("AVERAGE_POOL_2D"), "MAX_POOL_2D": pool("MAX_POOL_2D"),
    "MEAN": mean, "ADD": pair("ADD", "Add"), "SUB": pair("SUB", "Sub"),
    "MUL": pair("MUL", "Mul"), "ADD (constant)": with_constant("ADD", "Add"),
    "SUB (constant)": with_constant("SUB", "Sub"), "MUL (constant)": with_constant("MUL", "Mul"),
    "CONCATENATION": concat, "RESHAPE": reshape, "SQUEEZE, EXPAND_DIMS": squeeze,
    "TRANSPOSE": transpose, "PAD, PADV2": pad, "MIRROR_PAD": mirror_pad, "SLICE": slice_,
    "STRIDED_SLICE": strided_slice, "SPLIT": split, "SPLIT_V": split_v,
    "RESIZE_NEAREST_NEIGHBOR": resize, "SPACE_TO_DEPTH": space_to_depth,
    "DEPTH_TO_SPACE": depth_to_space, "SOFTMAX": softmax, "ARG_MAX": arg_max,
    "LOGISTIC": table("LOGISTIC", 1 / 256, 0), "TANH": table("TANH", 1 / 128),
    "HARD_SWISH": table("HARD_SWISH", kind="HardSwish", version=1),
    "GELU": table("GELU", kind="Gelu", approximate=lambda net: not net.floats and net.pick(True, False)),
    "LEAKY_RELU": table("LEAKY_RELU", kind="LeakyRelu",
                        alpha=lambda net: float(net.rng.uniform(0.01, 0.9))),
    "PRELU": prelu, "RELU": table("RELU"), "RELU6": table("RELU6"),
    "RELU_N1_TO_1": table("RELU_N1_TO_1", version=1), "RELU_0_TO_1": table("RELU_0_TO_1", version=1),
    "QUANTIZE": table("QUANTIZE", kind="Quantize"), "DEQUANTIZE (float ends)": float_ends,
}

# Those whose result is one image again.
CHAINED = [name for name in OPERATORS if name not in
           ("FULLY_CONNECTED", "MEAN", "RESHAPE", "STRIDED_SLICE", "SPLIT", "SPLIT_V", "ARG_MAX",
            "DEQUANTIZE (float ends)")]

# Those that have no codes, or are nothing for floats.
NOT_FLOAT = ["QUANTIZE", "DEQUANTIZE (float ends)", "ARG_MAX"]


def single(rng, kind, name):
    """A network of one operator."""
    net = Net(rng, kind)
    x = net.image()
    ends = OPERATORS[name](net, x)
    ends = ends if isinstance(ends, list) else [ends]
    return net, net.start or x, ends


def chain(rng, kind):
    """Up to seven operators, with results that are used twice."""
    net = Net(rng, kind)
    x = value = net.image(7, 6)
    made = [x]
    for _ in range(int(rng.integers(2, 8))):
        source = net.pick(value, value, made[rng.integers(len(made))])
        if len(source.shape) != 4 or np.prod(source.shape) > 4000:
            source = x
        value = OPERATORS[net.pick(*CHAINED)](net, source)
        made.append(value)
    shaped = [t for t in made if t.shape == value.shape and t is not value and t is not x]
    if shaped:
        other = net.pick(*shaped)
        y = net.value(value.shape, np.float32(max(value.scale, other.scale) * 1.3))
        net.model.op("ADD", [value, other], [y], 2, "Add")
        value = y
    return net, x, [value]


def inputs(net, x, count):
    """Random codes, the ends of the range, and a ramp."""
    rng, low = net.rng, net.low
    size = int(np.prod(x.shape))
    if net.floats:
        return [rng.normal(0, 2, x.shape).astype(np.float32) for _ in range(count)]
    rows = [rng.integers(low, low + 256, size) for _ in range(max(count - 3, 1))]
    rows += [np.full(size, low), np.full(size, low + 255), low + np.arange(size) % 256]
    return [row.astype(net.kind).reshape(x.shape) for row in rows]
