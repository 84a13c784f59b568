#!/bin/bash
# SPDX-License-Identifier: MIT
# What the project aims at in speed, measured side by side: layers against the
# processor's peak, fewer bits against 8, networks against other libraries, the
# driver against the process. build/bench.json has an object for each figure.
set -eu
cd "$(dirname "$0")/../.."

models=build/run
out=build/bench
bench=build/tools/qnn-bench
selftests/harness/packages.sh all
make -s all
selftests/harness/models.sh
mkdir -p "$out"
rm -f "$out"/*.json build/bench.json

echo "== layers, and the processor's peak"
$bench --json "$out/layers.json" --layer standard

echo "== fully connected, of fewer bits than 8"
fc=layer:fc:4096-4096
$bench --json "$out/fc.json" $fc:w8a8 $fc:w4a8 $fc:w2a8 $fc:w2a2 $fc:w1a1
# At least so many times as fast.
jq '[.[] | .target = ({w4a8: 1.9, w2a8: 2.1, w2a2: 3, w1a1: 8}
	[.id | split("/")[0] | split(":")[2]])
	| .target |= (1 / .) | .holds = (.ratio <= .target)]' "$out/fc.json" >"$out/fc.new"
mv "$out/fc.new" "$out/fc.json"

echo "== the digits network, of fewer bits than 8"
$bench --json "$out/digits.json" "$models/digits-w8a8.qnn" "$models/digits-w8a8.qnn" \
	"$models/digits-w4a4.qnn" "$models/digits-w2a2.qnn" "$models/digits-w1a2.qnn"

echo "== other libraries"
# What fails here takes no figure of the others with it.
tools/bench/peers.sh || echo "bench: no figures of other libraries"

if [ -e "$out/nets/resnet18.qnn" ]; then
	echo "== loading"
	$bench --pairs 51 --json "$out/load.json" --load "$out/nets/resnet18.qnn"
fi

echo "== the driver"
tools/bench/driver.sh || echo "bench: no figures of the driver"

jq -s 'add' "$out"/*.json >build/bench.json
echo "bench: $(jq length build/bench.json) figures in build/bench.json, $(
	jq '[.[] | select(.holds == true)] | length' build/bench.json) of $(
	jq '[.[] | select(.target)] | length' build/bench.json) aims reached"
