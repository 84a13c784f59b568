#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: the command lines of qnn-run and qnn-info, with the in-process device:
# good use, each error with its exit status, damaged files. Needs `make all`,
# jq, gzip and cmp. TOOLS=build/san/tools tests programs that were built with
# sanitizers.

# shellcheck disable=SC2317 # functions that expect and check call
TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
TOOLS=${TOOLS:-$B/tools}
case $TOOLS in /*) ;; *) TOOLS=$TOP/$TOOLS ;; esac
export LC_ALL=C

. "$(dirname "$0")/../harness/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip_one() { # skip_one TEXT REASON
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# expect STATUS TEXT COMMAND...: the exit status, and TEXT in what it printed.
expect() {
	local status=$1 text=$2 got
	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	if [ "$got" -eq "$status" ] &&
	   cat "$work/out" "$work/err" | grep -qF -- "$text"; then
		result 0 "$status: ${*##*/}"
		return
	fi
	echo "# status $got, expected $status with '$text':"
	cat "$work/out" "$work/err" | head -n 20 | sed 's/^/# /'
	result 1 "$status: ${*##*/}"
}

# check TEXT COMMAND...: the command succeeds.
check() {
	local text=$1
	shift
	# Not to "out": that is what the last command printed, and may be read.
	"$@" >"$work/log" 2>&1 </dev/null
	local got=$?
	[ $got -eq 0 ] || sed 's/^/# /' "$work/log"
	result $got "$text"
}

json() { # json FILTER [FILE]: the filter says true, of a file that has JSON
	[ "$(jq "$1" "${2:-$work/json}")" = true ]
}

run() { "$TOOLS/qnn-run" "$@"; }
info() { "$TOOLS/qnn-info" "$@"; }
info_check() { info --check "$@"; }
into_full() { "$@" >/dev/full; }
lacks() { ! grep -q "$1" "$2"; }
has_all() { # has_all FILE TEXT...
	local file=$1 text
	shift
	for text; do
		grep -qF -- "$text" "$file" || return 1
	done
}
run_in() { "$TOOLS/qnn-run" --device in-process "$@"; }

for needed in "$TOOLS/qnn-run" "$TOOLS/qnn-info" "$B/tools/tests/make_model"; do
	if ! [ -x "$needed" ]; then
		echo "Bail out! no $needed: run make all"
		exit 1
	fi
done
cd "$work" || exit 1
for kind in small refused slow two moves; do
	check "make the model: $kind" "$B/tools/tests/make_model" $kind $kind.qnn
done

# --- help and usage ---------------------------------------------------------
expect 0 '--data-scale S' run --help
expect 0 '--check' info --help
expect 0 '(qnn) 0.' run --version
expect 0 '(qnn) 0.' info --version
expect 1 'no model file' run
expect 1 'no model file' info
expect 1 'more than one' run a.qnn b.qnn
expect 1 'more than one' info a.qnn b.qnn
expect 1 'option --bogus' run --bogus small.qnn
expect 1 'option --bogus' info --bogus small.qnn
expect 1 '--data needs a value' run small.qnn --data
for bad in '--images 0' '--images -1' '--images 1x' '--images 99999999999' \
	'--jobs 0' '--jobs 257' '--repeat 0' '--timeout 0' '--timeout x' \
	'--data-scale 0' '--data-scale nan' '--data-scale 1e'; do
	# shellcheck disable=SC2086 # two words
	expect 1 "option ${bad% *}" run_in $bad small.qnn
done

# --- good use ---------------------------------------------------------------
expect 0 'cycles per image' run_in small.qnn
expect 0 'images     7, generated' run_in small.qnn --images 7
expect 0 'verify     identical: 4000 output bytes' run_in small.qnn --verify
expect 0 'Conv+BN+Relu' run_in small.qnn --layers
expect 0 'verify     identical' run_in two.qnn --verify --jobs 3
expect 0 '"identical": true' run_in small.qnn --verify --json -
check 'JSON on stdout, and nothing else' json '.model == "small" and
	.device == "in-process" and .images == 100 and .accuracy == null and
	.us_per_image > 0 and .cycles > 0' out
