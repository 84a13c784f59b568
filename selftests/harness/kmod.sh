#!/bin/bash
# SPDX-License-Identifier: MIT
# kmod.sh um|debian: builds qnn.ko for one of the two kernels of the tests in
# $B/kmod/FLAVOUR, from a copy of the sources so that no object file lands
# beside them. Files that did not change keep their time stamp there.
set -eu
. "$(dirname "$0")/lib.sh"

flavour=${1:?usage: kmod.sh um|debian}
OUT=$B/kmod/$flavour

case $flavour in
um)
	[ -f "$B/uml/built" ] || die "build the kernel first: $HARNESS/uml-kernel.sh"
	set -- make -s -C "$B/uml/src" ARCH=um
	;;
debian)
	kver=$(debian_kver)
	set -- make -s -C "/usr/src/linux-headers-$kver"
	;;
*)
	die "unknown flavour '$flavour': um or debian"
	;;
esac

mkdir -p "$OUT"
(cd "$TOP" && find Kbuild driver firmware uapi -name build -prune -o -type f -print | sort) \
	>"$OUT/sources.new"
# Sources that are gone must not be built again.
if [ -f "$OUT/sources" ]; then
	comm -23 "$OUT/sources" "$OUT/sources.new" | while read -r file; do
		rm -f "${OUT:?}/$file"
	done
fi
mv "$OUT/sources.new" "$OUT/sources"
while read -r file; do
	cmp -s "$TOP/$file" "$OUT/$file" || install -D -p -m 644 "$TOP/$file" "$OUT/$file"
done <"$OUT/sources"

quiet "$OUT/build.log" nice -n 5 "$@" M="$OUT" -j"$JOBS" modules
grep -i 'warning:' "$OUT/build.log" >&2 && die "the module builds with warnings"
[ -f "$OUT/qnn.ko" ] || die "the build made no qnn.ko, see $OUT/build.log"
