#!/bin/bash
# SPDX-License-Identifier: MIT
# kmod.sh um|debian: builds qnn.ko for one of the two kernels of the tests in
# $B/kmod/FLAVOUR, from a copy of the sources so that no object file lands
# beside them. Only files that changed are copied, and compiled.
set -eu
. "$(dirname "$0")/lib.sh"

flavour=${1:?usage: kmod.sh um|debian}
OUT=$B/kmod/$flavour
only_one "kmod-$flavour"

case $flavour in
um)
	[ -f "$B/uml/built" ] || die "build the kernel first: $HARNESS/uml-kernel.sh"
	id=$(cat "$B/uml/built")
	set -- make -s -C "$B/uml/src" ARCH=um
	;;
debian)
	id=$(debian_kver)
	set -- make -s -C "/usr/src/linux-headers-$id"
	;;
*)
	die "unknown flavour '$flavour': um or debian"
	;;
esac

mkdir -p "$OUT"
(cd "$TOP" && find Kbuild driver firmware uapi -type f | sort) >"$OUT/sources.new"
# Sources that are gone must not be built again.
if [ -f "$OUT/sources" ]; then
	comm -23 "$OUT/sources" "$OUT/sources.new" | while read -r file; do
		rm -f "${OUT:?}/$file" "$OUT/built"
	done
fi
mv "$OUT/sources.new" "$OUT/sources"
while read -r file; do
	if ! cmp -s "$TOP/$file" "$OUT/$file"; then
		rm -f "$OUT/built"
		install -D -m 644 "$TOP/$file" "$OUT/$file"
	fi
done <"$OUT/sources"
if stamp_is "$OUT/built" "$id"; then
	exit 0
fi

quiet "$OUT/build.log" nice -n 5 "$@" M="$OUT" -j"$JOBS" modules
if grep -i 'warning:' "$OUT/build.log" >&2; then
	die "the module builds with warnings"
fi
[ -f "$OUT/qnn.ko" ] || die "the build made no qnn.ko, see $OUT/build.log"
echo "$id" >"$OUT/built"
