#!/bin/bash
# SPDX-License-Identifier: MIT
# kernel.sh kcsan|kasan|gcov|kcov|plain: builds one of the kernels of `make check-long` from
# Debian's kernel source, in $B/kernels/NAME:
#
#	kcsan	x86-64: data races, locks
#	kasan	x86-64: wrong uses of memory, leaks, fault injection
#	gcov	User-Mode Linux: which lines of the driver run
#	kcov	User-Mode Linux: the same, told to a fuzzer; not for make check-long
#	plain	User-Mode Linux: with nothing that looks for mistakes, for make bench
#
# Nothing happens when it is up to date. All share the sources in $B/kernels/tree.
set -eu
. "$(dirname "$0")/lib.sh"
. "$HARNESS/kernel-lib.sh"

usage="usage: kernel.sh kcsan|kasan|gcov|kcov|plain"
name=${1:?$usage}
case $name in
kcsan | kasan)
	arch=x86_64
	image=bzImage
	configs=("$HARNESS/kernel-x86.config" "$HARNESS/kernel-$name.config")
	;;
gcov | kcov)
	arch=um
	image=linux
	configs=("$HARNESS/uml.config" "$HARNESS/kernel-$name.config")
	;;
plain)
	arch=um
	image=linux
	configs=("$HARNESS/uml.config")
	;;
*) die "$usage" ;;
esac

OUT=$B/kernels/$name
only_one "kernel-$name"
build_id=$(kernel_build_id "${configs[@]}")
if stamp_is "$OUT/built" "$build_id" && [ -e "$OUT/image" ]; then
	exit 0
fi

unpack() {
	only_one kernel-tree
	kernel_unpack "$B/kernels"
}

mkdir -p "$OUT"
rm -f "$OUT/built" "$OUT/image"
(unpack)
cat "${configs[@]}" >"$OUT/all.config"
# What looks for mistakes stands last.
[ "$name" != plain ] || sed -i '/^# Tests and everything/,$d' "$OUT/all.config"
set -- make -s -C "$B/kernels/tree" O="$OUT" ARCH="$arch"
say "configuring the kernel '$name'"
quiet "$OUT/config.log" kernel_configure "$OUT/all.config" "$OUT" "$@"
say "building the kernel '$name', some minutes"
quiet "$OUT/build.log" nice -n 5 "$@" -j"$JOBS" "$image" modules
case $arch in
x86_64) ln -sfn "arch/x86/boot/bzImage" "$OUT/image" ;;
um) ln -sfn linux "$OUT/image" ;;
esac
echo "$build_id" >"$OUT/built"
say "the kernel '$name' is ready: $OUT/image"
