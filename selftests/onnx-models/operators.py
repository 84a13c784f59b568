# SPDX-License-Identifier: MIT
"""
Each operator of the importer, in the forms that operator sets 7 to the newest
give it: the float execution against onnxruntime's.
"""

import numpy as np
import onnxruntime
from build_model import Model
from device import Refused

CASES = []


def case(*opsets):
    """A function that adds nodes to a model and returns the outputs."""
    def keep(function):
        for opset in opsets:
            CASES.append((function, opset))
        return function
    return keep


def ints(m, *values):
    return m.const(values, np.int64)


def element_wise(op, opsets, low=-4.0, shape=(1, 3, 5, 4), **attributes):
    def build(m):
        y = m.add("Clip", "x", m.const(np.float32(low)), "") if m.opset >= 11 and low > -4 else "x"
        if m.opset < 11 and low > -4:
            y = m.add("Clip", "x", min=float(low), max=1e9)
        return [m.add(op, y, **attributes)]
    build.__name__ = op + ("_" + "_".join(attributes) if attributes else "")
    build.shape = shape
    for opset in opsets:
        CASES.append((build, opset))


for name in ("Abs", "Elu", "Exp", "HardSigmoid", "LeakyRelu", "Neg", "Relu", "Selu", "Sigmoid",
             "Softplus", "Softsign", "Tanh"):
    element_wise(name, (7, 13, 22, 25))
    element_wise(name, (13,), shape=(1, 6))
    element_wise(name, (13,), shape=(1, 3, 7))
for name in ("Log", "Sqrt", "Reciprocal"):
    element_wise(name, (7, 13, 25), low=0.1)
element_wise("Erf", (9, 13, 25))
element_wise("HardSwish", (14, 22))
element_wise("Mish", (18, 22))
element_wise("Gelu", (20, 25))
element_wise("Celu", (12, 22), alpha=0.7)
element_wise("Elu", (7, 22), alpha=0.6)
element_wise("HardSigmoid", (7, 22), alpha=0.3, beta=0.4)
element_wise("LeakyRelu", (7, 16), alpha=0.3)
element_wise("Selu", (7, 22), alpha=1.2, gamma=0.9)
element_wise("Identity", (7, 25))
element_wise("Flatten", (7, 25), axis=2)
element_wise("Flatten", (11, 25), axis=-1)
element_wise("Flatten", (7, 25), axis=0)
element_wise("Flatten", (7, 25), axis=4)
element_wise("GlobalAveragePool", (7, 22))
element_wise("GlobalMaxPool", (7, 22))
element_wise("GlobalMaxPool", (7, 22), shape=(1, 5, 9))


@case(7, 10, 12, 25)
def Dropout(m):
    return [m.add("Relu", m.add("Dropout", "x"))]


@case(7, 12, 25)
def Clip(m):
    if m.opset < 11:
        return [m.add("Clip", "x", min=-0.5, max=0.75)]
    return [m.add("Clip", "x", m.const(np.float32(-0.5)), m.const(np.float32(0.75))),
            m.add("Clip", "x", "", m.const(np.float32(0.3)))]


@case(8, 13, 25)
def MinMax(m):
    return [m.add("Min", "x", m.const(np.float32(0.5))),
            m.add("Max", m.const([-0.25]), "x", m.const([[-0.5]]))]


def arithmetic(shape, *constants):
    def build(m):
        out = []
        for c in constants:
            for op in ("Add", "Sub", "Mul", "Div"):
                v = np.abs(m.rng.randn(*c)) + 0.5
                out.append(m.add(op, "x", m.const(v)))
                if op != "Div":
                    out.append(m.add(op, m.const(v), "x"))
        return out
    build.__name__ = "arithmetic_%s" % "x".join(map(str, shape))
    build.shape = shape
    for opset in (7, 14, 25):
        CASES.append((build, opset))


arithmetic((1, 3, 5, 4), (), (1,), (3, 1, 1), (1, 3, 1, 1))
arithmetic((1, 3, 5, 4), (4,), (5, 1))
arithmetic((1, 6), (6,), (1, 6), (1, 1))
arithmetic((1, 3, 7), (3, 1), (7,), (1, 1, 1))


@case(7, 14, 25)
def DivByValue(m):
    y = m.add("Sigmoid", "x")
    return [m.add("Div", "x", y), m.add("Div", m.const(np.float32(2)), y)]


