#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: the command lines of qnn-pack and qnn-float on the committed digits
# networks: good use, each exit status, nothing left behind after a failure.
# Needs `make all`, jq and python3-onnx. TOOLS=build/san/tools tests programs
# that were built with sanitizers.

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

# --- reports ------------------------------------------------------------------
expect 0 'times the least possible' qnn-pack "$NETS/digits.onnx" -o r.qnn \
	--calib images.csv --report=json r.json --report=html r.html --report
"$TOOLS/qnn-run" --device in-process --images 1 --layers --json run.json r.qnn >log
jq -e --slurpfile run run.json '
	([.layers[].cycles] | add) == $run[0].cycles and
	([.layers[].macs] | add) == $run[0].macs and
	.totals.cycles == $run[0].cycles and
	[.layers[] | [.cycles, .macs, .bytes_read, .bytes_written]] ==
	[$run[0].layers[] | [.cycles, .macs, .bytes_read, .bytes_written]]
	' r.json >/dev/null
result $? 'the report has the costs that the device counts'
jq -e '(.source_nodes | length) == 13 and
	([.source_nodes[] | select(.commands == [0]) | .name] ==
	 ["conv1", "bn1", "relu1"]) and
	([.source_nodes[] | select(.commands == []) | .op] == ["Flatten"]) and
	(.layers[0].nodes | length) == 3 and .layers[0].weights.from == "max" and
	.memory.ratio <= 1.05 and (.source.sha256 | length) == 64' r.json >/dev/null
result $? 'the report has the nodes of the source and the memory plan'
sha256sum "$NETS/digits.onnx" | grep -q "^$(jq -r .source.sha256 r.json) "
result $? 'the check sum is that of the file'
grep -q '</html>' r.html && ! grep -qE 'http|<script' r.html
result $? 'the page needs nothing else'
"$TOOLS/qnn-pack" "$NETS/digits.onnx" -o r.qnn --calib images.csv --report=json - >out
cmp -s out r.json
result $? 'a report on standard output is the same'
expect 1 'must be text, json or html' qnn-pack x.onnx -o x.qnn --report=pdf
expect 1 "'x.onnx' is where the report goes" qnn-pack --report=html x.onnx -o x.qnn
expect 1 'would overwrite x.onnx' qnn-pack x.onnx -o x.qnn --report=html x.onnx
expect 6 'nowhere/r.html' qnn-pack "$NETS/digits.onnx" -o r.qnn \
	--calib images.csv --report=html nowhere/r.html

# --- parts of networks --------------------------------------------------------
expect 0 '' qnn-pack "$NETS/digits.onnx" -o part.qnn --calib images.csv --cut pool2
"$TOOLS/qnn-info" --json part.qnn | jq -e '.outputs[0].shape == [4, 4, 32] and
	(.layers | length) == 3 and .origin.asked_for.cut == ["pool2"]' >/dev/null
result $? 'a network ends where it is cut'
expect 0 '' qnn-pack "$NETS/digits.onnx" -o part.qnn --calib images.csv \
	--cut relu1,relu2
"$TOOLS/qnn-info" --json part.qnn | jq -e '(.outputs | length) == 2' >/dev/null
result $? 'it can be cut at several nodes'
expect 4 "'conv9'" qnn-pack "$NETS/digits.onnx" -o x.qnn --calib images.csv --cut conv9
expect 1 'empty name' qnn-pack "$NETS/digits.onnx" -o x.qnn --cut ,

# --- all that is wrong, at once ------------------------------------------------
/usr/bin/python3 - <<'PYTHON'
import onnx
from onnx import helper, TensorProto
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])
def save(name, nodes):
    outs = [helper.make_tensor_value_info(n.output[0], TensorProto.FLOAT, None) for n in nodes]
    graph = helper.make_graph(nodes, "g", [x], outs)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), name)
save("three.onnx", [
    helper.make_node("Einsum", ["x"], ["a"], name="one", equation="abcd->adcb"),
    helper.make_node("MaxPool", ["x"], ["b"], name="two", kernel_shape=[2, 2], slope=1),
    helper.make_node("NoSuchThing", ["x"], ["c"], name="three")])
save("many.onnx", [helper.make_node("NoSuchThing", ["x"], [f"y{i}"]) for i in range(130)])
PYTHON
expect 4 "'one' (Einsum)" qnn-pack three.onnx -o x.qnn
[ "$(grep -c "'one' (Einsum)\|'two' (MaxPool).*slope\|'three' (NoSuchThing)" out)" -eq 3 ]
result $? 'every node that cannot be packed is named, and the attribute'
expect 4 'and 30 more' qnn-pack many.onnx -o x.qnn
[ "$(grep -c NoSuchThing out)" -eq 100 ]
result $? 'a hundred problems are listed'
[ ! -e x.qnn ]
result $? 'nothing is written then'

# --- networks of others --------------------------------------------------------
# TFLite files are told by what they contain; scratch memory is close to the
# least possible.
DATA=$TOP/../shared/data
for net in mlperf-tiny/pretrainedResnet_quant mlperf-tiny/kws_ref_model \
	mlperf-tiny/ad01_int8 coral/mobilenet_v1_0.25_128_quant; do
	if ! [ -f "$DATA/$net.tflite" ]; then
		number=$((number + 1))
		echo "ok $number - $net # SKIP no shared data"
		continue
	fi
	cp "$DATA/$net.tflite" net.any
	"$TOOLS/qnn-pack" net.any -o net.qnn --report=json net.json >out 2>&1 &&
		jq -e '.memory.ratio <= 1.05' net.json >/dev/null
	result $? "$net: scratch memory within 5 % of the bound"
done
if [ -f "$DATA/mlperf-tiny/pretrainedResnet_quant.tflite" ]; then
	expect 0 '' qnn-pack "$DATA/mlperf-tiny/pretrainedResnet_quant.tflite" -o cut.qnn \
		--cut model/activation_2/Relu\;model/add/add
	"$TOOLS/qnn-info" --json cut.qnn | jq -e '.outputs[0].shape == [32, 32, 16] and
		(.layers | length) == 4' >/dev/null
	result $? 'a TFLite network is cut at a value'
fi

# --- what is supported --------------------------------------------------------
"$TOOLS/qnn-pack" --supports=rst | cmp -s - "$TOP/Documentation/operators.rst"
result $? 'Documentation/operators.rst is what qnn-pack --supports=rst prints (make operators)'
expect 0 'CONV_2D' qnn-pack --supports
expect 1 'must be text or rst' qnn-pack --supports=html

expect 0 'qnn-pack' qnn-pack --help
expect 1 'needs one network' qnn-pack
expect 1 '-o is missing' qnn-pack "$NETS/digits.onnx"
expect 1 'from 1 to 8' qnn-pack x.onnx -o x.qnn --weights 9
expect 1 'from 2 to 8' qnn-pack x.onnx -o x.qnn --activations 1
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
