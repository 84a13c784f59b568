#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-bench.sh BUILD FLAVOUR [OPTION...] MODEL...: in a guest, what the driver adds
# to runs of the models, as driver.json in $QNN_OUT.
build=$1
flavour=$2
shift 2

# The same instructions on both sides: a process could have the matrix unit, too.
for set in avx512bits avx512vnni avx2 none; do
	insmod "$build/kmod/$flavour/qnn.ko" "isa=$set" 2>/dev/null && break
done
export QNN_ISA="$set"
"$build/tools/qnn-bench" --driver /dev/accel/accel0 --json "$QNN_OUT/driver.json" "$@" || exit
rmmod qnn
