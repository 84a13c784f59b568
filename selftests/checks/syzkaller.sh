#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: the descriptions for syzkaller and the tables of our own fuzzer have every
# ioctl and every field of uapi/drm/qnn_accel.h.
exec python3 "$(dirname "$0")/../syzkaller/check.py"