check 'JSON has the size of the file' json \
	".bytes == $(stat -c %s small.qnn)" out
run_in small.qnn --layers --json json >text 2>&1
check 'text beside a JSON file' grep -q '^modelled' text
check 'layers add up to the whole' json '([.layers[].cycles] | add) == .cycles
	and ([.layers[].macs] | add) == .macs and (.layers | length) == 5
	and .layers[0].name == "conv1" and .layers[4].command == "fc"
	and .identical == null'
run_in small.qnn --outputs one --images 50 >/dev/null
run_in small.qnn --outputs many --images 50 --jobs 7 --repeat 3 >/dev/null
check 'outputs of 50 images' test "$(stat -c %s one)" = 2000
check 'as many jobs in flight as wanted, the same outputs' cmp one many
info --json small.qnn >small.json
run_in small.qnn --floats reals --images 50 >/dev/null
check 'the same as floats' /usr/bin/python3 -c 'import struct, subprocess, json
codes = struct.unpack("<500i", open("one", "rb").read())
reals = struct.unpack("<500f", open("reals", "rb").read())
scale = json.load(open("small.json"))["outputs"][0]["scale"]
single = lambda x: struct.unpack("<f", struct.pack("<f", x))[0]
assert any(reals) and all(r == single(single(scale[i % 10 if len(scale) > 1 else 0]) * c)
                          for i, (c, r) in enumerate(zip(codes, reals)))'
check 'outputs differ between images' \
	test "$(head -c 40 one | cksum)" != "$(tail -c 40 one | cksum)"

# --- data sets --------------------------------------------------------------
# 40 images of 64 pixels, 0 to 255; their classes are what the model says.
awk 'BEGIN { srand(3); for (i = 0; i < 40; i++) { for (p = 0; p < 64; p++)
	printf "%s%d", p ? "," : "", int(rand() * 256); print "" } }' >plain.csv
expect 0 'images     40, read' run_in --data plain.csv --data-scale 0.0625 \
	--outputs plain.out small.qnn
check 'no accuracy without labels' lacks accuracy out
od -An -v -w40 -td4 plain.out | awk '{ best = 1
	for (i = 2; i <= NF; i++) if ($i > $best) best = i; print best - 1 }' >classes
paste -d, plain.csv classes >right.csv
# The first 10 labels are made wrong.
awk -F, -v OFS=, 'NR <= 10 { $65 = ($65 + 1) % 10 } { print }' right.csv >some.csv
expect 0 'accuracy   100.00 % (40 of 40)' run_in --data right.csv \
	--data-scale 0.0625 small.qnn
expect 0 'accuracy   75.00 % (30 of 40)' run_in --data some.csv \
	--data-scale 0.0625 small.qnn --jobs 3 --repeat 2 --verify
expect 0 'accuracy   0.00 % (0 of 10)' run_in --data some.csv \
	--data-scale 0.0625 small.qnn --images 10
run_in --data some.csv --data-scale 0.0625 --json json small.qnn >/dev/null
check 'accuracy in percent' json '.accuracy == 75 and .images == 40'
gzip -k some.csv
expect 0 '75.00 % (30 of 40)' run_in --data some.csv.gz --data-scale 0.0625 small.qnn

{
	printf '\0\0\010\003\0\0\0\050\0\0\0\010\0\0\0\010'
	tr ',' '\n' <plain.csv | while read -r pixel; do
		# shellcheck disable=SC2059 # an octal escape
		printf "\\$(printf %03o "$pixel")"
	done
} >t-images-idx3-ubyte
expect 0 'images     40' run_in --data t-images-idx3-ubyte --data-scale 0.0625 \
	--outputs idx.out small.qnn
