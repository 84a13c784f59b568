#!/bin/bash
# SPDX-License-Identifier: MIT
# initramfs.sh OUT [FILE...]: packs an initramfs for Debian's kernel: busybox,
# qnn.ko with the modules that it and the tests need, and the given files and
# folders under the same path as here. Programs get their shared libraries too.
set -eu
. "$(dirname "$0")/lib.sh"

out=${1:?usage: initramfs.sh OUT [FILE...]}
shift
kver=$(debian_kver)
root=$(mktemp -d "$B/initramfs.XXXXXX")
trap 'rm -rf "$root"' EXIT

# add FILE: copy it, links resolved, to its own absolute path in the guest.
add() {
	[ -e "$root$1" ] || install -D -p "$1" "$root$1"
}

add_libraries() {
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
		add "$library"
	done
}

# Modules are loaded by /init in the order of /modules/order.
add_modules() {
	local name line file
	mkdir "$root/modules"
	modprobe -C /dev/null -d "$B/debian/root" -S "$kver" -a --show-depends "$@" |
		while read -r line file _; do
			[ "$line" = insmod ] || continue
			name=$(basename "$file")
			name=${name%.xz}
			[ ! -e "$root/modules/$name" ] || continue
			case $file in
			*.xz) xz -dc "$file" >"$root/modules/$name" ;;
			*) cp "$file" "$root/modules/$name" ;;
			esac
			echo "/modules/$name"
		done >"$root/modules/order"
}

mkdir -p "$root"/{proc,sys,dev,tmp,bin,out}
cp /bin/busybox "$root/bin/busybox"
for applet in $(busybox --list | grep -vx busybox); do
	ln -sf busybox "$root/bin/$applet"
done
install -m 755 "$HARNESS/qemu-init.sh" "$root/init"

module=$B/kmod/debian/qnn.ko
wanted=vgem
if [ -f "$module" ]; then
	wanted="$wanted $(modinfo -F depends "$module" | tr , ' ')"
	add "$module"
fi
# shellcheck disable=SC2086 # a list of names
add_modules $wanted

for path in "$@"; do
	[ -e "$path" ] || die "initramfs: $path does not exist"
	find "$(realpath -s "$path")" \( -type f -o -type l \) | while read -r file; do
		add "$file"
		[ ! -x "$file" ] || add_libraries "$file"
	done
done
(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0) >"$out"
