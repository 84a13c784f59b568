# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the scripts that build kernels share. Source it after lib.sh.

KERNEL_TARBALL=/usr/src/linux-source-6.12.tar.xz
KERNEL_GRAFT=$HARNESS/uml.Kconfig
KERNEL_PATCHES=("$HARNESS"/uml-*.patch)

# kernel_tree_id: the release of Debian's kernel source, and what we add to it.
kernel_tree_id() {
	[ -f "$KERNEL_TARBALL" ] ||
		die "$KERNEL_TARBALL is missing: apt-get install linux-source-6.12"
	echo "$(dpkg-query -W -f '${Version}' linux-source-6.12)" \
		"$(digest "$KERNEL_GRAFT" "${KERNEL_PATCHES[@]}")"
}

# kernel_unpack FOLDER: the source in FOLDER/tree, patched.
kernel_unpack() {
	local id tree=$1/tree patch
	id=$(kernel_tree_id)
	! stamp_is "$1/unpacked" "$id" || return 0
	say "unpacking the kernel source ${id% *}"
	rm -rf "$1/unpacked" "$tree"
	mkdir -p "$tree"
	tar -C "$tree" --strip-components=1 -xf "$KERNEL_TARBALL"
	cat "$KERNEL_GRAFT" >>"$tree/drivers/accel/Kconfig"
	for patch in "${KERNEL_PATCHES[@]}"; do
		quiet "$1/patch.log" patch -d "$tree" -p1 -i "$patch"
	done
	echo "$id" >"$1/unpacked"
}

# kernel_build_id CONFIG...: what a kernel depends on besides the tree.
kernel_build_id() {
	echo "$(kernel_tree_id) $(digest "$@") $(gcc -dumpfullversion) $(ld -v | tr -dc 0-9.)"
}

# kernel_configure CONFIG FOLDER COMMAND...: let the command (make) configure what
# CONFIG names, and see that FOLDER/.config has all of it.
kernel_configure() {
	local config=$1 folder=$2 line
	shift 2
	"$@" KCONFIG_ALLCONFIG="$config" allnoconfig || return
	while read -r line; do
		case $line in CONFIG_*) ;; *) continue ;; esac
		grep -qxF -e "$line" "$folder/.config" ||
			die "the kernel's configuration lost $line (see $config)"
	done <"$config"
}
