#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-bench.sh BUILD FLAVOUR [OPTION...] MODEL...: in a guest, what the driver adds
# to runs of the models, as driver.json in $QNN_OUT.
build=$1
flavour=$2
shift 2

insmod "$build/kmod/$flavour/qnn.ko" || exit
"$build/tools/qnn-bench" --driver /dev/accel/accel0 --json "$QNN_OUT/driver.json" "$@" || exit
rmmod qnn
