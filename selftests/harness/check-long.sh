#!/bin/bash
# SPDX-License-Identifier: MIT
# make check-long [CHECK=PATTERN]: what takes too long for every commit, in parts;
# with a pattern of the shell, only the parts with such names:
#
#	kcsan		KUnit and the kselftests on a kernel that looks for data races
#	kasan		the same on one that looks for wrong uses of memory and leaks
#	inject		the kselftests there, while allocations and copies fail
#	long-uml	tests that do the same thing many times, many times more
#	long-qemu	the same on Debian's kernel
#	long-sleep	of these, what puts the machine to sleep
#	coverage	the lines of the driver that KUnit and the kselftests run
#	tflite		many more TFLite networks
#	arm64		the device code on an emulated arm64 processor
#
# The last line is "N passed, N failed, N skipped", as in make check.
set -eu
. "$(dirname "$0")/lib.sh"

OUT=$B/check-long
. "$HARNESS/suites.sh"
PARTS=(kcsan kasan inject long-uml long-qemu long-sleep coverage tflite arm64)
LONG=(emulated fairness hotplug lifetime recovery sleep)

# part NAME SECONDS COMMAND...: one guest, timed.
part() {
	local name=$1 began
	shift
	asked "$name" || return 0
	say "$name begins"
	began=$(date +%s)
	vm "$name" "$@"
	say "$name took $(($(date +%s) - began)) s"
}

kernel_of() {
	case $1 in
	kcsan | kasan) echo "$1" ;;
	inject) echo kasan ;;
	long-uml) echo um ;;
	long-qemu | long-sleep) echo debian ;;
	coverage) echo gcov ;;
	esac
}

build() {
	local name kernel
	say "building the library, the tools and their tests"
	quiet "$OUT/build.log" top_make all tests kselftests
	for name in "${PARTS[@]}"; do
		kernel=$(kernel_of "$name")
		asked "$name" || continue
		case $kernel in
		'') continue ;;
		um) "$HARNESS/uml-kernel.sh" ;;
		debian) "$HARNESS/debian-kernel.sh" ;;
		*) "$HARNESS/kernel.sh" "$kernel" ;;
		esac
		"$HARNESS/kmod.sh" "$kernel"
	done
}

# tests KIND [NAME...]: the programs of a guest, or those of these names.
tests() {
	local kind=$1 program
	shift
	for program in $(top_make "list-$kind-tests"); do
		[ $# = 0 ] || [[ " $* " == *" $(basename "$program") "* ]] || continue
		case $program in /*) ;; *) program=$TOP/$program ;; esac
		echo "$program"
	done
}

# in_qemu [-s] NAME SECONDS SCRIPT PROGRAM...: the script with qnn.ko and the programs.
in_qemu() {
	local name seconds script kernel files=() program
	[ "$1" != -s ] || { files=(-s) && shift; }
	name=$1 seconds=$2 script=$3
	shift 3
	kernel=$(kernel_of "$name")
	for program in "$B/kmod/$kernel/qnn_kunit.ko" "$@"; do
		[ ! -f "$program" ] || files+=(-f "$program")
	done
	part "$name" "$HARNESS/qemu.sh" -k "$kernel" -o "$OUT/$name" -t "$seconds" "${files[@]}" \
		env QNN_TIMEOUT=900 sh "$script" "$B/kmod/$kernel/qnn.ko" "$@"
}

# Guests wait a lot: two of them at a time.
run_guests() {
	local all few awake asleep
	mapfile -t all < <(tests qemu)
	mapfile -t few < <(tests qemu "${LONG[@]}")
	{
		in_qemu kcsan 5400 "$HARNESS/guest-all.sh" "${all[@]}"
		mapfile -t awake < <(tests qemu "${LONG[@]}" | grep -v '/sleep$')
		in_qemu long-qemu 3600 "$HARNESS/guest-long.sh" "${awake[@]}"
		# All CPUs patch code each time: see -s.
		mapfile -t asleep < <(tests qemu sleep)
		in_qemu -s long-sleep 3600 "$HARNESS/guest-long.sh" "${asleep[@]}"
	} &
	in_qemu kasan 5400 "$HARNESS/guest-all.sh" "${all[@]}"
	mapfile -t all < <(tests qemu | grep -v '/fault_injection$')
	in_qemu inject 7200 "$HARNESS/guest-inject.sh" "${all[@]}"
	wait
	part long-uml "$HARNESS/uml.sh" -o "$OUT/long-uml" -t 3600 \
		sh "$HARNESS/guest-long.sh" "$B/kmod/um/qnn.ko" "${few[@]}"
}

only_one check-long
rm -rf "$OUT"
mkdir -p "$OUT"
trap finish EXIT
"$HARNESS/packages.sh" all
build
run_guests
for name in kcsan kasan inject long-uml long-qemu long-sleep; do
	! asked "$name" || vm_report "$name"
done
suite coverage 3600 "$HARNESS/coverage.sh" --tap
! asked coverage || grep '^# ' "$OUT/coverage.log" || true
suite tflite 7200 "$TOP/selftests/checks/tflite.sh" --long
suite arm64 3600 "$HARNESS/arm64.sh"
[ ${#failures[@]} = 0 ] || printf 'failed: %s\n' "${failures[@]}"
[ $((passed + failed + skipped)) != 0 ] || die "no part is called '$wanted'"
say "logs are in $OUT"
[ "$failed" = 0 ]
