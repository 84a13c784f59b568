#!/bin/bash
# SPDX-License-Identifier: MIT
# TAP: `make run` works, and its table says what the project promises: accuracy
# on digits that the networks never saw, every output byte the same.
set -u
. "$(dirname "$0")/../harness/lib.sh"
. "$(dirname "$0")/../harness/tap.sh"

# holds TEXT FILTER: a jq filter over the table is true.
holds() {
	jq -e "$2" "$B/run.json" >/dev/null
	result $? "$1"
}

# The accuracy may be below the float network's by so many points.
within() {
	holds "$1 is within $2 points of the float network" \
		"any(.[]; .model == \"$1\" and .float_accuracy - .accuracy <= $2)"
}

echo "1..10"
rm -f "$B/run.json"
"$HARNESS/run.sh"
result $? "make run ends well"
holds "the table has the four networks" \
	'map(.model) == ["digits-w8a8", "digits-w4a4", "digits-w2a2", "digits-w1a2"]'
holds "each ran on the kernel's device over the whole test part" \
	'all(.device == "/dev/accel/accel0" and .images == 449)'
holds "every output byte equals the one inside a process" 'all(.identical == true)'
holds "the float network is right on 98 % of the images" 'all(.float_accuracy >= 98)'
within digits-w8a8 0.3
within digits-w4a4 1.0
within digits-w2a2 3.0
within digits-w1a2 3.0
# shellcheck disable=SC2016 # a variable of jq
holds "fewer bits: smaller files, fewer cycles" \
	'. as $t | all(range(1; 4); $t[.].bytes < $t[. - 1].bytes and
		$t[.].cycles < $t[. - 1].cycles)'
exit $failed
