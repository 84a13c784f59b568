# SPDX-License-Identifier: MIT
"""The two sides that are compared: LiteRT, and run_models."""

import struct
import subprocess

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

MAGIC = 0x4C465451
ROUNDING = {None: 0, "a": 1, "b": 2, "c": 3}


class Refused(Exception):
    """The model was not packed; the text says why."""


class Device:
    """run_models, one process for many models."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def close(self):
        self.process.stdin.close()
        if self.process.wait():
            raise RuntimeError("run_models failed")

    def get(self, size):
        data = self.process.stdout.read(size)
        if len(data) != size:
            raise RuntimeError("run_models died, status %s" % self.process.wait())
        return data

    def put(self, data):
        self.process.stdin.write(data)

    def run(self, model, inputs, rounding=None, floats=False):
        """A list of arrays, one for each output: a row for each input."""
        kind = np.float32 if floats else np.int32
        self.put(struct.pack("<5I", MAGIC, len(model), ROUNDING[rounding], len(inputs), floats))
        self.put(model)
        self.process.stdin.flush()
        status, text, outputs = struct.unpack("<iII", self.get(12))
        text = self.get(text).decode()
        if status:
            raise Refused(text.strip() or "error %d" % status)
        sizes = struct.unpack("<%dI" % outputs, self.get(4 * outputs))
        rows = [np.empty((len(inputs), size), kind) for size in sizes]
        for i, image in enumerate(inputs):
            self.put(image.tobytes())
            self.process.stdin.flush()
            for size, row in zip(sizes, rows):
                row[i] = np.frombuffer(self.get(4 * size), kind)
        return rows


def reference(model, inputs, fast=False):
    """The same of LiteRT's reference kernels, or of those it uses by default."""
    kernels = OpResolverType.AUTO if fast else OpResolverType.BUILTIN_REF
    runtime = Interpreter(model_content=model, experimental_op_resolver_type=kernels,
                          num_threads=1)
    runtime.allocate_tensors()
    where = runtime.get_input_details()[0]
    ends = runtime.get_output_details()
    rows = [[] for _ in ends]
    for image in inputs:
        runtime.set_tensor(where["index"], image.reshape(where["shape"]))
        runtime.invoke()
        for end, row in zip(ends, rows):
            row.append(runtime.get_tensor(end["index"]).reshape(-1).copy())
    return [np.array(row) for row in rows]


def scores(model, images):
    """What LiteRT computes of a network of floats: a row for each input."""
    runtime = Interpreter(model_content=model, num_threads=1)
    runtime.allocate_tensors()
    where = runtime.get_input_details()[0]["index"]
    end = runtime.get_output_details()[0]["index"]
    rows = []
    for image in images:
        runtime.set_tensor(where, image)
        runtime.invoke()
        rows.append(runtime.get_tensor(end).reshape(-1).copy())
    return np.array(rows)
