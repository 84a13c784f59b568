#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: the program behind `make accuracy`, on a handful of images for each network
# that was trained. Needs `make all`, jq, python3 with numpy, and the shared data.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
DATA=${DATA:-$TOP/../shared/data}
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 LC_ALL=C

. "$(dirname "$0")/../harness/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

measure() { # measure DATA OPTION...
	/usr/bin/python3 "$TOP/tools/train/accuracy/accuracy.py" --tools "$B/tools" \
		--work "$work" --out "$work" --data "$@" >"$work/log" 2>&1
}

/usr/bin/python3 -c 'import numpy' 2>/dev/null || skip "no python3 with numpy"
ls "$TOP"/tools/train/nets/*.onnx >/dev/null 2>&1 || skip "no trained networks"

measure "$work/nowhere" --table trained && grep -q '^skipped: ' "$work/log" && [ ! -e "$work/accuracy.json" ]
result $? "without data everything is skipped, and it says so"

if [ -d "$DATA" ] && measure "$DATA" --images 20 --table trained &&
	grep -q '^skipped: ' "$work/log"; then
	result 0 "measuring # SKIP $(grep -m1 '^skipped: ' "$work/log")"
elif [ -d "$DATA" ]; then
	jq -e 'length > 0 and all(.[]; .accuracy >= 60 and .float_accuracy >= 60 and
		.bytes > 1000 and .weights != "" and .activations != "" and
		.model != "" and .method != "")' "$work/accuracy.json" >/dev/null
	status=$?
	[ $status -eq 0 ] || sed 's/^/# /' "$work/log"
	result $status "20 images on each trained network"
	grep -q '^Trained with quantizers' "$work/accuracy.rst"
	result $? "a table"
else
	result 0 "measuring # SKIP no $DATA"
fi
echo "1..$number"
exit "$failed"
