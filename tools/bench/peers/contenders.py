# SPDX-License-Identifier: MIT
"""What can run a network: the device in this process, and its peers.

Each has name, version and run(), which is one inference of the same input.
"""
import ctypes
import os

import numpy as np

import emit_onnx
import emit_tflite


class Device:
    """libqnn's in-process device."""
    name = "ours"

    def __init__(self, model, library):
        self.lib = ctypes.CDLL(library)
        self.lib.qnn_error.restype = ctypes.c_char_p
        self.version = "libqnn"
        self.device, self.model, self.job = (ctypes.c_void_p() for _ in range(3))
        self.check(self.lib.qnn_device_open(b"in-process", ctypes.byref(self.device)))
        self.check(self.lib.qnn_model_load(self.device, model.encode(), ctypes.byref(self.model)))
        self.check(self.lib.qnn_job_create(self.model, ctypes.byref(self.job)))
        self.start = self.lib.qnn_run
        self.start.argtypes = [ctypes.c_void_p]

    def check(self, result):
        if result:
            raise RuntimeError(self.lib.qnn_error().decode())

    def set_input(self, shape):
        data = pattern(shape)
        self.check(self.lib.qnn_job_set_input(self.job, b"input", data.ctypes.data_as(
            ctypes.c_void_p), ctypes.c_size_t(data.size)))

    def run(self):
        if self.start(self.job):
            raise RuntimeError(self.lib.qnn_error().decode())

    def close(self):
        self.lib.qnn_job_free(self.job)
        self.lib.qnn_model_free(self.model)
        self.lib.qnn_device_close(self.device)


WORTH_KNOWING = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_vpopcntdq",
                 "avx512_bitalg", "amx_int8", "asimddp")


def processor():
    """Name, number and features that matter here."""
    fields = {}
    with open("/proc/cpuinfo") as f:
        for text in f:
            name, _, value = text.partition(":")
            fields.setdefault(name.strip(), value.strip())
    flags = fields.get("flags", fields.get("Features", "")).split()
    return ", ".join([fields.get("model name", "unknown"), f"{os.cpu_count()} CPUs",
                      " ".join(f for f in WORTH_KNOWING if f in flags)])


def pattern(shape):
    return (np.arange(int(np.prod(shape))) * 37 % 61).astype(np.uint8).reshape(shape)


def planes(net):
    h, w, c = net.input_shape
    return pattern((1, c, h, w))


class OnnxRuntime:
    name = "ONNX Runtime"

    def __init__(self, net, files, threads):
        import onnxruntime as ort
        self.version = ort.__version__
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = ort.InferenceSession(files.onnx(net), options,
                                            providers=["CPUExecutionProvider"])
        self.value = ort.OrtValue.ortvalue_from_numpy(planes(net))
        self.binding = self.session.io_binding()
        self.binding.bind_ortvalue_input("input", self.value)
        self.binding.bind_output("output", "cpu")
        self.session.run_with_iobinding(self.binding)
        # The output's memory is the same from now on.
        self.output = self.binding.get_outputs()[0]
        self.binding.bind_ortvalue_output("output", self.output)

    def run(self):
        self.session.run_with_iobinding(self.binding)


class OpenVino:
    name = "OpenVINO"

    def __init__(self, net, files, threads):
        import openvino
        self.version = openvino.__version__.split("-")[0]
        model = openvino.Core().compile_model(files.onnx(net), "CPU", {
            "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY"})
        self.request = model.create_infer_request()
        self.tensor = openvino.Tensor(planes(net))
        self.request.set_input_tensor(self.tensor)

    def run(self):
        self.request.start_async()
        self.request.wait()


class LiteRt:
    name = "LiteRT"

    def __init__(self, net, files, threads):
        import ai_edge_litert
        from ai_edge_litert.interpreter import Interpreter
        self.version = getattr(ai_edge_litert, "__version__", "")
        self.interpreter = Interpreter(files.tflite(net), num_threads=threads)
        self.interpreter.allocate_tensors()
        self.interpreter.set_tensor(self.interpreter.get_input_details()[0]["index"],
                                    pattern((1, *net.input_shape)).astype(np.int8))
        self.run = self.interpreter.invoke


class OneDnn:
    name = "oneDNN, layers"

    def __init__(self, net, files, threads):
        if not files.onednn:
            raise RuntimeError("no libdnnl-dev when this was built")
        self.lib = ctypes.CDLL(files.onednn)
        self.lib.onednn_open.restype = ctypes.c_void_p
        self.lib.onednn_version.restype = ctypes.c_char_p
        self.version = self.lib.onednn_version().decode()
        numbers = []
        for l in net.layers:
            if l.op not in ("conv", "depthwise", "fc"):
                continue
            h, w, c = net.shape(l.inputs[0])
            groups = c if l.op == "depthwise" else 1
            numbers += [int(l.op == "fc"), h, w, c, l.shape[2], groups, *l.kernel, l.stride,
                        *l.pads]
        array = (ctypes.c_int * len(numbers))(*numbers)
        self.handle = self.lib.onednn_open(array, len(numbers) // 13)
        if not self.handle:
            raise RuntimeError("a layer is not possible")
        self.start = self.lib.onednn_run
        self.start.argtypes = [ctypes.c_void_p]

    def run(self):
        self.start(self.handle)


PEERS = [OnnxRuntime, OpenVino, LiteRt, OneDnn]


class Files:
    """Networks as files, made when they are asked for."""

    def __init__(self, folder, onednn):
        self.folder = folder
        self.onednn = onednn if onednn and os.path.exists(onednn) else None
        os.makedirs(folder, exist_ok=True)

    def make(self, net, suffix, emit):
        path = os.path.join(self.folder, net.name + suffix)
        if not os.path.exists(path):
            emit(net, path + ".new")
            os.rename(path + ".new", path)
        return path

    def onnx(self, net):
        return self.make(net, ".onnx", emit_onnx.emit)

    def tflite(self, net):
        return self.make(net, ".tflite", emit_tflite.emit)

    def qnn(self, net):
        return os.path.join(self.folder, net.name + ".qnn")
