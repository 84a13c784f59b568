#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-kunit.sh FOLDER: in a guest whose kernel has KUnit, loads the driver and
# its test module from the folder and prints the result of each suite between
# the marks that guest-kselftest.sh describes.
insmod "$1/qnn.ko" || exit
insmod "$1/qnn_kunit.ko" || exit
for results in /sys/kernel/debug/kunit/*/results; do
	echo "#### suite $(basename "$(dirname "$results")")"
	cat "$results"
	echo "#### end 0"
done
rmmod qnn_kunit && rmmod qnn
