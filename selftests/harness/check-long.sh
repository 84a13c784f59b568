#!/bin/bash
# SPDX-License-Identifier: MIT
# make check-long: the kselftests that do the same thing many times, many times
# more than in make check, in both guests; and many more TFLite networks. Not for
# every commit.
set -eu
. "$(dirname "$0")/lib.sh"

OUT=$B/check-long
TESTS=(fairness hotplug recovery)
guest=$HARNESS/guest-long.sh
status=0

# run_guest NAME COMMAND...: run it, show what the tests say, remember a failure.
run_guest() {
	local name=$1 verdict=0
	shift
	say "$name: ${TESTS[*]}"
	"$@" || verdict=$?
	grep -E '^(ok|not ok|# .*(:|Totals))' "$OUT/$name/results.log" || true
	if [ "$verdict" != 0 ]; then
		echo "$name failed (status $verdict), see $OUT/$name"
		status=1
	fi
}

only_one check-long
"$HARNESS/packages.sh"
mkdir -p "$OUT"
quiet "$OUT/build.log" top_make all tests kselftests
"$HARNESS/uml-kernel.sh"
"$HARNESS/kmod.sh" um
"$HARNESS/kmod.sh" debian
"$HARNESS/debian-kernel.sh"

programs=()
files=(-f "$guest")
for name in "${TESTS[@]}"; do
	programs+=("$B/selftests/accel/$name")
	files+=(-f "$B/selftests/accel/$name")
done
run_guest uml "$HARNESS/uml.sh" -o "$OUT/uml" -t 3600 \
	sh "$guest" "$B/kmod/um/qnn.ko" "${programs[@]}"
run_guest qemu "$HARNESS/qemu.sh" -o "$OUT/qemu" -t 3600 "${files[@]}" \
	sh "$guest" "$B/kmod/debian/qnn.ko" "${programs[@]}"
say "TFLite networks"
"$TOP/selftests/checks/tflite.sh" --long || status=1
exit $status
