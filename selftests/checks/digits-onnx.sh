#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: each committed ONNX file of the digits, run by the numpy executor of
# tools/train, has the accuracy that its training recorded, and the recipe's
# test part is that of `make run`. Needs python3 with numpy and onnx, and the
# digits as selftests/harness/digits.sh leaves them; skips without.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
DIGITS=$B/digits
cd "$TOP/tools/train" || exit 1
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 LC_ALL=C

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

failed=0
number=0
result() { # result STATUS TEXT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

# The rows of the recipe's test part, as text.
test_part() {
	"$python" - "$DIGITS/digits.csv.gz" <<'EOF'
import sys
import numpy as np
import data
images, classes = data.split(*data.load(sys.argv[1]))["test"]
table = np.column_stack([images.reshape(-1, 64), classes])
np.savetxt(sys.stdout, table, fmt="%d", delimiter=",")
EOF
}

. "$TOP/selftests/harness/python.sh"
python=$(python_with "numpy, onnx")
[ -n "$python" ] || skip "no python3 with numpy and onnx"
[ -r "$DIGITS/digits.csv.gz" ] || skip "no $DIGITS/digits.csv.gz"

models=$(cut -d' ' -f1 digits/accuracy.txt | uniq)
[ -n "$models" ] || exit 1
echo "1..$(($(echo "$models" | wc -l) + 1))"

test_part | cmp - "$DIGITS/test.csv" >&2
result $? "the test part is that of make run"

for model in $models; do
	expected=$(grep "^$model " digits/accuracy.txt)
	found=$("$python" eval_onnx.py --data "$DIGITS/digits.csv.gz" \
		"digits/$model" 2>&1)
	[ "$found" = "$expected" ]
	status=$?
	result $status "accuracy of $model"
	[ $status -eq 0 ] ||
		printf '%s\n' "expected:" "$expected" "found:" "$found" |
		sed 's/^/# /'
done
exit $failed
