#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: the quantizers of the training recipes and those of qnn-pack give the same
# results. With --recipes: some recipes train a few steps (train-recipes.sh). Needs
# `make all`, and Debian's python3-torch; skips without.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
set -o pipefail
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 LC_ALL=C

if ! /usr/bin/python3 -c 'import torch, onnx' 2>/dev/null; then
	echo "1..0 # SKIP no python3-torch and python3-onnx"
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
check() { # check PROGRAM OPTION...
	/usr/bin/python3 "$TOP/tools/train/$1" --tools "$B/tools" --work "$work" "${@:2}"
}

if [ "${1:-}" = --recipes ]; then
	QNN_TRAIN_CACHE=$work check check_recipes.py w2a2-hints w1a2-hwgq-log power4-inq |
		sed '/^epoch /s/^/# /'
else
	check check_quantizers.py
fi
