#!/bin/bash
# SPDX-License-Identifier: MIT
# TAP: the reader of test results finds every way in which a suite can fail.
set -u
. "$(dirname "$0")/../harness/lib.sh"

number=0
failed=0

# reads NAME STATUS "PASSED FAILED SKIPPED" < TAP
reads() {
	local got
	got=$(awk -v status="$2" -f "$HARNESS/tap.awk" | head -n 1)
	number=$((number + 1))
	if [ "$got" = "$3" ]; then
		echo "ok $number $1"
	else
		echo "# expected $3, got $got"
		echo "not ok $number $1"
		failed=1
	fi
}

echo "1..15"
reads "good" 0 "2 0 0" <<<$'TAP version 13\n1..2\nok 1 a\nok 2 b'
reads "a failure" 1 "1 1 0" <<<$'1..2\nok 1 a\nnot ok 2 b'
reads "a skip" 0 "1 0 1" <<<$'1..2\nok 1 a\nok 2 b # SKIP no device'
reads "a skip as cmocka writes it" 0 "0 0 1" <<<$'1..1\nnot ok 1 # SKIP b'
reads "everything skipped" 0 "0 0 1" <<<$'1..0 # SKIP no device'
reads "too few results" 0 "1 1 0" <<<$'1..2\nok 1 a'
reads "too many results" 0 "2 1 0" <<<$'1..1\nok 1 a\nok 2 b'
reads "no plan" 0 "1 1 0" <<<$'ok 1 a'
reads "nothing at all" 0 "0 1 0" </dev/null
reads "good results, bad status" 139 "1 1 0" <<<$'1..1\nok 1 a'
reads "never ended" "" "1 1 0" <<<$'1..1\nok 1 a'
reads "two plans one after the other" 0 "3 0 0" <<<$'1..1\nok 1 a\n1..2\nok 1 b\nok 2 c'
reads "nested" 0 "2 0 0" <<<$'KTAP version 1\n1..1\n    1..2\n    ok 1 a\n    ok 2 b\nok 1 s'
reads "nested failure counts once" 1 "1 1 0" \
	<<<$'1..1\n    1..2\n    ok 1 a\n    not ok 2 b\nnot ok 1 s'
reads "failure of the sum alone" 1 "1 1 0" <<<$'1..1\n    1..1\n    ok 1 a\nnot ok 1 s'
exit $failed