check 'IDX and CSV give the same outputs' cmp plain.out idx.out
{
	printf '\0\0\010\001\0\0\0\050'
	while read -r class; do
		# shellcheck disable=SC2059
		printf "\\$(printf %03o "$class")"
	done <classes
} >t-labels-idx1-ubyte
expect 0 '100.00 % (40 of 40)' run_in --data t-images-idx3-ubyte \
	--data-scale 0.0625 small.qnn
mv t-labels-idx1-ubyte elsewhere
gzip -k t-images-idx3-ubyte
expect 0 '100.00 % (40 of 40)' run_in --data-scale 0.0625 small.qnn \
	--data t-images-idx3-ubyte.gz,elsewhere

expect 5 'No such file' run_in --data none.csv small.qnn
expect 5 'directory' run_in --data . small.qnn
: >empty.csv
expect 5 'empty' run_in --data empty.csv small.qnn
{ cat plain.csv; echo 1,2,3; } >ragged.csv
expect 5 'ragged.csv: line 41: 3 columns' run_in --data ragged.csv small.qnn
sed '7s/^[0-9]*,/seven,/' plain.csv >word.csv
expect 5 'word.csv: line 7: column 1: "seven"' run_in --data word.csv small.qnn
sed '2s/$/,10/; 2!s/$/,0/' plain.csv >label.csv
expect 5 'image 1 has label 10' run_in --data label.csv small.qnn
head -c 100 t-images-idx3-ubyte >cut.idx
expect 5 'cut in image 1 of 40' run_in --data cut.idx small.qnn
head -c 1000 t-images-idx3-ubyte.gz >cut.gz
expect 5 'damaged gzip data' run_in --data cut.gz small.qnn
printf '\0\0\010\003\377\377\377\377\0\0\0\010\0\0\0\010' >huge.idx
expect 5 'cut in image 0' run_in --data huge.idx small.qnn
expect 5 '2 inputs' run_in --data plain.csv two.qnn

# --- devices ----------------------------------------------------------------
if [ -e /dev/accel ]; then
	skip_one 'no device' 'there is /dev/accel'
else
	expect 2 'run with --device in-process' run small.qnn
fi
expect 2 '/nonexistent' run --device /nonexistent small.qnn
expect 2 'not a qnn device' run --device /dev/null small.qnn
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null &&
   mknod -m 600 node c 261 0 2>/dev/null; then
	# As somebody else, who can read all of this but not the "node".
	chmod 755 . && install -m 755 "$TOOLS/qnn-run" qnn-run
	expect 2 'permission' setpriv --reuid 65534 --clear-groups \
		./qnn-run --device "$work/node" small.qnn
else
	skip_one 'no permission' 'needs root, setpriv and mknod'
fi
expect 2 'deadline of 1 ms' run_in --timeout 1 --images 1 slow.qnn
expect 2 'too long' run_in --timeout 4294967295 small.qnn

# --- results that cannot be written -----------------------------------------
expect 6 'No space left' run_in small.qnn --outputs /dev/full
expect 6 'No space left' run_in small.qnn --floats /dev/full
expect 6 'No space left' run_in small.qnn --json /dev/full
expect 6 '/nonexistent/json' run_in small.qnn --json /nonexistent/json
expect 6 'stdout' into_full run_in small.qnn
expect 6 'stdout' into_full info small.qnn
expect 6 'No space left' into_full info --json small.qnn

# --- what is in a file ------------------------------------------------------
expect 0 'Conv+BN+Relu' info small.qnn
check 'each part is shown' has_all out pixels logits Labels PROG ORIG \
	'input pixels' scratch threshold cb2 total
check 'no control characters in the text' lacks '[[:cntrl:]]' out
info --json small.qnn >json
check 'sections, tensors and labels' json '.file_version == "1.0" and
	([.sections[].name] | join(" ")) == "PROG TENS SCAL LAYR LABL ORIG" and
	.inputs[0] == {name: "pixels", shape: [8, 8, 1], type: "u8",
	scale: [0.0625], zero_point: 0, bytes: 64} and
	.outputs[0].type == "s32" and .labels[9] == "9"'
