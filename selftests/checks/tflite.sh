#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: TFLite files give the codes on the device that LiteRT's reference kernels
# give: small random networks of each operator, and the models of ../shared/data
# where that folder is. LiteRT comes from PyPI and is installed once, below the
# build folder; skips where that cannot be done. Needs `make tests`.
#
# --long: many more networks and inputs; the whole test set of CIFAR-10.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
FOLDER=$TOP/selftests/tflite
DATA=${QNN_SHARED_DATA:-$TOP/../shared/data}
DIR=$B/tflite-check
DEVICE=$B/selftests/tflite/run_models
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 LC_ALL=C
. "$(dirname "$0")/../harness/tap.sh"
. "$(dirname "$0")/../harness/venv.sh"

random=(--count 15 --chains 200)
models=()
if [ "${1-}" = --long ]; then
	random=(--count 100 --chains 2000 --seed long)
	models=(--all)
fi

# run TEXT PROGRAM OPTION...: the log is shown if it fails, its notes always.
run() {
	local text=$1 status
	shift
	"$VENV/bin/python" "$FOLDER/$1" --device "$DEVICE" "${@:2}" \
		>"$DIR/log" 2>"$DIR/errors"
	status=$?
	grep '^# .*compared' "$DIR/log"
	[ $status = 0 ] || sed 's/^/# /' "$DIR/log" "$DIR/errors"
	result $status "$text"
}

if ! [ -x "$DEVICE" ]; then
	echo "Bail out! no $DEVICE: run make tests"
	exit 1
fi
venv_of "$DIR" "$FOLDER/requirements.txt" LiteRT
mkdir -p "$DIR/cache"

run "random networks of each operator, ${random[*]}" conformance.py \
	"${random[@]}" --save "$DIR/different"

# What says that nothing differs must be able to say that something does.
"$VENV/bin/python" "$FOLDER/conformance.py" --device "$DEVICE" --only RELU \
	--count 1 --break >"$DIR/log" 2>&1
grep -q 'DIFFERENCE.*RELU' "$DIR/log"
result $? "a wrong code is noticed"

if [ -d "$DATA/mlperf-tiny" ]; then
	"$VENV/bin/python" "$FOLDER/models.py" --device "$DEVICE" --tools "$B/tools" \
		--data "$DATA" --cache "$DIR/cache" "${models[@]}" \
		>"$DIR/log" 2>"$DIR/errors"
	status=$?
	while IFS= read -r line; do
		case $line in
		"ok "*) result 0 "${line#ok * - }" ;;
		"not ok "*) result 1 "${line#not ok * - }" ;;
		"#"*) echo "$line" ;;
		esac
	done <"$DIR/log"
	[ $status = 0 ] || sed 's/^/# /' "$DIR/errors"
	grep -q '^1\.\.' "$DIR/log"
	result $? "all models were run"
else
	number=$((number + 1))
	echo "ok $number - models that others made # SKIP no $DATA"
fi
echo "1..$number"
# shellcheck disable=SC2154 # counted by tap.sh
exit "$failed"