@case(7, 14, 25)
def TwoValues(m):
    y = m.add("Sigmoid", "x")
    z = m.add("GlobalAveragePool", "x")
    return [m.add("Add", "x", y), m.add("Sub", y, "x"), m.add("Mul", "x", y),
            m.add("Mul", y, m.add("Tanh", "x")), m.add("Mul", z, "x"), m.add("Add", "x", z),
            m.add("Sub", z, "x"), m.add("Sum", "x", y, z if m.opset >= 8 else y),
            m.add("Mul", y, "x")]


@case(14, 25)
def HardSwishParts(m):
    return [m.add("Mul", "x", m.add("HardSigmoid", "x", alpha=1 / 6, beta=0.5))]


@case(7, 12, 13, 25)
def Pow(m):
    y = m.add("Sigmoid", "x")
    return [m.add("Pow", y, m.const(np.float32(e))) for e in (1, 2, 0.5, -1, -0.5, 1.7)]


@case(7, 9, 25)
def PRelu(m):
    return [m.add("PRelu", "x", m.random(*s)) for s in ((3, 1, 1), (1,), (1, 3, 1, 1))]


@case(7, 9, 14, 15, 25)
def BatchNormalization(m):
    v = m.const(m.rng.rand(3) + 0.3)
    return [m.add("BatchNormalization", "x", m.random(3), m.random(3), m.random(3), v,
                  epsilon=0.01)]


def conv(shape, weights, bias=True, op="Conv", **attributes):
    def build(m):
        w = [m.random(*weights)] + ([m.random(bias if bias is not True else weights[0])]
                                    if bias else [])
        return [m.add(op, "x", *w, **attributes)]
    build.__name__ = op
    build.shape = shape
    for opset in (7, 11, 22, 25):
        CASES.append((build, opset))


conv((1, 4, 9, 8), (6, 4, 3, 3))
conv((1, 4, 9, 8), (6, 4, 3, 2), bias=False, pads=[1, 0, 2, 1], strides=[2, 1])
conv((1, 4, 9, 8), (6, 2, 3, 3), group=2, dilations=[2, 1])
conv((1, 4, 9, 8), (8, 1, 3, 3), group=4, auto_pad="SAME_UPPER", strides=[2, 2])
conv((1, 4, 9, 8), (4, 1, 5, 4), group=4, auto_pad="SAME_LOWER", kernel_shape=[5, 4])
conv((1, 4, 9, 8), (5, 4, 1, 1), auto_pad="VALID")
conv((1, 4, 9, 8), (5, 4, 1, 1), pads=[1, 2, 0, 3])
conv((1, 4, 9, 8), (4, 1, 2, 3), group=4, pads=[4, 0, 3, 5], strides=[2, 1], dilations=[2, 1])
conv((1, 4, 11), (6, 4, 3), pads=[2, 1], strides=[2])
conv((1, 4, 11), (6, 4, 3), pads=[5, 4], strides=[2])
conv((1, 4, 11), (4, 1, 3), group=4, dilations=[3], pads=[3, 2])
conv((1, 4, 5, 6), (4, 3, 3, 3), op="ConvTranspose", bias=3)
conv((1, 4, 5, 6), (4, 3, 3, 3), op="ConvTranspose", bias=False, strides=[2, 3],
     pads=[1, 0, 1, 2], output_padding=[1, 2])
conv((1, 4, 5, 6), (4, 3, 3, 2), op="ConvTranspose", bias=6, group=2, dilations=[2, 1],
     strides=[1, 2])
conv((1, 4, 5, 6), (4, 3, 3, 3), op="ConvTranspose", bias=3, strides=[2, 2],
     auto_pad="SAME_UPPER")
conv((1, 4, 5, 6), (4, 3, 4, 4), op="ConvTranspose", bias=3, strides=[2, 2],
     output_shape=[10, 12])
conv((1, 4, 3, 3), (4, 3, 3, 3), op="ConvTranspose", bias=3, strides=[3, 2],
     output_shape=[10, 8])
conv((1, 4, 7), (4, 3, 3), op="ConvTranspose", bias=3, strides=[2])


def pool(op, opsets, shape=(1, 3, 9, 8), **attributes):
    def build(m):
        return [m.add(op, "x", **attributes)]
    build.__name__ = op
    build.shape = shape
    for opset in opsets:
        CASES.append((build, opset))


