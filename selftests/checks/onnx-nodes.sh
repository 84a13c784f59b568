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
VENV=$DIR/venv
DEVICE=$B/san/selftests/oracle/run_programs
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
		--only-binary :all: -r "$FOLDER/requirements.txt" || return
	cp "$FOLDER/requirements.txt" "$DIR/installed"
}

if ! [ -x "$DEVICE" ]; then
	echo "Bail out! no $DEVICE: run make oracle"
	exit 1
fi
mkdir -p "$DIR"
exec 9>"$DIR/lock"
flock 9
install_packages >"$DIR/install.log" 2>&1 9>&- ||
	skip "the onnx package cannot be installed, see $DIR/install.log"
exec "$VENV/bin/python" "$FOLDER/nodes.py" --device "$DEVICE" "$@"
