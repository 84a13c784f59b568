#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the User-Mode-Linux kernel of the tests from Debian's kernel source:
# $B/uml/linux is the kernel, $B/uml/src the tree that modules are built with.
# Nothing happens when both are up to date.
set -eu
. "$(dirname "$0")/lib.sh"

OUT=$B/uml
CONFIG=$HARNESS/uml.config
GRAFT=$HARNESS/uml.Kconfig
PATCHES=("$HARNESS"/uml-*.patch)
TARBALL=/usr/src/linux-source-6.12.tar.xz

only_one uml-kernel
[ -f "$TARBALL" ] || die "$TARBALL is missing: apt-get install linux-source-6.12"
version=$(dpkg-query -W -f '${Version}' linux-source-6.12)
tree_id="$version $(digest "$GRAFT" "${PATCHES[@]}")"
build_id="$tree_id $(digest "$CONFIG") $(gcc -dumpfullversion) $(ld -v | tr -dc 0-9.)"
tree=$OUT/tree

if stamp_is "$OUT/built" "$build_id" && [ -x "$OUT/linux" ]; then
	exit 0
fi
mkdir -p "$OUT"
rm -f "$OUT/built" "$OUT/linux" "$OUT/src"

if ! stamp_is "$OUT/unpacked" "$tree_id"; then
	say "unpacking the kernel source $version"
	rm -rf "$OUT/unpacked" "$tree"
	mkdir "$tree"
	tar -C "$tree" --strip-components=1 -xf "$TARBALL"
	cat "$GRAFT" >>"$tree/drivers/accel/Kconfig"
	for patch in "${PATCHES[@]}"; do
		quiet "$OUT/patch.log" patch -d "$tree" -p1 -i "$patch"
	done
	echo "$tree_id" >"$OUT/unpacked"
fi

say "configuring the User-Mode-Linux kernel"
quiet "$OUT/config.log" make -s -C "$tree" ARCH=um KCONFIG_ALLCONFIG="$CONFIG" allnoconfig
while read -r line; do
	case $line in ''|\#*) continue ;; esac
	grep -qxF -e "$line" "$tree/.config" ||
		die "the kernel's configuration lost $line (see $CONFIG)"
done <"$CONFIG"

say "building the User-Mode-Linux kernel, about 4 minutes on 2 cores"
quiet "$OUT/build.log" nice -n 5 make -s -C "$tree" ARCH=um -j"$JOBS" linux modules
# Link, not copy: the kernel's symbols serve gdb, and the tree stays for modules.
ln -sfn tree "$OUT/src"
ln -sfn tree/linux "$OUT/linux"
echo "$build_id" >"$OUT/built"
say "the User-Mode-Linux kernel is ready: $OUT/linux"
