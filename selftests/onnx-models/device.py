# SPDX-License-Identifier: MIT
"""Talks to run_onnx: ONNX files in floating point, or packed on the device."""

import json
import subprocess

import numpy as np


class Refused(Exception):
    """The file was not accepted; the text has all that was said."""


class Runner:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def close(self):
        self.process.stdin.close()
        if self.process.wait():
            raise RuntimeError("run_onnx ended with %d" % self.process.returncode)

    def header(self):
        answer = json.loads(self.process.stdout.readline())
        if answer["status"]:
            raise Refused("\n".join(answer["problems"]) or "status %d" % answer["status"])
        return answer

    def floats(self, shape):
        count = int(np.prod(shape))
        data = self.process.stdout.read(4 * count)
        if len(data) != 4 * count:
            raise RuntimeError("run_onnx died")
        return np.frombuffer(data, np.float32).reshape(shape)

    def run(self, how, path, inputs, channels_last=False):
        """Outputs for each input, as channels x height x width; and the answer."""
        self.process.stdin.write(b"%s %d %s\n" % (how.encode(), len(inputs), path.encode()))
        self.process.stdin.flush()
        answer = self.header()
        h, w, c = answer["input"]
        for x in inputs:
            x = np.asarray(x, np.float32)
            if not channels_last:
                x = x.reshape(c, h, w).transpose(1, 2, 0)
            self.process.stdin.write(np.ascontiguousarray(x).tobytes())
        self.process.stdin.flush()
        if how == "device":
            answer = self.header()
        results = []
        for _ in inputs:
            results.append([self.floats(s).transpose(2, 0, 1) for s in answer["outputs"]])
        return results, answer
