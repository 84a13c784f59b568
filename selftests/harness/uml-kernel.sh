#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the User-Mode-Linux kernel of the tests from Debian's kernel source:
# $B/uml/linux is the kernel, $B/uml/src the tree that modules are built with.
# Nothing happens when both are up to date.
set -eu
. "$(dirname "$0")/lib.sh"
. "$HARNESS/kernel-lib.sh"

OUT=$B/uml
CONFIG=$HARNESS/uml.config

only_one uml-kernel
build_id=$(kernel_build_id "$CONFIG")
tree=$OUT/tree
if stamp_is "$OUT/built" "$build_id" && [ -x "$OUT/linux" ]; then
	exit 0
fi
mkdir -p "$OUT"
rm -f "$OUT/built" "$OUT/linux" "$OUT/src"
kernel_unpack "$OUT"

say "configuring the User-Mode-Linux kernel"
quiet "$OUT/config.log" kernel_configure "$CONFIG" "$tree" make -s -C "$tree" ARCH=um
say "building the User-Mode-Linux kernel, about 4 minutes on 2 cores"
quiet "$OUT/build.log" nice -n 5 make -s -C "$tree" ARCH=um -j"$JOBS" linux modules
# Link, not copy: the kernel's symbols serve gdb, and the tree stays for modules.
ln -sfn tree "$OUT/src"
ln -sfn tree/linux "$OUT/linux"
echo "$build_id" >"$OUT/built"
say "the User-Mode-Linux kernel is ready: $OUT/linux"
