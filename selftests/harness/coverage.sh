#!/bin/bash
# SPDX-License-Identifier: MIT
# make coverage: which lines of driver/ do KUnit and the kselftests together run?
# Prints a table, and leaves in $B/coverage/missed.txt the lines that never ran.
# Fails when fewer than 90 % did. coverage.sh --tap: says so as a test does.
#
# The results of the tests themselves are for `make check`; here only the kernel
# has to be content.
set -eu
. "$(dirname "$0")/lib.sh"

OUT=$B/coverage
LEAST=90
usage="usage: coverage.sh [--tap]"
tap=
case ${1:-} in
'') ;;
--tap) tap=yes ;;
*) die "$usage" ;;
esac

run() {
	local programs
	"$HARNESS/kernel.sh" gcov
	"$HARNESS/kmod.sh" gcov
	quiet "$OUT/build.log" top_make kselftests "$QNN_MAKE_B/libqnn/tests/device_test"
	mapfile -t programs < <(top_make list-uml-tests)
	say "running KUnit and the kselftests, counting lines"
	rm -rf "$OUT/guest"
	"$HARNESS/uml.sh" -k gcov -o "$OUT/guest" -t 1800 env QNN_TIMEOUT=600 \
		sh "$HARNESS/guest-coverage.sh" "$B/kmod/gcov/qnn.ko" "${programs[@]}"
}

# Each line of code with how often it ran.
count() {
	local file
	for file in "$OUT"/guest/*.gcda; do
		cp "$B/kmod/gcov/driver/$(basename "$file" .gcda).gcno" "$OUT/guest"
		gcov --json-format --stdout "$file"
	done | jq -rs -f "$HARNESS/coverage.jq" >"$OUT/lines.tsv"
	[ -s "$OUT/lines.tsv" ] || die "no line was counted, see $OUT/guest"
}

table() {
	awk -F '\t' '
		{ lines[$1]++; lines["driver/"]++ }
		$3 > 0 { ran[$1]++; ran["driver/"]++ }
		END {
			for (file in lines)
				printf "%-28s %5d %5d %6.1f %%\n", file, lines[file],
					ran[file], 100 * ran[file] / lines[file]
		}' "$OUT/lines.tsv" | sort >"$OUT/table.txt"
	printf '%-28s %5s %5s %8s\n' file lines ran share
	cat "$OUT/table.txt"
}

missed() {
	local file number count
	while read -r file number count; do
		[ "$count" != 0 ] || printf '%s:%s:%s\n' "$file" "$number" \
			"$(sed -n "${number}p" "$B/kmod/gcov/$file")"
	done <"$OUT/lines.tsv" >"$OUT/missed.txt"
}

only_one coverage
mkdir -p "$OUT"
run
count
missed
[ -z "$tap" ] || echo "1..1"
table | sed "${tap:+s/^/# /}"
awk -v least=$LEAST -v tap="$tap" '
	$1 == "driver/" { share = $4 }
	END {
		good = share >= least
		text = "of the lines of driver/, " share " % ran, at least " least " % have to"
		print (tap ? (good ? "ok 1 - " : "not ok 1 - ") : "") text
		exit !good
	}' "$OUT/table.txt"
