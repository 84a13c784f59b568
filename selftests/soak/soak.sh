#!/bin/bash
# SPDX-License-Identifier: MIT
# make soak: runs clients of every kind for SOAK_SECONDS (60) in User-Mode Linux and
# at the same time in QEMU, and shows what they left behind.
set -eu
. "$(dirname "$0")/../harness/lib.sh"

seconds=${SOAK_SECONDS:-60}
OUT=$B/soak
program=$B/selftests/soak/soak
guest=$HARNESS/guest-alone.sh
# Deadlines that a guest keeps on a machine that has much else to do.
parameters="cores=2 lanes=2 max_timeout_ms=60000"
status=0

only_one soak
mkdir -p "$OUT"
quiet "$OUT/build.log" top_make "$program"
"$HARNESS/uml-kernel.sh"
"$HARNESS/kmod.sh" um
"$HARNESS/kmod.sh" debian
"$HARNESS/debian-kernel.sh"
cp "$program" "$OUT/soak"
cp "$B/kmod/um/qnn.ko" "$OUT/um.ko"
say "soaking for $seconds s in both guests"
"$HARNESS/uml.sh" -o "$OUT/uml" -t $((seconds + 900)) \
	sh "$guest" "$OUT/um.ko" "$parameters" "$OUT/soak" "$seconds" >"$OUT/uml.verdict" 2>&1 &
uml=$!
"$HARNESS/qemu.sh" -o "$OUT/qemu" -t $((seconds + 900)) -f "$guest" -f "$OUT/soak" \
	sh "$guest" "$B/kmod/debian/qnn.ko" "$parameters" "$OUT/soak" "$seconds" >"$OUT/qemu.verdict" 2>&1 ||
	status=$?
wait $uml || status=$?
for guest in uml qemu; do
	say "$guest"
	cat "$OUT/$guest/results.log" "$OUT/$guest.verdict"
done
[ $status = 0 ] || say "the soak failed (status $status), see $OUT"
exit $status
