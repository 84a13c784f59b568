#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: what the fuzzers have found worth keeping runs without a report of the
# sanitizers. selftests/corpus/NAME.tar.xz has the inputs of the fuzzer NAME;
# $B/san/replay/NAME gives them to its function.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
archives=("$TOP"/selftests/corpus/*.tar.xz)
failed=0
number=0

echo "1..${#archives[@]}"
for archive in "${archives[@]}"; do
	number=$((number + 1))
	name=$(basename "$archive" .tar.xz)
	mkdir "$work/$name"
	if tar -C "$work/$name" -xJf "$archive" &&
	   "$B/san/replay/$name" "$work/$name" >"$work/$name.log" 2>&1; then
		echo "ok $number - $name: $(grep -c '^# ' "$work/$name.log") inputs"
	else
		tail -n 60 "$work/$name.log" | sed 's/^/# /'
		echo "not ok $number - $name"
		failed=1
	fi
done
exit $failed
