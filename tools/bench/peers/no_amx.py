# SPDX-License-Identifier: MIT
"""Keeps this process and its threads from the matrix unit AMX.

A program has to ask the kernel for it. A filter refuses, so that all contenders
have the instructions that the device has kernels for.
"""
import ctypes
import errno
import os
import struct

NR_ARCH_PRCTL = 158
REQ_XCOMP_PERM = 0x1023
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7fff0000, 0x00050000 | errno.EPERM


def program():
    """Steps of a filter: code, where to go on if equal and if not, number."""
    return b"".join(struct.pack("=HBBI", *step) for step in (
        (LOAD, 0, 0, 0),  # number of the call
        (JUMP_EQUAL, 0, 3, NR_ARCH_PRCTL),
        (LOAD, 0, 0, 16),  # its first argument
        (JUMP_EQUAL, 0, 1, REQ_XCOMP_PERM),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ))


def forbid():
    """Does nothing but on x86-64, which alone has it."""
    if os.uname().machine != "x86_64":
        return
    steps = program()
    memory = ctypes.create_string_buffer(steps, len(steps))
    header = struct.pack("@HP", len(steps) // 8, ctypes.addressof(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or \
            libc.prctl(PR_SET_SECCOMP, FILTER, header, 0, 0):
        raise OSError(ctypes.get_errno(), "AMX cannot be refused")