for name in ("MaxPool", "AveragePool"):
    pool(name, (7, 11, 25), kernel_shape=[2, 2], strides=[2, 2])
    pool(name, (7, 11, 25), kernel_shape=[3, 2], pads=[1, 0, 2, 1], strides=[2, 1])
    pool(name, (7, 11, 25), kernel_shape=[3, 3], auto_pad="SAME_UPPER", strides=[2, 2])
    pool(name, (7, 11, 25), kernel_shape=[3, 3], auto_pad="SAME_LOWER", strides=[2, 2])
    pool(name, (10, 12, 25), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    pool(name, (10, 12, 25), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, pads=[1, 1, 1, 1])
    pool(name, (19, 25), kernel_shape=[2, 3], dilations=[2, 2], pads=[1, 1, 1, 1])
    pool(name, (7, 25), shape=(1, 3, 11), kernel_shape=[3], strides=[2], pads=[1, 1])
pool("AveragePool", (7, 11, 25), kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
pool("MaxPool", (10, 25), kernel_shape=[2, 2], dilations=[3, 2])


def reduce_case(axes, keep, shape=(1, 3, 5, 4)):
    def build(m):
        out = []
        for op in ("ReduceMean", "ReduceSum", "ReduceMax"):
            given = axes is not None
            old = m.opset < (13 if op == "ReduceSum" else 18)
            if old:
                out.append(m.add(op, "x", keepdims=keep, **({"axes": axes} if given else {})))
            else:
                out.append(m.add(op, "x", *([ints(m, *axes)] if given else []), keepdims=keep))
        return out
    build.__name__ = "Reduce_%s_%d" % (axes, keep)
    build.shape = shape
    for opset in (11, 13, 18, 25):
        CASES.append((build, opset))


for keep in (0, 1):
    reduce_case([2, 3], keep)
    reduce_case([-1, -2], keep)
    reduce_case([3], keep)
    reduce_case([1], keep)
    reduce_case(None, keep)
    reduce_case([1], keep, shape=(1, 7))
    reduce_case([2], keep, shape=(1, 3, 7))


@case(7, 9, 11, 13, 25)
def Gemm(m):
    m.shape = (1, 6)
    return [m.add("Gemm", "x", m.random(6, 5), m.random(5)),
            m.add("Gemm", "x", m.random(5, 6), m.random(1, 5), transB=1, alpha=0.5, beta=2.0),
            m.add("Gemm", "x", m.random(6, 5), m.const([0.5]))] + (
        [m.add("Gemm", "x", m.random(6, 4))] if m.opset >= 11 else [])


@case(7, 9, 13, 25)
def MatMul(m):
    m.shape = (1, 3, 6)
    y = m.add("Add", m.add("MatMul", "x", m.random(6, 4)), m.random(4))
    return [y, m.add("MatMul", m.random(5, 3), "x"), m.add("MatMul", m.random(1, 2, 3), "x")]


@case(9, 13, 25)
def MatMul4(m):
    m.shape = (1, 2, 3, 6)
    return [m.add("MatMul", "x", m.random(6, 4)), m.add("MatMul", m.random(5, 3), "x")]


@case(7, 13, 25)
def Transpose(m):
    y = m.add("Transpose", "x", perm=[0, 2, 3, 1])
    z = m.add("Transpose", m.add("Relu", y), perm=[0, 3, 1, 2])
    w = m.add("Transpose", "x", perm=[0, 1, 3, 2])
    return [z, m.add("MatMul", y, m.random(3, 5)), m.add("Conv", w, m.random(2, 3, 3, 3)),
            m.add("Add", w, m.add("Tanh", w)), m.add("Transpose", "x")]


@case(7, 13, 21, 25)
def Reshape(m):
    y = m.add("Transpose", "x", perm=[0, 2, 3, 1])
    return [m.add("Relu", m.add("Reshape", a, ints(m, *s)))
            for a in ("x", y) for s in ((1, -1), (0, -1), (1, 4, 15), (1, 3, 20), (1, 2, 6, 5),
                                        (60,), (3, 20), (1, 60, 1, 1), (1, 1, 1, 60), (5, 3, 4))]


@case(7, 11, 13, 25)
def Squeeze(m):
    y = m.add("GlobalAveragePool", "x")
    if m.opset < 13:
        a, b = m.add("Squeeze", y, axes=[2, 3]), m.add("Squeeze", y)
        c = m.add("Unsqueeze", a, axes=[0, 3])
    else:
        a, b = m.add("Squeeze", y, ints(m, 2, 3)), m.add("Squeeze", y)
        c = m.add("Unsqueeze", a, ints(m, 0, -1))
    return [m.add("Relu", v) for v in (a, b, c)]


@case(7, 11, 13, 25)
def Concat(m):
    y, z = m.add("Tanh", "x"), m.add("Sigmoid", "x")
    f = m.add("Flatten", "x")
    return [m.add("Concat", "x", y, z, axis=1), m.add("Concat", y, "x", axis=2),
            m.add("Concat", "x", z, axis=3), m.add("Concat", *([y, z] * 11), axis=1),
            m.add("Concat", f, m.add("Flatten", y), axis=1)] + (
        [m.add("Concat", "x", z, axis=-2)] if m.opset >= 11 else [])


@case(7, 11, 13, 18, 25)
def Split(m):
    m.shape = (1, 6, 5, 4)
    if m.opset < 13:
        a = m.add("Split", "x", results=2, axis=1)
        b = m.add("Split", "x", results=3, axis=2, split=[1, 3, 1])
    else:
        a = m.add("Split", "x", results=2, axis=1, **({"num_outputs": 2} if m.opset >= 18 else {}))
        b = m.add("Split", "x", ints(m, 1, 3, 1), results=3, axis=2)
    out = list(a) + list(b)
    if m.opset >= 18:
        out += m.add("Split", "x", results=3, axis=2, num_outputs=3)[:2]
    return [m.add("Relu", o) for o in out]


@case(7, 10, 11, 13, 25)
def Slice(m):
    if m.opset < 10:
        return [m.add("Slice", "x", starts=[1], ends=[3], axes=[1]),
                m.add("Slice", "x", starts=[0, 0, -3, 1], ends=[1, 3, 1000, -1])]
    return [m.add("Slice", "x", ints(m, 1), ints(m, 3), ints(m, 1)),
            m.add("Slice", "x", ints(m, 0, 0, -3, 1), ints(m, 1, 3, 1000, -1)),
            m.add("Slice", "x", ints(m, -1), ints(m, -1000), ints(m, 2), ints(m, -2)),
            m.add("Slice", "x", ints(m, 0, 3), ints(m, 5, 0), ints(m, 2, 3), ints(m, 2, -1))]


@case(7, 11, 13, 25)
def Gather(m):
    return [m.add("Gather", "x", m.const(np.int64(1), np.int64), axis=1),
            m.add("Gather", "x", ints(m, 0, 2), axis=2),
            m.add("Gather", "x", ints(m, 3, 2, 1), axis=3),
            m.add("Gather", "x", ints(m, 2), axis=1)]


@case(7, 11, 13, 18, 25)
def Pad(m):
    out = []
    for mode in ("constant", "edge", "reflect"):
        for pads in ((0, 0, 1, 2, 0, 0, 2, 1), (0, 1, 0, 0, 0, 2, 0, 0), (0, 0, 1, 0, 0, 0, -1, 2)):
            if min(pads) < 0 and mode != "constant":
                continue
            if m.opset < 11:
                out.append(m.add("Pad", "x", mode=mode, pads=list(pads), value=0.25))
            else:
                out.append(m.add("Pad", "x", ints(m, *pads), m.const(np.float32(0.25)), mode=mode))
    if m.opset >= 18:
        out.append(m.add("Pad", "x", ints(m, 1, 2), "", ints(m, 3)))
    return out


@case(7, 11, 13, 25)
def PadConv(m):
    pads = (0, 0, 1, 1, 0, 0, 2, 1)
    y = m.add("Pad", "x", pads=list(pads)) if m.opset < 11 else m.add("Pad", "x", ints(m, *pads))
    return [m.add("Conv", y, m.random(4, 3, 3, 3), strides=[2, 2])]


@case(7, 9)
def Upsample(m):
    s = [1.0, 1.0, 2.0, 3.0]
    return [m.add("Upsample", "x", scales=s) if m.opset < 9 else
            m.add("Upsample", "x", m.const(s))]


@case(10, 11, 13, 18, 19, 25)
def Resize(m):
    out = []
    if m.opset == 10:
        return [m.add("Resize", "x", m.const(s)) for s in ([1, 1, 2, 3], [1, 1, 0.5, 0.5],
                                                           [1, 1, 1.5, 2.0])]
    for mode in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"):
        for near in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
            a = {"coordinate_transformation_mode": mode, "nearest_mode": near}
            roi = m.const([]) if m.opset < 13 else ""
            none = m.const([]) if m.opset < 13 else ""
            out.append(m.add("Resize", "x", roi, m.const([1, 1, 2, 3]), **a))
            out.append(m.add("Resize", "x", roi, none, ints(m, 1, 3, 10, 2), **a))
    return out


@case(7, 13)
def SpaceToDepth(m):
    m.shape = (1, 3, 6, 4)
    return [m.add("SpaceToDepth", "x", blocksize=2)]


@case(7, 11, 13)
def DepthToSpace(m):
    m.shape = (1, 12, 3, 4)
    return [m.add("DepthToSpace", "x", blocksize=2)] + (
        [m.add("DepthToSpace", "x", blocksize=2, mode=s) for s in ("DCR", "CRD")]
        if m.opset >= 11 else [])


@case(7, 11, 13, 25)
def Softmax(m):
    y = m.add("Transpose", m.add("Softmax", m.add("Transpose", "x", perm=[0, 2, 3, 1]),
                                 axis=3), perm=[0, 3, 1, 2])
    return [m.add("Add", y, m.const(np.float32(1)))] + (
        [m.add("Relu", m.add("Softmax", "x", axis=1))] if m.opset >= 13 else [])


@case(7, 11, 13, 25)
def ArgMax(m):
    return [m.add("ArgMax", "x", axis=1), m.add("ArgMax", "x", axis=1, keepdims=0),
            m.add("Cast", m.add("ArgMax", "x", axis=3), to=1)]


@case(8, 13, 25)
def Expand(m):
    m.shape = (1, 3, 1, 4)
    return [m.add("Expand", "x", ints(m, 1, 3, 5, 4)), m.add("Expand", "x", ints(m, 5, 1))]


@case(9, 11, 13, 15, 25)
def ShapeArithmetic(m):
    s = m.add("Shape", "x")
    h = m.add("Gather", s, m.const(np.int64(2), np.int64))
    w = m.add("Gather", s, ints(m, 3))
    unsqueeze = (m.add("Unsqueeze", h, axes=[0]) if m.opset < 13 else
                 m.add("Unsqueeze", h, ints(m, 0)))
    area = m.add("Mul", unsqueeze, w)
    head = m.add("Slice", s, ints(m, 0), ints(m, 2)) if m.opset >= 10 else \
        m.add("Slice", s, starts=[0], ends=[2])
    a = m.add("Reshape", "x", m.add("Concat", head, area, axis=0))
    fill = m.add("ConstantOfShape", ints(m, 1))
    f = m.add("Cast", m.add("Div", area, ints(m, 2)), to=1)
    out = [a, m.add("Mul", "x", m.add("Add", fill, f))]
    if m.opset >= 15:
        out.append(m.add("Reshape", "x", m.add("Concat", m.add("Shape", "x", start=0, end=1),
                                               ints(m, -1), axis=0)))
    return [m.add("Relu", o) for o in out]


@case(7, 13, 25)
def ChannelsLast(m):
    """As networks from TensorFlow begin and end."""
    y = m.add("Transpose", m.add("Identity", "x"), perm=[0, 3, 1, 2])
    y = m.add("Relu", m.add("Conv", y, m.random(6, 3, 3, 3)))
    y = m.add("Transpose", y, perm=[0, 2, 3, 1])
    return [m.add("Add", y, m.random(6)), m.add("MatMul", y, m.random(6, 4))]


ChannelsLast.shape = (1, 7, 6, 3)
ChannelsLast.channels_last = True


def run_case(run, work, number, function, opset):
    m = Model(getattr(function, "shape", (1, 3, 5, 4)), opset,
              rng=np.random.RandomState(number))
    outputs = function(m)
    path = m.save("%s/case.onnx" % work, *outputs)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    inputs = [m.rng.randn(*m.shape).astype(np.float32) for _ in range(3)]
    results, _ = run.run("float", path, inputs, getattr(function, "channels_last", False))
    worst = 0.0
    for x, found in zip(inputs, results):
        for name, want, got in zip(outputs, session.run(outputs, {"x": x}), found):
            want = np.float32(want)
            if want.size != got.size:
                raise ValueError("%s has %d numbers, not %d" % (name, got.size, want.size))
            # With channels last is how the device has it, and how it stays.
            if want.ndim == 4 and want.shape[0] == 1 and got.shape != want.shape[1:]:
                got = got.transpose(1, 2, 0)
            got = got.reshape(want.shape)
            error = np.abs(want - got) / (1 + np.abs(want))
            worst = max(worst, float(error.max()))
            if not error.max() < 2e-5:
                raise ValueError("%s differs by %g" % (name, error.max()))
    return worst


def check(run, work):
    """Yields whether each operator is right, and what was found."""
    verdict = {}
    for number, (function, opset) in enumerate(CASES):
        good, texts = verdict.setdefault(function.__name__, [[], []])
        try:
            run_case(run, work, number, function, opset)
            good.append(True)
        except Refused as e:
            good.append(False)
            texts.append("opset %d: refused: %s" % (opset, e))
        except Exception as e:  # one case must not hide the others
            good.append(False)
            texts.append("opset %d: %s" % (opset, str(e).replace("\n", " ")[:300]))
    for name, (good, texts) in verdict.items():
        yield all(good), "%s: %d cases" % (name, len(good)), texts
