# SPDX-License-Identifier: MIT
"""Batch normalization, addition and activation in one pass (fused.c).

For bfloat16 tensors, channels last. The C part is compiled when it is first
needed, for the processor at hand, and kept in a folder below build/.
"""

import ctypes
import hashlib
import os
import subprocess

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
NONE, RELU, QUANT = range(3)
TAILS = {"clipped": 0, "plain": 1, "log": 2, "pact": 3}
LAST = torch.channels_last
# That the C part has loops for.
CHANNELS = (16, 32, 64, 128)


def compiled():
    """The library, made anew where source or processor are others."""
    source = os.path.join(HERE, "fused.c")
    with open(source, "rb") as file, open("/proc/cpuinfo", "rb") as cpu:
        flags = [line for line in cpu if line.startswith(b"flags")][:1]
        key = hashlib.sha256(file.read() + b"".join(flags)).hexdigest()[:16]
    folder = os.environ.get("QNN_TRAIN_CACHE", os.path.join(
        HERE, "..", "..", "build", "train"))
    path = os.path.join(folder, f"fused-{key}.so")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        partial = f"{path}.{os.getpid()}"
        subprocess.run(["gcc", "-O3", "-march=native", "-Wall", "-Wextra",
                        "-mprefer-vector-width=512", "-shared", "-fPIC",
                        "-o", partial, source], check=True)
        os.replace(partial, path)
    return ctypes.CDLL(path)


LIBRARY = None


def call(name, *arguments):
    """Calls into C; tensors become addresses."""
    global LIBRARY
    if LIBRARY is None:
        LIBRARY = compiled()
    kinds = {int: ctypes.c_int, float: ctypes.c_float}
    given = []
    for value in arguments:
        if value is None or isinstance(value, torch.Tensor):
            given.append(ctypes.c_void_p(
                None if value is None else value.data_ptr()))
        else:
            given.append(kinds.get(type(value), lambda v: v)(value))
    getattr(LIBRARY, name)(*given)


def rows(x):
    if x.shape[1] not in CHANNELS:
        raise ValueError(f"{x.shape[1]} channels: fused.c has no loop")
    return ctypes.c_size_t(x.numel() // x.shape[1])


class Fused(torch.autograd.Function):
    """act(batch_norm(x) + residual), with the statistics of the batch."""

    @staticmethod
    def forward(ctx, x, residual, gamma, beta, log_step, norm, act):
        kind, tail, levels = act
        channels, count = x.shape[1], x.numel() // x.shape[1]
        x = x.contiguous(memory_format=LAST)
        if residual is not None:
            residual = residual.contiguous(memory_format=LAST)
        sums = torch.zeros(2, channels, dtype=torch.float64)
        call("fused_sums", x, rows(x), channels, sums[0], sums[1])
        mean = sums[0] / count
        var = (sums[1] / count - mean ** 2).clamp(min=0)
        follow(norm, mean, var * count / (count - 1))
        inv = (var + norm.eps).rsqrt()
        a = gamma.double() * inv
        b = (beta.double() - mean * a).float()
        a = a.float()
        step = float(log_step.exp()) if log_step is not None else 1.0
        y = torch.empty_like(x, memory_format=LAST)
        call("fused_forward", x, residual, y, rows(x), channels, a, b, kind,
             tail, step, float(levels))
        ctx.save_for_backward(x, residual, a, b, mean, inv, log_step)
        ctx.act = kind, tail, step, float(levels)
        return y

    @staticmethod
    def backward(ctx, dy):
        x, residual, a, b, mean, inv, log_step = ctx.saved_tensors
        kind, tail, step, levels = ctx.act
        channels, count = x.shape[1], x.numel() // x.shape[1]
        dy = dy.contiguous(memory_format=LAST)
        d = torch.empty_like(x, memory_format=LAST)
        sums = torch.zeros(2, channels, dtype=torch.float64)
        step_sum = torch.zeros(1, dtype=torch.float64)
        call("fused_reduce", x, residual, dy, d, rows(x), channels, a, b,
             kind, tail, step, levels, sums[0], sums[1], step_sum)
        beta_sum = sums[0]
        gamma_sum = inv * (sums[1] - mean * sums[0])
        kx = -a.double() * inv * gamma_sum / count
        k1 = (-a.double() * beta_sum / count - kx * mean).float()
        dx = d if residual is None else torch.empty_like(
            x, memory_format=LAST)
        call("fused_backward", x, d, dx, rows(x), channels, a, kx.float(), k1)
        dstep = None
        if log_step is not None:
            # The rule of LSQ, for the logarithm of the step.
            dstep = (step_sum * step).float().reshape(log_step.shape)
        return (dx, None if residual is None else d, gamma_sum.float(),
                beta_sum.float(), dstep, None, None)


class Steps(torch.autograd.Function):
    """Equal steps from 0 on; what leaves has the type of what enters."""

    @staticmethod
    def forward(ctx, x, log_step, act):
        kind, tail, levels = act
        channels = x.shape[1]
        x = x.contiguous(memory_format=LAST)
        a, b = torch.ones(channels), torch.zeros(channels)
        step = float(log_step.exp())
        y = torch.empty_like(x, memory_format=LAST)
        call("fused_forward", x, None, y, rows(x), channels, a, b, kind, tail,
             step, float(levels))
        ctx.save_for_backward(x, a, b)
        ctx.act = kind, tail, step, float(levels)
        return y

    @staticmethod
    def backward(ctx, dy):
        x, a, b = ctx.saved_tensors
        kind, tail, step, levels = ctx.act
        dy = dy.contiguous(memory_format=LAST)
        d = torch.empty_like(x, memory_format=LAST)
        sums = torch.zeros(2, x.shape[1], dtype=torch.float64)
        step_sum = torch.zeros(1, dtype=torch.float64)
        call("fused_reduce", x, None, dy, d, rows(x), x.shape[1], a, b, kind,
             tail, step, levels, sums[0], sums[1], step_sum)
        return d, (step_sum * step).float().reshape(()), None


def quantize(x, log_step, levels, tail="clipped"):
    return Steps.apply(x, log_step, (QUANT, TAILS[tail], levels))


def follow(norm, mean, var):
    """Updates the running statistics as nn.BatchNorm2d does."""
    with torch.no_grad():
        norm.running_mean.lerp_(mean.float(), norm.momentum)
        norm.running_var.lerp_(var.float(), norm.momentum)


def settled(x, norm, residual, kind):
    """act(batch_norm(x) + residual) with the running statistics; no gradient."""
    x = x.contiguous(memory_format=LAST)
    if residual is not None:
        residual = residual.contiguous(memory_format=LAST)
    a = norm.weight * (norm.running_var + norm.eps).rsqrt()
    y = torch.empty_like(x, memory_format=LAST)
    call("fused_forward", x, residual, y, rows(x), x.shape[1], a,
         norm.bias - a * norm.running_mean, kind, 0, 1.0, 1.0)
    return y


def normalize(x, norm, residual=None, kind=RELU, log_step=None, levels=1,
              tail="clipped"):
    return Fused.apply(x, residual, norm.weight, norm.bias, log_step, norm,
                       (kind, TAILS[tail], levels))
