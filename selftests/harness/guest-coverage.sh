#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-coverage.sh MODULE PROGRAM...: in a guest whose kernel counts the lines that
# run, does what guest-all.sh does, and leaves the counters in $QNN_OUT.
sh "$(dirname "$0")/guest-all.sh" "$@"
for file in "/sys/kernel/debug/gcov$(dirname "$1")"/driver/*.gcda; do
	cat "$file" >"$QNN_OUT/$(basename "$file")"
done
