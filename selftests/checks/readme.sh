#!/bin/bash
# SPDX-License-Identifier: MIT
# TAP: what the README shows is true: its C program is the example, builds
# against the library as the README says, and classifies a digit.
set -u
. "$(dirname "$0")/../harness/lib.sh"
. "$(dirname "$0")/../harness/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$TOP" || exit 1
[ -f README.md ] || { echo "1..0 # SKIP no README.md"; exit 0; }
echo "1..4"
# The first C block of the README against the file; comments do not count.
awk '/^```c$/ && !n { n = 1; next } /^```$/ { n += n == 1 } n == 1' README.md >"$work/shown.c"
bare() {
	gcc -fpreprocessed -dD -E -P "$1" | tr -d ' \t\n'
}
[ "$(bare libqnn/examples/classify.c)" = "$(bare "$work/shown.c")" ]
result $? "the program in the README is libqnn/examples/classify.c"
[ "$(wc -l <"$work/shown.c")" -lt 60 ]
result $? "it has fewer than 60 lines"
gcc -std=c11 -Wall -Wextra -Werror -Ilibqnn/include "$work/shown.c" -o "$work/classify" \
	"$B/libqnn/libqnn.a" -ldrm -lz -lm -pthread
result $? "it builds"

model=$B/run/digits-w8a8.qnn
if [ -f "$model" ] && [ -f "$B/digits/test.csv" ]; then
	right=0
	while IFS= read -r line; do
		tr , ' ' <<<"${line%,*}" | "$work/classify" "$model" in-process |
			grep -q "^class ${line##*,} " && right=$((right + 1))
	done < <(head -n 20 "$B/digits/test.csv")
	[ $right -ge 19 ]
	result $? "it classifies handwritten digits ($right of 20 right)"
else
	number=$((number + 1))
	echo "ok $number it classifies handwritten digits # SKIP make run was not called"
fi
exit $failed
