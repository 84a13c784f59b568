#!/bin/bash
# SPDX-License-Identifier: MIT
# driver.sh: what the driver adds, in User-Mode Linux with one CPU, which runs native
# code, and in QEMU with two, into build/bench/driver-uml.json and driver-qemu.json.
set -eu
. "$(dirname "$0")/../../selftests/harness/lib.sh"

out=$B/bench
mkdir -p "$out"
# Networks of peers.sh, and layers of about 1 ms.
models=(layer:3x3:64-64:112x112:w8a8 layer:1x1:256-1024:28x28:w8a8)
for name in resnet8 mobilenet-v1-0.25 mobilenet-v2 resnet18; do
	[ ! -e "$out/nets/$name.qnn" ] || models+=("$out/nets/$name.qnn")
done

# keep NAME FOLDER PATTERN: the figures of a guest, which say where it was. Nothing is
# aimed at where the name has the pattern.
keep() {
	jq --arg where "$1" --arg other "$3" '[.[] | if .id | test($other) then
		.target = null | .holds = null else . end |
		.id |= sub("^driver"; "driver-" + $where)]' \
		"$2/driver.json" >"$out/driver-$1.json"
}

# bench NAME FLAVOUR COMMAND...
bench() {
	local name=$1 flavour=$2 dir=$out/$1
	shift 2
	mkdir -p "$dir"
	"$HARNESS/kmod.sh" "$flavour"
	"$@" || {
		tail -n 5 "$dir/results.log"
		die "the guest failed, see $dir"
	}
	cat "$dir/results.log"
}

echo "User-Mode Linux, one CPU:"
"$HARNESS/kernel.sh" plain
bench uml plain "$HARNESS/uml.sh" -k plain -o "$out/uml" \
	"$HARNESS/guest-bench.sh" "$B" plain "${models[@]}"
keep uml "$out/uml" 'empty job|queues'

echo "QEMU, two CPUs:"
"$HARNESS/debian-kernel.sh"
small=layer:3x3:16-16:32x32:w8a8
bench qemu debian "$HARNESS/qemu.sh" -o "$out/qemu" -f "$B/tools/qnn-bench" \
	"$HARNESS/guest-bench.sh" "$B" debian --pairs 51 "$small"
keep qemu "$out/qemu/out" 'layer:'
