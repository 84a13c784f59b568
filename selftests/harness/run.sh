#!/bin/bash
# SPDX-License-Identifier: MIT
# make run: the whole way from trained networks to /dev/accel/accel0. Packs the
# digits network at four widths, runs each in a virtual machine with Debian's
# unmodified kernel on images that it never saw, and compares every output byte
# with the same device code inside a process.
set -eu
. "$(dirname "$0")/lib.sh"

# Name, ONNX file, options of qnn-pack. The last two were trained with their
# quantizers and keep their own grid.
MODELS='
digits-w8a8 digits.onnx --weights 8 --activations 8
digits-w4a4 digits.onnx --weights 4 --activations 4
digits-w2a2 digits-w2a2.onnx
digits-w1a2 digits-w1a2.onnx
'
NETS=$TOP/tools/train/digits
OUT=$B/run
names=()

pack_models() {
	local name onnx options
	while read -r name onnx options; do
		[ -n "$name" ] || continue
		names+=("$name")
		if [ "$OUT/$name.qnn" -nt "$NETS/$onnx" ] &&
			[ "$OUT/$name.qnn" -nt "$B/tools/qnn-pack" ] &&
			[ "$OUT/$name.qnn" -nt "$B/digits/train.csv" ]; then
			continue
		fi
		say "packing $name from $onnx"
		# shellcheck disable=SC2086 # a list of options
		quiet "$OUT/$name.pack.log" "$B/tools/qnn-pack" "$NETS/$onnx" \
			-o "$OUT/$name.qnn" $options --calib "$B/digits/train.csv" --name "$name"
	done <<<"$MODELS"
}

float_accuracy() {
	if [ "$OUT/float.json" -nt "$NETS/digits.onnx" ] &&
		[ "$OUT/float.json" -nt "$B/tools/qnn-float" ] &&
		[ "$OUT/float.json" -nt "$B/digits/test.csv" ]; then
		return
	fi
	say "running the float network on the CPU"
	quiet "$OUT/float.log" "$B/tools/qnn-float" "$NETS/digits.onnx" \
		--data "$B/digits/test.csv" --json "$OUT/float.json"
}

print_table() {
	echo
	jq -r '["model", "device", "images", "accuracy", "float", "bytes", "us/image",
			"cycles/image", "identical"],
		(.[] | [.model, .device, .images, "\(.accuracy * 100 | round / 100) %",
			"\(.float_accuracy * 100 | round / 100) %", .bytes,
			(.us_per_image | round), .cycles,
			if .identical then "yes" else "NO" end]) | @tsv' "$B/run.json" |
		awk -F '\t' '
		{
			for (i = 1; i <= NF; i++) {
				cell[NR, i] = $i
				if (length($i) > width[i])
					width[i] = length($i)
			}
		}
		END {
			for (r = 1; r <= NR; r++) {
				line = ""
				for (i = 1; i <= NF; i++)
					line = line sprintf(i < 3 ? "%-*s  " : "%*s  ", width[i], cell[r, i])
				sub(/ +$/, "", line)
				print line
			}
		}'
	echo
}

only_one run
mkdir -p "$OUT"
"$HARNESS/packages.sh" run
say "building the library and the tools"
quiet "$OUT/build.log" top_make all
say "building qnn.ko for Debian's kernel $(debian_kver)"
"$HARNESS/kmod.sh" debian
"$HARNESS/debian-kernel.sh"
"$HARNESS/digits.sh"
pack_models
float_accuracy

say "booting Debian's kernel in QEMU and running ${#names[@]} networks on /dev/accel/accel0"
files=(-f "$B/tools/qnn-run" -f "$B/digits/test.csv" -f "$HARNESS/guest-run.sh")
for name in "${names[@]}"; do
	files+=(-f "$OUT/$name.qnn")
done
status=0
"$HARNESS/qemu.sh" -o "$OUT/vm" -t 240 "${files[@]}" sh "$HARNESS/guest-run.sh" \
	"$B" "${names[@]}" || status=$?
if [ "$status" != 0 ]; then
	cat "$OUT/vm/results.log" >&2
	die "the run in the virtual machine failed (status $status)"
fi
results=()
for name in "${names[@]}"; do
	results+=("$OUT/vm/out/$name.json")
done
jq -s --slurpfile float "$OUT/float.json" \
	'map(. + {float_accuracy: $float[0].accuracy})' "${results[@]}" >"$B/run.json"
print_table
jq -e 'all(.identical) and length == $n' --argjson n ${#names[@]} "$B/run.json" >/dev/null ||
	die "not every output byte of the kernel's device equals the one inside a process"
say "done; the table is also in $B/run.json"
