# SPDX-License-Identifier: MIT
"""Is the field that the device names there, with the value that it says?"""
import re

import qformat as q
import rules

# Names that stand for several bytes, or for a number that is computed.
COMPUTED = ("accumulator", "cycles", "macs", "bytes_read", "bytes_written", "pad",
            "reserved", "in[1]", "stage.reserved")
# These rules are also about the entries of arrays, which have their offset's name.
ENTRIES = (rules.SCALE, rules.THRESHOLD, rules.TABLE)
BODIES = {"conv": q.Conv, "pool": q.Pool, "add": q.Add, "copy": q.Copy,
          "softmax": q.Softmax}


def find(cmd, field):
    """The record that a field is in, and its name there; None if there is none."""
    part, _, name = field.rpartition(".")
    axis = re.fullmatch(r"copy\.axis\[([012])\]", part)
    if axis:
        part, name = "copy", name + axis[1]
    name = re.sub(r"\[(\d)\]$", r"\1", name)
    if part in BODIES:
        record = cmd.body if isinstance(cmd.body, BODIES[part]) else None
    elif part in ("in[0]", "in[1]", "out", "stage"):
        record = cmd.records()[part]
    else:
        record = None if part else cmd
    return (record, name) if hasattr(record, name) else None


def wrong_with(program, answer):
    """What is wrong with a refusal that is about a command, or None."""
    if answer.field in COMPUTED:
        return None
    found = find(program.commands[answer.cmd], answer.field)
    if not found:
        return f"there is no field {answer.field}"
    if answer.rule in ENTRIES and found[1].endswith("_off"):
        return None
    value = getattr(*found)
    # Only an offset has 64 bits, of which the last is a sign here.
    if (value - answer.value) % (1 << 64):
        return f"{answer.field} is {value}, not {answer.value}"
    return None
