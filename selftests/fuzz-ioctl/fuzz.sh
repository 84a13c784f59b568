#!/bin/bash
# SPDX-License-Identifier: MIT
# make fuzz-ioctl: runs the fuzzer of the ioctl interface for FUZZ_SECONDS (60) in
# User-Mode Linux with all its checkers. FUZZ_SEED (the time) is that of the first
# case, FUZZ_MODES (all) what it may do: root, faults, all or none. Two runs at the
# same time need different FUZZ_NAMEs. The cases that were run last, and those that
# reached new code if the kernel has KCOV, are in $B/fuzz/ioctl-NAME/; the next run of
# that name goes on from there. The CPU time of all runs is summed up in cpu-seconds.
#
# fuzz.sh CASE [TIMES]: runs one case again.
set -eu
. "$(dirname "$0")/../harness/lib.sh"

dir=$B/fuzz/ioctl-${FUZZ_NAME:-uml}
seconds=${FUZZ_SECONDS:-60}
seed=${FUZZ_SEED:-$(date +%s)}
program=$B/selftests/fuzz_ioctl
kernel=${FUZZ_KERNEL:-um}
boot=()

mkdir -p "$dir"
quiet "$dir/build.log" top_make "$program"
case $kernel in
um) "$HARNESS/uml-kernel.sh" ;;
*)
	"$HARNESS/kernel.sh" "$kernel"
	# Time in which the guest only waits is skipped.
	boot=(-k "$kernel" -a time-travel)
	;;
esac
"$HARNESS/kmod.sh" "$kernel"
# Others may build while this runs.
cp "$program" "$B/kmod/$kernel/qnn.ko" "$dir"
if [ $# -gt 0 ]; then
	cp "$1" "$dir/replay.case"
	set -- -r /dev/out/replay.case -n "${2:-1}"
	seconds=600
else
	set -- -t "$seconds" -s "$seed" -o /dev/out
	say "fuzzing ioctls for $seconds s from seed $seed"
fi
status=0
"$HARNESS/uml.sh" ${boot[@]+"${boot[@]}"} -o "$dir" -t $((seconds + 900)) sh "$HARNESS/guest-alone.sh" \
	"$dir/qnn.ko" "cores=2 lanes=2 timeout_ms=300 max_timeout_ms=2000" \
	"$dir/fuzz_ioctl" -m "${FUZZ_MODES:-all}" "$@" || status=$?
cat "$dir/results.log"
# The second line has user and system time of what was waited for, the guest. Not in
# a pipe, which would be another shell.
times >"$dir/times"
spent=$(awk 'NR == 2 {
	for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); sum += t[1] * 60 + t[2] }
	printf "%d", sum }' "$dir/times")
total=$(($(cat "$dir/cpu-seconds" 2>/dev/null || echo 0) + spent))
echo $total >"$dir/cpu-seconds"
say "$spent s of CPU time, $total s in $dir so far"
exit $status
