#!/bin/bash
# SPDX-License-Identifier: MIT
# make fuzz: builds each fuzzer and runs it for FUZZ_SECONDS (60). What it finds
# stays in $B/fuzz/NAME.found/, its collection of inputs in $B/fuzz/NAME.inputs/.
set -eu
. "$(dirname "$0")/lib.sh"

seconds=${FUZZ_SECONDS:-60}
bad=0

"$HARNESS/packages.sh" all
mapfile -t fuzzers < <(top_make list-fuzzers)
for fuzzer in "${fuzzers[@]}"; do
	name=$(basename "$fuzzer")
	found=$B/fuzz/$name.found
	mkdir -p "$found" "$B/fuzz/$name.inputs"
	say "building the fuzzer $name"
	quiet "$B/fuzz/$name.build.log" top_make "$fuzzer"
	say "fuzzing $name for $seconds s"
	if ! "$B/fuzz/$name" -max_total_time="$seconds" -artifact_prefix="$found/" \
		"$B/fuzz/$name.inputs" >"$B/fuzz/$name.log" 2>&1; then
		tail -n 40 "$B/fuzz/$name.log"
		say "$name found something: $found"
		bad=1
	fi
done
exit $bad
