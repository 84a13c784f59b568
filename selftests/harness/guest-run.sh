#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-run.sh BUILD NAME...: in the guest of `make run`, runs each network on
# the device of the kernel and leaves NAME.json in $QNN_OUT.
build=$1
shift

insmod "$build/kmod/debian/qnn.ko" || exit
for name in "$@"; do
	"$build/tools/qnn-run" "$build/run/$name.qnn" --device /dev/accel/accel0 \
		--data "$build/digits/test.csv" --verify --json "$QNN_OUT/$name.json" || exit
done
rmmod qnn
