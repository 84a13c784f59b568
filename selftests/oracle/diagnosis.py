# SPDX-License-Identifier: MIT
"""Is the field that the device names there, with the value that it says? And is the
limit the nearest value within the bound?"""
import re
import struct

import qformat as q
import rules

# Names that stand for several bytes, or for a number that is computed.
COMPUTED = ("accumulator", "cycles", "macs", "bytes_read", "bytes_written", "pad",
            "padding", "reserved", "in[1]", "stage.reserved")
# These rules are also about the entries of arrays, which have their offset's name.
ENTRIES = (rules.SCALE, rules.THRESHOLD, rules.TABLE)
# Where a limit of 0 is a matter of choice; sets of bits and divisors, of which it is one
# of several.
CHOICES = (rules.OPCODE, rules.TYPE, rules.STAGE, rules.CODEBOOK)
FLAGS = ("access", "flags")
MOST_BYTES = 1 << 20
DIVISORS = ("conv.groups", "copy.block")
BODIES = {"conv": q.Conv, "pool": q.Pool, "add": q.Add, "copy": q.Copy,
          "softmax": q.Softmax}


def find_in_whole(program, field):
    """The same for what is not about a command."""
    region = re.fullmatch(r"regions\[(\d+)\]\.(\w+)", field)
    record, name = program.header, field
    if region:
        record, name = program.regions[int(region[1])], region[2]
    return (record, name) if hasattr(record, name) else None


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


def place(program, answer):
    """The record and the name of the field that an answer is about."""
    if answer.cmd == q.NO_CMD:
        return find_in_whole(program, answer.field)
    return find(program.commands[answer.cmd], answer.field)


def wrong_with(program, answer):
    """What is wrong with a refusal, or None."""
    if answer.field in COMPUTED:
        return None
    found = place(program, answer)
    if not found:
        return f"there is no field {answer.field}"
    if answer.rule in ENTRIES and found[1].endswith("_off"):
        return None
    value = getattr(*found)
    # Only an offset has 64 bits, of which the last is a sign here.
    if (value - answer.value) % (1 << 64):
        return f"{answer.field} is {value}, not {answer.value}"
    return None


def header_wrong_with(image, answer):
    """The same where the header is wrong, so that nothing else can be found."""
    if answer.field == "image":
        size = len(image)
        return None if answer.value == size else f"the image has {size} bytes"
    header = q.Header.unpack(image)
    if answer.field == "reserved":
        return None
    if not hasattr(header, answer.field):
        return f"there is no field {answer.field} in the header"
    value = getattr(header, answer.field)
    return None if value == answer.value else f"{answer.field} is {value}"


def changed(image, answer, value, whole):
    """The image with another value of the field; None if it cannot have that."""
    try:
        if whole:
            program = q.Program.unpack(image)
            setattr(*place(program, answer), value)
            return program.pack()
        if answer.field == "image":
            return bytes(image[:value]).ljust(value, b"\0")
        header = q.Header.unpack(image)
        setattr(header, answer.field, value)
        return header.pack() + image[q.Header.size():]
    except struct.error:
        return None


def promises(answer):
    """Does the limit say which values of the field are within a bound?"""
    if answer.field in COMPUTED or answer.limit > MOST_BYTES and answer.field == "image":
        return False
    if answer.rule in ENTRIES and answer.field.endswith("_off"):
        return False
    if answer.limit == 0 and (answer.rule in CHOICES
                              or answer.field.endswith((".from", "].access"))):
        return False
    return answer.limit >= 0 or not answer.field.endswith(("offset", "_off"))


def at_limit(image, answer, whole):
    """Images that differ in the field alone: with the limit, and with the next value
    towards the one that was refused; None where there is no such image. Whole is a
    program whose header is good."""
    if not promises(answer):
        return None, None
    # Of 64 bits, the device says the last one as a sign.
    up = answer.value > answer.limit
    if whole:
        up = getattr(*place(q.Program.unpack(image), answer)) > answer.limit
    within = changed(image, answer, answer.limit, whole)
    step = answer.limit + (1 if up else -1)
    if answer.field.endswith(FLAGS) or answer.field in DIVISORS or step == answer.value:
        return within, None
    return within, changed(image, answer, step, whole)