check 'layers' json '.layers[0].levels == 3 and .layers[0].weights == 72 and
	.layers[0].weight_bytes == 40 and .layers[1].rounding == "B" and
	.layers[1].weight_bytes == 144 and .layers[2].input_types == ["s8", "s8"]
	and .layers[3].command == "max_pool" and .layers[4].weight_bits == 2
	and .layers[4].weight_bytes == 24 and .totals.weight_bytes == 208
	and ([.layers[].cycles] | add) == .totals.cycles
	and .totals.macs == 41552'
check 'origin and regions' json '.origin.bits == [4, 2] and
	.regions[0].use == "input pixels" and .regions[2].use == "scratch"'
check 'qnn-info and qnn-run agree on cycles' test \
	"$(jq .totals.cycles json)" = "$(run_in --json - small.qnn | jq .cycles)"
info --json moves.qnn >json
check 'qnn-info knows the commands that move, multiply and pick' json \
	'[.layers[].command] == ["conv_transpose", "mul", "copy", "argmax"] and
	.layers[0].kernel == [2, 2] and .layers[0].weights == 128 and
	.layers[1].stage == "table" and .layers[1].rounding == "A" and
	.layers[1].input_types == ["s8", "u8"] and
	.layers[2].mode == "depth_to_space" and .layers[2].block == 2 and
	.layers[2].axes[0] == {start: 7, step: -1, divisor: 1, from: "height"} and
	.layers[2].fill == 0 and .layers[3].output == [16, 16, 1]'
expect 0 'verify     identical' run_in moves.qnn --verify
expect 0 'small.qnn: ok' info --check small.qnn
expect 0 '"ok": true' info --check --json small.qnn

# --- bad model files --------------------------------------------------------
mkfifo fifo
for tool in run_in info info_check; do
	expect 4 'conv.groups' $tool refused.qnn
	expect 4 'No such file' $tool none.qnn
	expect 4 'plain.csv' $tool plain.csv
	expect 4 'empty.csv' $tool empty.csv
	expect 4 'irectory' $tool .
	expect 4 'regular file' $tool /dev/zero
	expect 4 'regular file' $tool fifo
done
expect 4 'command  1, conv2' info --check refused.qnn
expect 4 '"field": "conv.groups"' info --check --json refused.qnn
check 'the finding has rule and values' json '.ok == false and
	.program.command == 1 and .program.rule > 0 and .program.value == 3' out

# Refused: status 4 and a message, from both tools; anything else is printed.
refused() { # refused WHAT
	local tool
	for tool in run_in info info_check; do
		$tool bad.qnn >out 2>err </dev/null
		local got=$?
		if [ $got -ne 4 ] || ! grep -q 'bad.qnn' out err; then
			echo "# $tool, $1: status $got"
			sed 's/^/# /' out err | head -n 5
			wrong=$((wrong + 1))
		fi
	done
}

size=$(stat -c %s small.qnn)
wrong=0
for ((at = 0; at < size; at += at < 70 ? 1 : 83)); do
	head -c $at small.qnn >bad.qnn
	refused "cut at byte $at"
done
head -c $((size - 1)) small.qnn >bad.qnn
refused 'cut by one byte'
{ cat small.qnn; printf '\0'; } >bad.qnn
refused 'one byte too many'
result $((wrong > 0)) 'a file that is cut is refused, wherever'

wrong=0
mapfile -t bytes < <(od -An -v -w1 -tu1 small.qnn)
for ((at = 0; at < size; at += at < 70 ? 1 : 29)); do
	cp small.qnn bad.qnn
	# shellcheck disable=SC2059
	printf "\\$(printf %03o $((bytes[at] ^ 1 << at % 8)))" |
		dd of=bad.qnn bs=1 seek=$at conv=notrunc status=none
	refused "bit $((at % 8)) of byte $at"
done
result $((wrong > 0)) 'a file with a flipped bit is refused, whichever'

echo "1..$number"
exit $failed
