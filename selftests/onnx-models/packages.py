# SPDX-License-Identifier: MIT
"""
Float networks that packages of PyPI carry: run in floating point against
onnxruntime, packed with 8 bits and compared, or refused with all reasons.
"""

import glob
import os
import subprocess
import sys
import zipfile

import numpy as np
import onnx
import onnxruntime
from device import Refused

RAPIDOCR = "rapidocr-onnxruntime==1.4.4"
NUDENET = "nudenet==3.4.2"
MAGIKA = "magika==1.0.3"

# package, file, shape of the input, value to cut at, what must be said
NETWORKS = [
    ("OCR text direction", RAPIDOCR, "ch_ppocr_mobile_v2.0_cls_infer.onnx", (1, 3, 48, 192),
     None, None),
    ("OCR text detection, without its last Sigmoid", RAPIDOCR, "ch_PP-OCRv4_det_infer.onnx",
     (1, 3, 64, 96), "p2o.Add.281", None),
    ("OCR text recognition", RAPIDOCR, "ch_PP-OCRv4_rec_infer.onnx", (1, 3, 48, 96), None,
     ["'p2o.Reshape.67' (Reshape): its result has 4 dimensions above 1"]),
    ("detector, up to its boxes", NUDENET, "320n.onnx", (1, 3, 160, 160),
     "/model.22/Split_1_output_1", None),
    ("detector, whole", NUDENET, "320n.onnx", (1, 3, 160, 160), None,
     ["'/model.22/Add_10' (Add): its constant has 1050 numbers",
      "'/model.22/Sub' (Sub): its constant has 1050 numbers"]),
    ("file types", MAGIKA, "model.onnx", (1, 2048), None,
     ["input 'bytes': data type 6 (int32) is not supported"]),
]


def download(work):
    """Whether all packages are there."""
    wanted = sorted({n[1] for n in NETWORKS})
    done = os.path.join(work, "packages")
    if os.path.exists(done) and open(done).read() == "\n".join(wanted):
        return True
    status = subprocess.call(
        [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check",
         "--no-deps", "--retries", "1", "--timeout", "15", "--only-binary", ":all:",
         "-d", work] + wanted, stdout=sys.stderr)
    if status:
        return False
    for wheel in glob.glob(os.path.join(work, "*.whl")):
        with zipfile.ZipFile(wheel) as z:
            for name in z.namelist():
                if name.endswith(".onnx"):
                    with open(os.path.join(work, os.path.basename(name)), "wb") as f:
                        f.write(z.read(name))
        os.unlink(wheel)
    with open(done, "w") as f:
        f.write("\n".join(wanted))
    return True


def prepare(source, path, shape, cut):
    """The network with a fixed size; returns names of input and output."""
    model = onnx.load(source)
    constants = {i.name for i in model.graph.initializer}
    value = next(i for i in model.graph.input if i.name not in constants)
    for d, n in zip(value.type.tensor_type.shape.dim, shape):
        d.dim_value = n
    if cut:
        del model.graph.output[:]
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(cut))
    onnx.save(model, path)
    return value.name, model.graph.output[0].name


def inputs_for(shape, count):
    """Smooth images, which networks know better than noise."""
    rng = np.random.RandomState(3)
    if len(shape) != 4:
        yield from rng.randint(0, 256, (count,) + shape).astype(np.int32)
        return
    y, x = np.mgrid[0:shape[2], 0:shape[3]] / 16.0
    for _ in range(count):
        a = rng.rand(shape[1], 4, 1, 1) * 3
        image = np.sin(a[:, 0] * x + a[:, 1] * y + a[:, 2]) + 0.3 * (np.sin(9 * a[:, 3] * x) > 0)
        yield image[None].astype(np.float32)


def compare(run, path, name, out, shape):
    inputs = list(inputs_for(shape, 6))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    want = np.array([session.run([out], {name: x})[0].ravel() for x in inputs])
    found = {}
    for how in ("float", "device"):
        results, _ = run.run(how, path, inputs)
        found[how] = np.array([r[0].ravel() for r in results])
    size = np.abs(want).max()
    error = np.abs(found["float"] - want).max() / size
    cosine = (want * found["device"]).sum() / np.sqrt((want ** 2).sum() *
                                                      (found["device"] ** 2).sum())
    return error < 1e-4 and cosine > 0.97, (
        "in floating point %.1g of the largest number off, packed with 8 bits: "
        "cosine similarity %.4f" % (error, cosine))


def check(run, work):
    for name, package, file, shape, cut, reasons in NETWORKS:
        path = os.path.join(work, "fixed.onnx")
        given, out = prepare(os.path.join(work, file), path, shape, cut)
        title = "%s (%s)" % (name, package.split("==")[0])
        try:
            good, text = compare(run, path, given, out, shape)
            yield good and not reasons, "%s: %s" % (title, text), []
        except Refused as e:
            lines = str(e).split("\n")
            good = bool(reasons) and len(lines) == len(reasons) and all(
                any(r in line for line in lines) for r in reasons)
            yield good, "%s: refused, %d reasons" % (title, len(lines)), lines
