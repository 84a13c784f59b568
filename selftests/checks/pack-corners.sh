#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: networks at the corners of what qnn-pack quantizes: channels of zeros,
# results that never change, numbers beyond float32, names that occur twice, and
# outputs that would overwrite inputs. Needs `make all`, jq and python3-onnx.
# TOOLS=build/san/tools tests programs with sanitizers.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
TOOLS=${TOOLS:-$B/tools}
case $TOOLS in /*) ;; *) TOOLS=$TOP/$TOOLS ;; esac
export LC_ALL=C

. "$(dirname "$0")/../harness/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

/usr/bin/python3 - <<'PYTHON'
import random
import onnx
from onnx import TensorProto, helper

rng = random.Random(1)


def some(count, scale=1.0):
    return [rng.gauss(0, scale) for _ in range(count)]


def save(name, shape, outputs, nodes, weights):
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs],
        [helper.make_tensor(n, TensorProto.FLOAT, dims, data)
         for n, dims, data in weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), name)


def conv(name, ins, out, side=1):
    return helper.make_node("Conv", ins, [out], name=name, kernel_shape=[side, side],
                            pads=[side // 2] * 4)


def relu(name, x, out):
    return helper.make_node("Relu", [x], [out], name=name)


# The third channel of conv1 is zero, and all others are small.
w1 = [0.0 if 36 <= k < 54 else w for k, w in enumerate(some(72, 0.01))]
save("zero.onnx", [1, 2, 4, 4], ["y"], [
    conv("conv1", ["x", "w1", "b1"], "a", 3), relu("relu1", "a", "ar"),
    conv("conv2", ["ar", "w2"], "y")], [
    ("w1", [4, 2, 3, 3], w1), ("b1", [4], [0.001] * 4), ("w2", [3, 4, 1, 1], some(12, 0.1))])
# What conv1 computes never changes.
for name, bias in ("const", 5.0), ("const300", 300.0):
    save(f"{name}.onnx", [1, 2, 4, 4], ["y"], [
        conv("conv1", ["x", "w1", "b1"], "a"), relu("relu1", "a", "ar"),
        conv("conv2", ["ar", "w2"], "y")], [
        ("w1", [1, 2, 1, 1], [0, 0]), ("b1", [1], [bias]), ("w2", [1, 1, 1, 1], [1.0])])
# Products beyond float32; sums of them that are no number.
for name, first, second in ("huge", 2e38, 1.2e38), ("nan", 3e38, 3e38):
    save(f"{name}.onnx", [1, 2, 1, 1], ["y"], [conv("conv1", ["x", "w1"], "y")],
         [("w1", [1, 2, 1, 1], [first, second])])
save("joined.onnx", [1, 2, 4, 4], ["y"], [
    conv("conv1", ["x", "w1"], "a", 3), relu("relu1", "a", "ar"),
    conv("conv2", ["x", "w2"], "b", 3), relu("relu2", "b", "br"),
    helper.make_node("Concat", ["ar", "br"], ["c"], name="join", axis=1),
    conv("conv3", ["c", "w3"], "y")], [
    ("w1", [4, 2, 3, 3], some(72)), ("w2", [4, 2, 3, 3], some(72)),
    ("w3", [3, 8, 1, 1], some(24))])
# All nodes have the same name.
save("twice.onnx", [1, 2, 4, 4], ["y"], [
    conv("c", ["x", "w1"], "a", 3), relu("c", "a", "ar"),
    conv("c", ["ar", "w2"], "b", 3), relu("c", "b", "br"),
    conv("c", ["br", "w3"], "y")], [
    ("w1", [4, 2, 3, 3], some(72)), ("w2", [4, 4, 3, 3], some(144)),
    ("w3", [3, 4, 1, 1], some(12))])
save("sums.onnx", [1, 2, 4, 4], ["y"], [
    conv("conv1", ["x", "w1"], "a", 3), relu("relu1", "a", "ar"),
    conv("conv2", ["ar", "w2"], "b", 3),
    helper.make_node("Add", ["ar", "b"], ["s"], name="add"), relu("relu2", "s", "sr"),
    conv("conv3", ["sr", "w3"], "d", 3),
    helper.make_node("Add", ["sr", "d"], ["t"], name="add2"), relu("relu3", "t", "tr"),
    conv("conv4", ["tr", "w4"], "y")], [
    ("w1", [4, 2, 3, 3], some(72)), ("w2", [4, 4, 3, 3], some(144)),
    ("w3", [4, 4, 3, 3], some(144)), ("w4", [3, 4, 1, 1], some(12))])
# The importer has something to say about the end.
save("noted.onnx", [1, 2, 4, 4], ["y"], [
    conv("conv1", ["x", "w1"], "a", 3), relu("relu1", "a", "ar"),
    conv("conv2", ["ar", "w2"], "l"), helper.make_node("Softmax", ["l"], ["y"], axis=1)], [
    ("w1", [4, 2, 3, 3], some(72)), ("w2", [3, 4, 1, 1], some(12))])
with open("images.csv", "w") as f:
    for _ in range(8):
        f.write(",".join(str(rng.randrange(256)) for _ in range(32)) + "\n")
with open("ones.csv", "w") as f:
    f.write("1,1\n1,1\n")
PYTHON

pack() { # pack NET OPTION...: to NET.qnn
	"$TOOLS/qnn-pack" "$1.onnx" -o "$1.qnn" --calib images.csv "${@:2}" >log 2>&1 ||
		{ sed 's/^/# /' log; return 1; }
}

# refused STATUS TEXT OPTION...: that status, with TEXT
refused() {
	"$TOOLS/qnn-pack" "${@:3}" >log 2>&1
	[ $? -eq "$1" ] && grep -qF -- "$2" log
	result $? "refused: ${*:3}"
}

result_of() { # result_of NET: the first number that comes out
	"$TOOLS/qnn-run" --device in-process --data images.csv --floats floats "$1.qnn" >log 2>&1 &&
		od -An -t f4 -N 4 floats | tr -d ' '
}

# --- what never changes ---------------------------------------------------------
while read -r net wanted options; do
	# shellcheck disable=SC2086
	pack $net $options && got=$(result_of $net)
	awk -v got="$got" -v want="$wanted" 'BEGIN { exit !(got > want * 0.999 && got < want * 1.001) }'
	result $? "$net: $wanted with $options: $got"
done <<'TABLE'
const 5 --activations 4
const 5 --activations-by mse
const 5 --activations-by kl
const 5 --activations 3 --activations-by hwgq
const 5 --weights 1 --teacher-student
const 5 --weights 2 --weights-by codebook --activations 4
const300 300 --activations 2 --activations-by hwgq
const300 300 --activations 4 --activations-by hwgq
TABLE
for options in '--weights 1' '--weights 1 --teacher-student=bias' \
	'--weights 2 --weights-by codebook' '--weights 2 --weights-by residual'; do
	# shellcheck disable=SC2086
	pack zero $options && "$TOOLS/qnn-run" --device in-process --data images.csv \
		--compare zero.onnx zero.qnn >log 2>&1 && grep -q 'no layer goes wrong' log
	result $? "a channel of zeros stays one with $options"
done

# --- numbers that are none ------------------------------------------------------
for net in huge nan; do
	timeout 20 "$TOOLS/qnn-pack" $net.onnx -o x.qnn --calib ones.csv --weights 2 \
		--weights-by minmax --sensitivity=svg s.svg --sensitivity=json s.json >log 2>&1
	[ $? -ne 124 ] && [ "$(stat -c %s s.svg)" -lt 10000 ] &&
		jq -e '[.layers[].widths[].sqnr_db] | all(. >= -99) and any(. == -99)' \
			s.json >/dev/null
	result $? "$net: no signal and no end of noise is the worst, not the best"
done

# --- files that would be lost ---------------------------------------------------
cp sums.onnx net.onnx
cp images.csv set.csv
for option in '-o x.qnn --sensitivity=json net.onnx' '-o x.qnn --report=json ./net.onnx' \
	'-o net.onnx' '-o x.qnn --report=html set.csv' '-o x.qnn --sensitivity=svg set.csv' \
	'-o ./set.csv' '-o x.qnn --report=json x.qnn' '-o x.qnn --sensitivity=json ./x.qnn' \
	'-o x.qnn --report=json r.json --sensitivity=json r.json'; do
	# shellcheck disable=SC2086
	refused 1 'would overwrite' net.onnx --calib set.csv $option
done
refused 1 'would overwrite' net.onnx -o x.qnn --calib set.csv,labels --report=json labels
cmp -s sums.onnx net.onnx && cmp -s images.csv set.csv
result $? 'inputs are as they were'
refused 1 "'net.onnx' is where the sensitivity goes" --sensitivity=json net.onnx -o x.qnn
"$TOOLS/qnn-pack" net.onnx -o x.qnn --calib set.csv --sensitivity=json /dev/null \
	--report=json /dev/null >log 2>&1
result $? 'two may go to a device'

# --- what the table and the budget count ------------------------------------------
pack noted --sensitivity=json s.json &&
	jq -e --argjson size "$(stat -c %s noted.qnn)" '
		[.layers[].widths[] | select(.bits == 8) | .bytes] | all(. == $size)' s.json >/dev/null
result $? 'a network with a note has the same bytes in all rows of 8 bits: those of the file'
pack noted --budget bytes="$(stat -c %s noted.qnn)" &&
	"$TOOLS/qnn-info" --json noted.qnn | jq -e '(.origin.notes | length) == 1' >/dev/null
result $? 'a budget that 8 bits meet, and the note once'

# types NET: what results of its layers are stored as
types() {
	"$TOOLS/qnn-info" --json "$1.qnn" | jq -c '[.origin.layers[].output.type]'
}

# --- which layers options are about ---------------------------------------------
pack joined --activations 4 --sums 8
case $(types joined) in '["u4","u4",'*) true ;; *) false ;; esac
result $? "what a layer reads through a join is not for sums: $(types joined)"
pack joined --activations 4 --first-last 8
case $(types joined) in '["u8","u8",'*) true ;; *) false ;; esac
result $? "the last layer reads wide results through a join: $(types joined)"
pack sums --sums 4 --sensitivity=json s.json &&
	jq -e '[.layers[] | select(.what == "result") | .name] == ["conv1", "add", "add2"]' \
		s.json >/dev/null
result $? 'the width of sums is settled'
pack sums --weights-by mse --weights 2 --first-last 1 &&
	"$TOOLS/qnn-info" --json sums.qnn | jq -e '
		[.origin.layers[].weights // empty] == ["b1", "s2", "s2", "b1"]' >/dev/null
result $? 'the ends have a method that their width allows'
refused 4 "3 layers are called 'c'" twice.onnx -o x.qnn --calib images.csv --layer c=w4
pack twice --layer br=w2 && "$TOOLS/qnn-info" --json twice.qnn | jq -e '
	[.origin.layers[].weights] == ["s8", "s2", "s8"]' >/dev/null
result $? 'a name that several have is refused, that of the value is not'
pack twice --weights 2 && least=$(stat -c %s twice.qnn) &&
	pack twice --sensitivity=json s.json && jq -e --argjson least "$least" '
		[.layers[] | select(.what == "weights") | .widths[-1].bytes] |
		length == 3 and all(. > $least) and (unique | length) > 1' s.json >/dev/null
result $? 'layers of one name are looked at one by one'
refused 4 "layer 'conv4': its result cannot have 4 bits" sums.onnx -o x.qnn \
	--calib images.csv --layer conv4=a4
refused 4 "layer 'conv4': its result cannot have 4 bits" sums.onnx -o x.qnn \
	--calib images.csv --layer conv4=w4a4 --sensitivity
pack sums --weights 4 --weights-by codebook --layer conv2=w3 --layer conv3=w6 \
	--book-channels 2 && cp sums.qnn first.qnn &&
	"$TOOLS/qnn-info" --json sums.qnn | jq -e '
		[.origin.layers[].weights // empty] == ["cb4", "cb3", "s8", "cb4"] and
		.origin.asked_for.book_channels == 2' >/dev/null
result $? 'a layer of its own width has the method of all others, where that is possible'
pack sums --book-channels 2 --weights 4 --weights-by codebook --layer conv2=w3 \
	--layer conv3=w6 && cmp -s first.qnn sums.qnn
result $? 'the order of options makes no difference'
numbers() { # numbers OPTION...: what comes out
	pack sums "$@" && "$TOOLS/qnn-run" --device in-process --data images.csv \
		--floats floats sums.qnn >log 2>&1 && sha256sum <floats
}
[ "$(numbers --weights 4 --stochastic 7)" = "$(numbers --weights 8 --stochastic 7 \
	--layer conv1=w4 --layer conv2=w4 --layer conv3=w4 --layer conv4=w4)" ]
result $? 'random rounding is for layers of their own width, too'
pack sums --stochastic 7 --weights 4 --layer conv2=w3:codebook
result $? 'but not for code books'
refused 1 'random rounding is for equal steps' sums.onnx -o x.qnn --calib images.csv \
	--budget bytes=6000 --weights-by codebook --stochastic 1

echo "1..$number"
exit $failed
