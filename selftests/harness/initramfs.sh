#!/bin/bash
# SPDX-License-Identifier: MIT
# initramfs.sh [-k KERNEL] OUT [FILE...]: packs an initramfs for Debian's kernel, or
# the one of kernel.sh that -k names: busybox, qnn.ko with the modules that it and
# the tests need, the scripts for guests, and the given files and folders under the
# same path as here. Programs get their shared libraries too.
set -eu
. "$(dirname "$0")/lib.sh"

kernel=debian
while getopts k: opt; do
	case $opt in
	k) kernel=$OPTARG ;;
	*) die "usage: initramfs.sh [-k KERNEL] OUT [FILE...]" ;;
	esac
done
shift $((OPTIND - 1))
out=${1:?usage: initramfs.sh [-k KERNEL] OUT [FILE...]}
shift
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
	local name line file kver
	kver=$(debian_kver)
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
for script in "$HARNESS"/guest-*.sh; do
	add "$script"
done

module=$B/kmod/$kernel/qnn.ko
[ ! -f "$module" ] || add "$module"
mkdir "$root/modules"
if [ "$kernel" = debian ]; then
	wanted=vgem
	[ ! -f "$module" ] || wanted="$wanted $(modinfo -F depends "$module" | tr , ' ')"
	# shellcheck disable=SC2086 # a list of names
	add_modules $wanted
else
	# Everything else is built in.
	: >"$root/modules/order"
fi

for path in "$@"; do
	[ -e "$path" ] || die "initramfs: $path does not exist"
	find "$(realpath -s "$path")" \( -type f -o -type l \) | while read -r file; do
		add "$file"
		[ ! -x "$file" ] || add_libraries "$file"
	done
done
(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0) >"$out"
