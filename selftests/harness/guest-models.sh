#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-models.sh BUILD FOLDER: in a guest, runs the networks that FOLDER/list
# names (NAME IMAGES [OPTION...]) on the device of the kernel, and leaves the bytes
# of all outputs as NAME.bytes and the report as NAME.json in $QNN_OUT. The line of
# --compare has the network's source: NAME compare IMAGES OPTION...
build=$1
folder=$2

insmod "$build/kmod/debian/qnn.ko" || exit
while read -r name images options; do
	if [ "$images" = compare ]; then
		set -- --json "$QNN_OUT/$name-compare.json" --images
	else
		set -- --json "$QNN_OUT/$name.json" --outputs "$QNN_OUT/$name.bytes" \
			--images "$images"
	fi
	# shellcheck disable=SC2086 # a list of words
	"$build/tools/qnn-run" "$folder/$name.qnn" --device /dev/accel/accel0 "$@" \
		$options >"$QNN_OUT/$name.log" 2>&1 </dev/null || echo "$name: status $?"
done <"$folder/list"
rmmod qnn
