#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: qnn-run --compare finds the layer that is broken: digits networks, and
# copies of them in whose weights one layer is damaged, beside the network
# that they should be. Needs `make all`, jq and python3-onnx.
# TOOLS=build/san/tools tests programs that were built with sanitizers.

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

# Blobs of different places and sizes, so that layers have something to see.
awk 'BEGIN { srand(5); for (i = 0; i < 40; i++) {
	x = 1 + rand() * 6; y = 1 + rand() * 6; r = 1 + rand() * 3
	for (k = 0; k < 64; k++) { d = (k % 8 - x) ^ 2 + (int(k / 8) - y) ^ 2
		printf "%d,", d < r * r ? 16 - int(d * 2) % 9 : rand() * 3 }
	print i % 10 } }' >images.csv

# compare MODEL.qnn NETWORK [OPTION...]: JSON on stdout.
compare() {
	local model=$1 network=$2
	shift 2
	"$TOOLS/qnn-run" --device in-process --compare "$network" \
		--data images.csv --json - "$@" "$model" 2>err
}

# says TEXT FILTER: the filter is true of what compare said last.
says() {
	if [ -s out ] && jq -e "$2" out >/dev/null; then
		result 0 "$1"
	else
		jq -c '.first_wrong, (.layers[] | [.name, .own_sqnr_db, .expected_sqnr_db])' out |
			sed 's/^/# /'
		sed 's/^/# /' err
		result 1 "$1"
	fi
}

# damage FROM TO LAYER: half of the layer's output channels change their sign.
damage() {
	/usr/bin/python3 - "$@" <<-'PYTHON'
	import sys
	import onnx
	from onnx import numpy_helper
	model = onnx.load(sys.argv[1])
	node = next(n for n in model.graph.node if n.name == sys.argv[3])
	# Weights may stand behind a quantizer.
	name = node.input[1]
	for n in model.graph.node:
	    if name in n.output:
	        name = n.input[0]
	for t in model.graph.initializer:
	    if t.name == name:
	        w = numpy_helper.to_array(t).copy()
	        w[::2] *= -1
	        t.CopyFrom(numpy_helper.from_array(w, t.name))
	onnx.save(model, sys.argv[2])
	PYTHON
}

pack() { # pack NETWORK MODEL.qnn OPTION...
	"$TOOLS/qnn-pack" "$1" -o "$2" --calib images.csv "${@:3}"
}

for bits in 8 4; do
	pack "$NETS/digits.onnx" good.qnn --weights $bits --activations $bits
	compare good.qnn "$NETS/digits.onnx" >out
	says "W${bits}A${bits}: no layer is wrong" '.first_wrong == null and
		.images == 40 and .agreement > 70 and (.layers | length) == 6 and
		all(.layers[]; .wrong == false and .cosine > 0.8)'
	for layer in conv1 conv2 conv3 fc; do
		damage "$NETS/digits.onnx" bad.onnx $layer
		pack bad.onnx bad.qnn --weights $bits --activations $bits
		compare bad.qnn "$NETS/digits.onnx" >out
		says "W${bits}A${bits}: the damaged layer is found: $layer" \
			".layers[.first_wrong].name == \"$layer\" and
			.layers[.first_wrong].own_sqnr_db < 5"
	done
done
grep -q 'warning: not the file' err
result $? 'the network is not the one that was packed, and that is said'

# A network with its own quantizers: the device computes the very same.
pack "$NETS/digits-w2a2.onnx" good.qnn
compare good.qnn "$NETS/digits-w2a2.onnx" >out
says 'W2A2: exact' '.first_wrong == null and .agreement == 100 and
	all(.layers[:-1][]; .max == 0 and .sqnr_db == null)'
damage "$NETS/digits-w2a2.onnx" bad.onnx conv2
pack bad.onnx bad.qnn
compare bad.qnn "$NETS/digits-w2a2.onnx" >out
says 'W2A2: the damaged layer is found' '.layers[.first_wrong].name == "conv2"'

pack "$NETS/digits.onnx" part.qnn --cut relu2
compare part.qnn "$NETS/digits.onnx" >out
says 'a network that was cut is cut in the same way' '(.layers | length) == 2'

# expect STATUS TEXT OPTION...: of qnn-run
expect() {
	local status=$1 text=$2 got
	shift 2
	"$TOOLS/qnn-run" --device in-process "$@" >out 2>&1 </dev/null
	got=$?
	[ "$got" -eq "$status" ] && grep -qF -- "$text" out
	local ok=$?
	[ $ok -eq 0 ] || sed 's/^/# /' out
	result $ok "$status: $text"
}
expect 0 'is the first that goes wrong' --compare "$NETS/digits-w2a2.onnx" --data images.csv bad.qnn
expect 0 'no layer goes wrong' --compare "$NETS/digits-w2a2.onnx" --data images.csv \
	--images 3 good.qnn
expect 1 'needs --data' --compare "$NETS/digits.onnx" good.qnn
expect 1 'goes with' --compare "$NETS/digits.onnx" --data images.csv --verify good.qnn
expect 4 'x.onnx: No such file' --compare x.onnx --data images.csv good.qnn
expect 4 'No such file' --compare "$NETS/digits.onnx" --data images.csv x.qnn
expect 5 'No such file' --compare "$NETS/digits-w2a2.onnx" --data x.csv good.qnn
expect 6 'nowhere' --compare "$NETS/digits-w2a2.onnx" --data images.csv --json nowhere/x good.qnn
"$B/tools/tests/make_model" small small.qnn
expect 4 'only files of qnn-pack can be compared' --compare "$NETS/digits.onnx" \
	--data images.csv small.qnn
head -c 4000 good.qnn >cut.qnn
expect 4 'cut.qnn' --compare "$NETS/digits.onnx" --data images.csv cut.qnn
cp "$TOOLS/qnn-run" alone
./alone --device in-process --compare x.onnx --data images.csv good.qnn >out 2>&1
[ $? -eq 6 ] && grep -q 'needs the program qnn-compare' out
result $? 'without qnn-compare, it says so'

echo "1..$number"
exit $failed
