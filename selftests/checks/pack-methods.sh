#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: the ways in which qnn-pack quantizes, on the committed float network of
# the digits and, where there is shared data, on MLPerf Tiny's ResNet-8. Needs
# `make all` and jq. TOOLS=build/san/tools tests programs with sanitizers.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
TOOLS=${TOOLS:-$B/tools}
case $TOOLS in /*) ;; *) TOOLS=$TOP/$TOOLS ;; esac
NET=$TOP/tools/train/digits/digits.onnx
RESNET=$TOP/../shared/data/mlperf-tiny/pretrainedResnet.tflite
export LC_ALL=C

. "$(dirname "$0")/../harness/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# 40 images of strokes, with a number that is there to be a label.
awk 'BEGIN { for (i = 0; i < 40; i++) { for (k = 0; k < 64; k++) {
	x = k % 8; y = int(k / 8); d = (x - y + i % 5 - 2) * (i % 2 ? 1 : -1) + i % 3;
	printf "%d,", d * d < 3 ? 16 - (k * i) % 5 : (k + i) % 3 } print i % 10 } }' >images.csv
cut -d, -f1-64 images.csv >bare.csv

pack() { # pack MODEL.qnn OPTION...
	"$TOOLS/qnn-pack" "$NET" -o "$1" --calib images.csv "${@:2}" >log 2>&1 ||
		{ sed 's/^/# /' log; return 1; }
}

agreement() { # agreement MODEL.qnn: percent of images with the network's class
	"$TOOLS/qnn-run" --device in-process --data images.csv --compare "$NET" \
		--json result.json "$1" >log 2>&1 && jq .agreement result.json
}

# refused TEXT OPTION...: status 1, with TEXT
refused() {
	"$TOOLS/qnn-pack" "$NET" -o x.qnn "${@:2}" >log 2>&1
	[ $? -eq 1 ] && grep -qF -- "$1" log && [ ! -e x.qnn ]
	result $? "refused: ${*:2}"
}

# --- weights and activations by each method ------------------------------------
while read -r method bits type; do
	pack w.qnn --weights "$bits" --weights-by "$method" &&
		"$TOOLS/qnn-info" --json w.qnn >w.json &&
		jq -e --arg m "$method" --arg t "$type" '
			.origin.asked_for.weights_by == $m and
			.origin.layers[1].weights == $t' w.json >/dev/null &&
		"$TOOLS/qnn-run" --device in-process --data images.csv --verify w.qnn >log 2>&1
	result $? "weights by $method, $bits bits: $type"
done <<'TABLE'
minmax 6 s8
mse 3 s4
cosine 4 s4
binary 1 b1
ternary 2 s2
ttq 2 cb2
power2 4 cb4
residual 3 cb3
codebook 5 cb5
codebook0 3 cb3
TABLE
for method in bn hwgq minmax percentile mse kl; do
	pack a.qnn --activations 3 --activations-by $method &&
		"$TOOLS/qnn-info" --json a.qnn | jq -e --arg m $method '
			.origin.layers[1].output.range_from == $m' >/dev/null
	result $? "activations by $method"
	got=$(agreement a.qnn)
	awk -v got="$got" 'BEGIN { exit !(got >= 70) }'
	result $? "activations by $method: the network's class for $got %"
done
"$TOOLS/qnn-pack" "$NET" -o a.qnn --input-scale 1 --activations 2 --activations-by hwgq
result $? 'levels of activations need no images where there is batch normalization'

# --- teacher and student -------------------------------------------------------
pack plain.qnn --weights 2 --activations 4 && plain=$(agreement plain.qnn) &&
	pack taught.qnn --weights 2 --activations 4 --teacher-student &&
	taught=$(agreement taught.qnn)
awk -v a="$plain" -v b="$taught" 'BEGIN { exit !(b > a && b >= 90) }'
result $? "2-bit weights: $plain % without, $taught % with a teacher"
pack again.qnn --weights 2 --activations 4 --teacher-student && cmp -s taught.qnn again.qnn
result $? 'the same twice is the same file'
pack a.qnn --weights 3 --stochastic 7 && pack b.qnn --weights 3 --stochastic 7 &&
	pack c.qnn --weights 3 --stochastic 8 && cmp -s a.qnn b.qnn && ! cmp -s a.qnn c.qnn
result $? 'random rounding follows its seed'

# --- smaller files -------------------------------------------------------------
for options in '' '--weights 3 --weights-by codebook0' '--weights 5 --weights-by codebook' \
	'--weights 4 --prune 0.7 --teacher-student'; do
	# shellcheck disable=SC2086
	pack plain.qnn $options && pack small.qnn $options --compress &&
		"$TOOLS/qnn-info" --check small.qnn >log &&
		for name in plain small; do
			"$TOOLS/qnn-run" --device in-process --data images.csv \
				--floats $name.floats $name.qnn >log || break
		done
	cmp -s plain.floats small.floats &&
		[ "$(stat -c %s small.qnn)" -lt $(($(stat -c %s plain.qnn) * 9 / 10)) ]
	result $? "compressed, it computes the same: $(stat -c %s plain.qnn) to $(stat -c %s \
		small.qnn) bytes${options:+ with $options}"
done
pack small.qnn --weights 4 --weights-by codebook0 --prune global=0.8 --prune conv1=0.25 \
	--teacher-student --compress && pruned=$(agreement small.qnn) &&
	"$TOOLS/qnn-info" --json small.qnn | jq -e '
		.layers[0].sparsity >= 0.25 and .layers[0].sparsity < 0.5 and
		.totals.sparsity > 0.79 and .totals.stored_bits_per_weight < 1.7 and
		.totals.bits_per_weight >= 4 and .file_version == "1.2" and
		(.sections[0] | .packed and .unpacked_bytes > 2 * .bytes) and
		(.origin.asked_for | .prune_all == 0.8 and .prune.conv1 == 0.25)' >log
result $? 'pruned, taught and compressed: bits per weight and zeros are shown'
awk -v got="$pruned" 'BEGIN { exit !(got >= 90) }'
result $? "it has the network's class for $pruned %"
pack b.qnn --prune 0.5 --compress --budget bytes=9000 && [ "$(stat -c %s b.qnn)" -le 9000 ]
result $? 'a budget counts what is written'
"$TOOLS/qnn-pack" "$NET" -o x.qnn --calib images.csv --prune conv9=0.5 >log 2>&1
[ $? -eq 4 ] && grep -q "are called 'conv9'" log
result $? 'pruning a layer that there is not'
"$TOOLS/qnn-pack" "$NET" -o x.qnn --calib images.csv --prune 0.5 --weights 1 >log 2>&1
[ $? -eq 4 ] && grep -q "have no level of 0" log
result $? 'pruning needs a level of 0'

# --- layers of their own, and budgets ------------------------------------------
pack l.qnn --weights 2 --first-last 8 --layer conv3=w3a4:codebook &&
	"$TOOLS/qnn-info" --json l.qnn | jq -e '
		[.origin.layers[].weights // empty] == ["s8", "s2", "cb3", "s8"] and
		.origin.layers[3].output.type == "u4" and
		.origin.asked_for.layers[0].name == "conv3"' >/dev/null
result $? 'first and last layers, and one by name'
"$TOOLS/qnn-pack" "$NET" -o x.qnn --calib images.csv --layer conv9=w4 >log 2>&1
[ $? -eq 4 ] && grep -q "no layer is called 'conv9'" log && [ ! -e x.qnn ]
result $? 'a layer that there is not'
pack s.qnn --sensitivity=json s.json --sensitivity=svg s.svg &&
	jq -e '.images == 40 and (.layers | length) == 7 and
		all(.layers[]; .widths[0].bits == 8 and .widths[0].sqnr_db > .widths[2].sqnr_db)
		' s.json >/dev/null && grep -q '</svg>' s.svg
result $? 'narrower layers make more noise'
pack b.qnn --weights-by codebook --budget bytes=20000
[ "$(stat -c %s b.qnn)" -le 20000 ] && [ "$(stat -c %s b.qnn)" -gt 15000 ]
result $? 'a budget of bytes is kept, and used'
pack t.qnn --weights-by codebook --budget bytes="$(($(stat -c %s b.qnn) + 40))" \
	--teacher-student &&
	[ "$(stat -c %s t.qnn)" -le "$(($(stat -c %s b.qnn) + 40))" ]
result $? 'a budget of bytes is kept with what teacher and student add'
# The names of the layers take a few hundred bytes.
pack w2a2.qnn --weights 2 --activations 2 && budget=$(($(stat -c %s w2a2.qnn) + 500)) &&
	pack b.qnn --budget bytes="$budget" && [ "$(stat -c %s b.qnn)" -le "$budget" ]
result $? 'a budget of bytes that 2 bits everywhere meet'
pack c.qnn --budget cycles=1400 &&
	[ "$("$TOOLS/qnn-info" --json c.qnn | jq '[.layers[].cycles] | add')" -le 1400 ]
result $? 'a budget of cycles is kept'
# Labels are what the network says at 8 bits.
pack a.qnn && "$TOOLS/qnn-run" --device in-process --data images.csv --floats classes a.qnn >log &&
	od -An -v -w40 -t f4 classes | awk '{ b = 1; for (i = 2; i <= 10; i++) if ($i > $b) b = i
		print b - 1 }' | paste -d, bare.csv - >labelled.csv
"$TOOLS/qnn-pack" "$NET" -o a.qnn --calib labelled.csv --budget accuracy=90 >log 2>&1 &&
	[ "$(stat -c %s a.qnn)" -lt "$(stat -c %s s.qnn)" ] &&
	"$TOOLS/qnn-run" --device in-process --data labelled.csv --json result.json a.qnn >log &&
	jq -e '.accuracy >= 85' result.json >/dev/null
result $? 'a smaller file that is right for 90 %'
"$TOOLS/qnn-pack" "$NET" -o x.qnn --calib images.csv --budget accuracy=90 >log 2>&1
[ $? -eq 4 ] && grep -q '8 bits give' log
result $? 'an accuracy that even 8 bits do not have'
"$TOOLS/qnn-pack" "$NET" -o x.qnn --calib images.csv --budget bytes=100 >log 2>&1
[ $? -eq 4 ] && grep -q 'cannot be met' log && [ ! -e x.qnn ]
result $? 'a budget that cannot be met'
"$TOOLS/qnn-pack" "$NET" -o x.qnn --calib bare.csv --budget accuracy=5 >log 2>&1
[ $? -eq 5 ] && grep -q 'has no labels' log
result $? 'accuracy needs labels'

# --- command lines that are wrong ------------------------------------------------
refused 'is no method for weights' --calib images.csv --weights-by best
refused 'is no method for activations' --calib images.csv --activations-by best
refused 'it is for fewer bits' --calib images.csv --weights-by binary
refused 'it needs more bits' --calib images.csv --weights 1 --weights-by cosine
refused 'random rounding is for equal steps' --calib images.csv --weights 3 \
	--weights-by codebook --stochastic 1
refused '--calib is missing' --input-scale 1 --activations-by kl
refused '--calib is missing' --input-scale 1 --teacher-student
refused '--calib is missing' --input-scale 1 --budget bytes=9000
refused 'all or bias' --calib images.csv --teacher-student=some
refused 'bytes=N' --calib images.csv --budget size=9
refused 'must be text, json or svg' --calib images.csv --sensitivity=html
refused 'percentile must be' --calib images.csv --activations-by percentile --percentile 20
for part in 1 -0.1 x =0.5 conv1= global=2; do
	refused '--prune' --calib images.csv --prune $part
done
refused 'not both' --calib images.csv --prune 0.5 --prune global=0.5
for layer in conv1 =w4 conv1= conv1=w9 conv1=a1 conv1=w4a conv1=a4:mse conv1=w44; do
	refused '--layer is' --calib images.csv --layer $layer
done
refused '5-bit weights' --calib images.csv --layer conv1=w5:power2

# --- somebody else's network -----------------------------------------------------
if [ -f "$RESNET" ]; then
	awk 'BEGIN { srand(1); for (i = 0; i < 4; i++) { for (k = 0; k < 3072; k++)
		printf "%d,", (k * (i + 3) + k * k % 97) % 256; print i } }' >rgb.csv
	"$TOOLS/qnn-pack" "$RESNET" -o r.qnn --calib rgb.csv --weights 3 \
		--weights-by codebook --first-last 8 --activations 4 --sums 8 \
		--teacher-student >log 2>&1 &&
		"$TOOLS/qnn-info" --check r.qnn >/dev/null &&
		"$TOOLS/qnn-run" --device in-process --data rgb.csv --compare "$RESNET" \
			--json result.json r.qnn >log 2>&1 &&
		jq -e '.agreement >= 75' result.json >/dev/null
	result $? 'ResNet-8 has the classes of images that it has learned from'
else
	number=$((number + 1))
	echo "ok $number - ResNet-8 # SKIP no shared data"
fi

echo "1..$number"
exit $failed
