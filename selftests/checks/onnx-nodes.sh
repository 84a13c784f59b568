#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: the node tests of the ONNX standard, run as device programs by
# selftests/conformance/nodes.py. They come with the onnx package of PyPI, which is
# installed once, below the build folder; skips where that cannot be done. Needs
# `make oracle`.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
FOLDER=$TOP/selftests/conformance
DIR=$B/conformance
DEVICE=$B/san/selftests/oracle/run_programs
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 LC_ALL=C

. "$(dirname "$0")/../harness/venv.sh"

if ! [ -x "$DEVICE" ]; then
	echo "Bail out! no $DEVICE: run make oracle"
	exit 1
fi
venv_of "$DIR" "$FOLDER/requirements.txt" "the onnx package"
exec "$VENV/bin/python" "$FOLDER/nodes.py" --device "$DEVICE" "$@"
