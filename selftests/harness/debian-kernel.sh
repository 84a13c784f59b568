#!/bin/bash
# SPDX-License-Identifier: MIT
# Fetches Debian's own 6.12 kernel, the release whose headers are installed, and
# unpacks it without installing it: $B/debian/vmlinuz, $B/debian/modules.
set -eu
. "$(dirname "$0")/lib.sh"

OUT=$B/debian
only_one debian-kernel
kver=$(debian_kver)
package=linux-image-$kver
headers=linux-headers-$kver
version=$(dpkg-query -W -f '${Version}' "$headers")
id="$package $version"

if stamp_is "$OUT/unpacked" "$id"; then
	exit 0
fi
say "fetching Debian's kernel: $package $version"
rm -rf "$OUT"
mkdir -p "$OUT/download" "$OUT/root"
(cd "$OUT/download" && apt_download "$OUT/download.log" "$package=$version") ||
	die "Debian no longer has $package $version, the kernel of the installed" \
		"headers; apt-get install linux-headers-6.12-amd64 brings newer ones"
quiet "$OUT/unpack.log" dpkg-deb -x "$OUT"/download/*.deb "$OUT/root"
ln -s "root/boot/vmlinuz-$kver" "$OUT/vmlinuz"
ln -s "root/lib/modules/$kver" "$OUT/modules"
# The package leaves the list of dependencies to its installation script.
quiet "$OUT/depmod.log" depmod -b "$OUT/root" "$kver"
rm -rf "$OUT/download"
echo "$id" >"$OUT/unpacked"
