#!/bin/sh
# SPDX-License-Identifier: MIT
# Time layers against the processor's peak, and the digit networks against the
# 8-bit one, on the in-process device.
set -eu
cd "$(dirname "$0")/../.."

models=build/run
selftests/harness/packages.sh run
make -s all
selftests/harness/models.sh
build/tools/qnn-bench --json build/bench-layers.json --layer standard
build/tools/qnn-bench --json build/bench-networks.json "$models/digits-w8a8.qnn" \
	"$models/digits-w8a8.qnn" "$models/digits-w4a4.qnn" \
	"$models/digits-w2a2.qnn" "$models/digits-w1a2.qnn"
# One array of both.
sed -e '$s/]$/,/' build/bench-layers.json >build/bench.json
sed -e '1s/^\[//' build/bench-networks.json >>build/bench.json
echo "bench: build/bench.json"
