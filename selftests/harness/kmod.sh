#!/bin/bash
# SPDX-License-Identifier: MIT
# kmod.sh um|debian|kcsan|kasan|gcov|kcov|plain: builds qnn.ko for one of the kernels of the
# tests in $B/kmod/FLAVOUR, from a copy of the sources so that no object file lands
# beside them. Only files that changed are copied, and compiled. For the kernel
# "gcov", what is in driver/ counts which of its lines run; for "kcsan" and "kasan",
# the device code is not watched.
set -eu
. "$(dirname "$0")/lib.sh"

usage="usage: kmod.sh um|debian|kcsan|kasan|gcov|kcov|plain"
flavour=${1:?$usage}
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
kcsan | kasan | gcov | kcov | plain)
	[ -f "$B/kernels/$flavour/built" ] ||
		die "build the kernel first: $HARNESS/kernel.sh $flavour"
	id=$(cat "$B/kernels/$flavour/built")
	set -- make -s -C "$B/kernels/$flavour"
	case $flavour in
	gcov | plain) set -- "$@" ARCH=um ;;
	kcov) set -- "$@" ARCH=um KCOV_INSTRUMENT=y ;;
	esac
	;;
*) die "$usage" ;;
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

# Some files are built in another way than the rest, VARIABLE_<file>.o=VALUE.
kind=-
settings=()
case $flavour in
gcov)
	kind='driver/[^/]*\.c'
	settings=(GCOV_PROFILE_%=y)
	;;
kcsan | kasan)
	# The device code computes, on memory that nobody else writes or that belongs
	# to the user. It would take most of the time, and has been checked: in
	# User-Mode Linux, and in processes.
	kind='firmware/.*\.c'
	settings=(KCSAN_SANITIZE_%=n KASAN_SANITIZE_%=n UBSAN_SANITIZE_%=n)
	;;
esac
while read -r file; do
	set -- "$@" "${settings[@]/\%/${file%.c}.o}"
done < <(grep -x -e "$kind" "$OUT/sources" || true)

quiet "$OUT/build.log" nice -n 5 "$@" M="$OUT" -j"$JOBS" modules
if grep -i 'warning:' "$OUT/build.log" >&2; then
	die "the module builds with warnings"
fi
[ -f "$OUT/qnn.ko" ] || die "the build made no qnn.ko, see $OUT/build.log"
echo "$id" >"$OUT/built"
