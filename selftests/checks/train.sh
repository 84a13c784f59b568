#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: the quantizers of the training recipes and those of qnn-pack give the same
# results, and the recipes train a few steps. Needs `make all`, and Debian's
# python3-torch; skips without.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 LC_ALL=C

if ! /usr/bin/python3 -c 'import torch, onnx' 2>/dev/null; then
	echo "1..0 # SKIP no python3-torch and python3-onnx"
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
/usr/bin/python3 "$TOP/tools/train/check_quantizers.py" --tools "$B/tools" --work "$work"
