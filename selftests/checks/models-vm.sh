#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: networks that others made give the same bytes on the device of the kernel,
# in QEMU with Debian's kernel, and in a process; and qnn-run --compare works there.
# Needs `make all` and ../shared/data; skips where that folder is absent.
set -u
. "$(dirname "$0")/../harness/lib.sh"
. "$(dirname "$0")/../harness/tap.sh"
DATA=${QNN_SHARED_DATA:-$TOP/../shared/data}
DIR=$B/models-vm
PIXEL=0.00392156862745098

if ! [ -d "$DATA/mlperf-tiny" ]; then
	echo "1..0 # SKIP no $DATA"
	exit 0
fi
rm -rf "$DIR"
mkdir -p "$DIR"
DATA=$(cd "$DATA" && pwd)

# pack NAME SOURCE [OPTION...]
pack() {
	local name=$1 source=$2
	shift 2
	"$B/tools/qnn-pack" "$DATA/$source" -o "$DIR/$name.qnn" "$@" >"$DIR/$name.pack.log" 2>&1
	result $? "$source is packed"
}

# Some test images of CIFAR-10, a cat, and rows of random bits.
make_inputs() {
	/usr/bin/python3 - "$DATA" "$DIR" <<-'PYTHON'
	import io
	import struct
	import sys
	import numpy as np
	from PIL import Image

	def write(name, images):
	    with open(sys.argv[2] + "/" + name, "wb") as out:
	        out.write(struct.pack(">4B4I", 0, 0, 8, 4, *images.shape) + images.tobytes())

	packed = np.load(sys.argv[1] + "/cifar10/test.npz")
	blob, at = packed["jpeg"].tobytes(), packed["offset"]
	write("cifar.idx", np.array([np.asarray(Image.open(io.BytesIO(blob[at[k]:at[k + 1]])))
	                             for k in range(40)], np.uint8))
	cat = Image.open(sys.argv[1] + "/coral/cat.bmp").convert("RGB").resize((128, 128))
	write("cat.idx", np.asarray(cat, np.uint8)[None])
	bits = np.random.RandomState(2).randint(0, 2, (200, 600)) * 2 - 1
	np.savetxt(sys.argv[2] + "/bits.csv", bits, "%d", ",")
	PYTHON
}

make_inputs 2>"$DIR/inputs.log"
result $? "the inputs are there"
pack resnet8 mlperf-tiny/pretrainedResnet_quant.tflite
pack dscnn mlperf-tiny/kws_ref_model.tflite
pack autoencoder mlperf-tiny/ad01_int8.tflite
pack mobilenet coral/mobilenet_v1_0.25_128_quant.tflite
pack tfc-w1a1 qonnx/TFC_1W1A.onnx --input-scale $PIXEL
pack tfc-w1a2 qonnx/TFC_1W2A.onnx --input-scale $PIXEL
pack unsw qonnx/unsw_nb15-mlp-w2a2.onnx --calib "$DIR/bits.csv"

digits=$(echo "$DATA"/mnist/test-images*)
source=$DATA/mlperf-tiny/pretrainedResnet_quant.tflite
cat >"$DIR/list" <<END
resnet8 25 --data $DIR/cifar.idx
dscnn 20
autoencoder 100
mobilenet 1 --data $DIR/cat.idx --data-scale 0.0078125
tfc-w1a1 200 --data $digits --data-scale $PIXEL
tfc-w1a2 200 --data $digits --data-scale $PIXEL
unsw 100 --data $DIR/bits.csv
resnet8 compare 2 --data $DIR/cifar.idx --compare $source
END

"$HARNESS/kmod.sh" debian >"$DIR/kmod.log" 2>&1 &&
	"$HARNESS/debian-kernel.sh" >"$DIR/kernel.log" 2>&1
result $? "module and kernel are there"
files=(-f "$HARNESS/guest-models.sh" -f "$B/tools/qnn-run" -f "$B/tools/qnn-compare"
	-f "$DIR/list" -f "$digits" -f "$source")
for file in "$DIR"/*.qnn "$DIR"/*.idx "$DIR"/*.csv; do
	files+=(-f "$file")
done
"$HARNESS/qemu.sh" -o "$DIR/vm" -t 300 "${files[@]}" sh "$HARNESS/guest-models.sh" "$B" "$DIR" \
	>"$DIR/qemu.log" 2>&1
result $? "the guest ends well"

# same NAME IMAGES OPTION...: what the guest left against this process.
same() {
	local name=$1 images=$2
	shift 2
	"$B/tools/qnn-run" "$DIR/$name.qnn" --device in-process --images "$images" \
		--outputs "$DIR/$name.bytes" "$@" >"$DIR/$name.log" 2>&1 </dev/null &&
		jq -e --argjson n "$images" '.device == "/dev/accel/accel0" and .images == $n' \
			"$DIR/vm/out/$name.json" >/dev/null &&
		[ -s "$DIR/$name.bytes" ] && cmp "$DIR/$name.bytes" "$DIR/vm/out/$name.bytes"
	result $? "$name: $(stat -c %s "$DIR/$name.bytes") bytes for $images inputs are the same"
}

while read -r name images options; do
	# shellcheck disable=SC2086 # a list of words
	[ "$images" = compare ] || same "$name" "$images" $options
done <"$DIR/list"
jq -e '.images == 2 and (.layers | length) > 8 and .agreement == 100 and
	.first_wrong == null' "$DIR/vm/out/resnet8-compare.json" >/dev/null
result $? "qnn-run --compare of ResNet-8 on the kernel's device finds nothing wrong"
# shellcheck disable=SC2154 # counted by tap.sh
echo "1..$number"
exit "$failed"
