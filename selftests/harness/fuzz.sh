#!/bin/bash
# SPDX-License-Identifier: MIT
# make fuzz: builds each fuzzer and runs it for FUZZ_SECONDS (60). What it finds
# stays in $B/fuzz/NAME.found/, its collection of inputs in $B/fuzz/NAME.inputs/.
# It starts from the inputs that selftests/corpus/NAME.tar.xz keeps.
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
	kept=$TOP/selftests/corpus/$name.tar.xz
	[ ! -f "$kept" ] || tar -C "$B/fuzz/$name.inputs" --skip-old-files -xJf "$kept"
	say "fuzzing $name for $seconds s"
	if ! "$B/fuzz/$name" -max_total_time="$seconds" -artifact_prefix="$found/" \
		"$B/fuzz/$name.inputs" >"$B/fuzz/$name.log" 2>&1; then
		tail -n 40 "$B/fuzz/$name.log"
		say "$name found something: $found"
		bad=1
	fi
done
exit $bad
