#!/bin/bash
# SPDX-License-Identifier: MIT
# models.sh: packs the digits network at four widths into $B/run/NAME.qnn, those
# that are out of date. models.sh --names: their names, in order.
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

# pack NAME ONNX OPTION...
pack() {
	local name=$1 onnx=$2
	shift 2
	if [ "$OUT/$name.qnn" -nt "$NETS/$onnx" ] &&
		[ "$OUT/$name.qnn" -nt "$B/tools/qnn-pack" ] &&
		[ "$OUT/$name.qnn" -nt "$B/digits/train.csv" ]; then
		return
	fi
	say "packing $name from $onnx"
	quiet "$OUT/$name.pack.log" "$B/tools/qnn-pack" "$NETS/$onnx" -o "$OUT/$name.qnn" "$@" \
		--calib "$B/digits/train.csv" --name "$name"
}

if [ "${1:-}" = --names ]; then
	awk 'NF { print $1 }' <<<"$MODELS"
	exit
fi
mkdir -p "$OUT"
"$HARNESS/digits.sh"
while read -r name onnx options; do
	# shellcheck disable=SC2086 # a list of options
	[ -z "$name" ] || pack "$name" "$onnx" $options
done <<<"$MODELS"
