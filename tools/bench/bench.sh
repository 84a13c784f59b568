#!/bin/sh
# SPDX-License-Identifier: MIT
# Time the digit networks against the 8-bit one on the in-process device.
set -eu
cd "$(dirname "$0")/../.."

models=build/run
selftests/harness/packages.sh run
make -s all
selftests/harness/models.sh
build/tools/qnn-bench --json build/bench.json "$models/digits-w8a8.qnn" \
	"$models/digits-w8a8.qnn" "$models/digits-w4a4.qnn" \
	"$models/digits-w2a2.qnn" "$models/digits-w1a2.qnn"
echo "bench: build/bench.json"
