#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: the command lines of qnn-pack and qnn-float on the committed digits
# networks: good use, each exit status, nothing left behind after a failure.
# Needs `make all` and jq. TOOLS=build/san/tools tests programs that were built
# with sanitizers.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
TOOLS=${TOOLS:-$B/tools}
case $TOOLS in /*) ;; *) TOOLS=$TOP/$TOOLS ;; esac
NETS=$TOP/tools/train/digits
export LC_ALL=C

. "$(dirname "$0")/../harness/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# expect STATUS TEXT COMMAND...: the exit status, and TEXT in what it printed.
expect() {
	local status=$1 text=$2 got
	shift 2
	"$TOOLS/$1" "${@:2}" >out 2>&1 </dev/null
	got=$?
	if [ "$got" -eq "$status" ] && { [ -z "$text" ] || grep -qF -- "$text" out; }; then
		result 0 "$status: $*"
		return
	fi
	echo "# status $got, expected $status with '$text':"
	head -n 20 out | sed 's/^/# /'
	result 1 "$status: $*"
}

# 20 images: all kinds of whole numbers from 0 to 16, and a label.
awk 'BEGIN { for (i = 0; i < 20; i++) { for (k = 0; k < 64; k++)
	printf "%d,", (i * 7 + k * k * 3 + int(k / 8) * i) % 17; print i % 10 } }' >images.csv
cut -d, -f1-64 images.csv >bare.csv
head -c 5000 "$NETS/digits.onnx" >cut.onnx

expect 0 'threshold' qnn-pack "$NETS/digits.onnx" -o a.qnn --calib images.csv \
	--weights 4 --activations 4 -v
expect 0 'requantize' qnn-pack "$NETS/digits.onnx" -o b.qnn --calib bare.csv \
	--rounding c --name twenty --report
expect 0 '' qnn-pack "$NETS/digits-w2a2.onnx" --output c.qnn --input-scale 1
for name in a b c; do
	expect 0 '' qnn-info --check "$name.qnn"
	expect 0 'accuracy' qnn-run --device in-process --data images.csv "$name.qnn"
done
"$TOOLS/qnn-info" --json b.qnn | jq -e '.origin | .name == "twenty" and
	.asked_for.rounding == "c" and .source.file == "digits.onnx" and
	.calibration_images == 20 and (.layers | length) == 6 and
	.layers[0].output.range_from == "bn"' >/dev/null
result $? 'the file tells where it comes from'
cp a.qnn again.qnn
"$TOOLS/qnn-pack" "$NETS/digits.onnx" -o again.qnn --calib images.csv \
	--weights 4 --activations 4
cmp -s a.qnn again.qnn
result $? 'the same twice is the same file'

expect 0 'qnn-pack' qnn-pack --help
expect 1 'needs one network' qnn-pack
expect 1 '-o is missing' qnn-pack "$NETS/digits.onnx"
expect 1 'must be 8, 4, 2 or 1' qnn-pack x.onnx -o x.qnn --weights 3
expect 1 'must be 8, 4 or 2' qnn-pack x.onnx -o x.qnn --activations 1
expect 1 'must be a, b or c' qnn-pack x.onnx -o x.qnn --rounding d
expect 1 'above zero' qnn-pack x.onnx -o x.qnn --input-scale 0
expect 4 'x.onnx: No such file' qnn-pack x.onnx -o x.qnn
expect 4 'cut.onnx: this is not an ONNX file, or it is damaged' qnn-pack cut.onnx -o x.qnn
expect 4 "input 'image'" qnn-pack "$NETS/digits.onnx" -o x.qnn
expect 5 'x.csv' qnn-pack "$NETS/digits.onnx" -o x.qnn --calib x.csv
expect 6 'nowhere/x.qnn' qnn-pack "$NETS/digits.onnx" -o nowhere/x.qnn --calib images.csv
[ -z "$(find . -name 'x.qnn*')" ]
result $? 'nothing is left behind after a failure'

expect 0 'of 20 images right' qnn-float "$NETS/digits.onnx" --data images.csv
expect 0 '"images": 20' qnn-float "$NETS/digits-w1a2.onnx" --data images.csv --json -
expect 1 '--data is missing' qnn-float "$NETS/digits.onnx"
expect 4 'damaged' qnn-float cut.onnx --data images.csv
expect 5 'has no labels' qnn-float "$NETS/digits.onnx" --data bare.csv
expect 6 'nowhere/x' qnn-float "$NETS/digits.onnx" --data images.csv --json nowhere/x

echo "1..$number"
exit $failed
