#!/bin/bash
# SPDX-License-Identifier: MIT
# peers.sh [OPTION...]: networks and layers against other libraries, one and two
# threads, into build/bench/peers-N.json, and, where the processor has a matrix unit, one
# thread without it into peers-without-amx.json; OPTIONs are those of peers/peers.py. The
# libraries come from PyPI into build/bench/venv, oneDNN from libdnnl-dev where that
# is installed. Without them: a message, and no file.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
DIR=$B/bench
PEERS=$TOP/tools/bench/peers
NETS=$DIR/nets
export PYTHONDONTWRITEBYTECODE=1
# shellcheck source=selftests/harness/venv.sh
. "$TOP/selftests/harness/venv.sh"

rm -f "$DIR"/peers-*.json
venv_of "$DIR" "$PEERS/requirements.txt" "other libraries"
python=$VENV/bin/python

onednn=$DIR/onednn.so
if [ -e /usr/include/dnnl.hpp ]; then
	[ "$onednn" -nt "$PEERS/onednn.cc" ] ||
		g++ -O2 -Wall -Wextra -shared -fPIC "$PEERS/onednn.cc" -ldnnl -o "$onednn"
else
	rm -f "$onednn"
fi

# Networks are made anew when what makes them has changed, and packed then.
if [ -n "$(find "$PEERS" -name '*.py' -newer "$NETS/made" 2>/dev/null)" ] ||
	! [ -e "$NETS/made" ]; then
	rm -rf "$NETS"
	"$python" "$PEERS/peers.py" --files "$NETS" --emit >/dev/null
	touch "$NETS/made"
fi
for onnx in "$NETS"/*.onnx; do
	qnn=${onnx%.onnx}.qnn
	[ "$qnn" -nt "$onnx" ] && [ "$qnn" -nt "$B/tools/qnn-pack" ] && continue
	echo "packing $(basename "$onnx")"
	"$B/tools/qnn-pack" "$onnx" -o "$qnn"
done

run() { # run NAME THREADS [OPTION...]
	local name=$1 threads=$2
	shift 2
	OMP_NUM_THREADS=$threads QNN_LANES=$threads "$python" "$PEERS/peers.py" --files "$NETS" \
		--library "$B/libqnn/libqnn.so" --onednn "$onednn" --threads "$threads" \
		--json "$DIR/peers-$name.json" "$@" 2>"$DIR/peers-$name.log" || {
		tail -n 5 "$DIR/peers-$name.log"
		exit 1
	}
}

for threads in 1 2; do
	[ "$threads" -le "$(nproc)" ] || continue
	run "$threads" "$threads" "$@"
done
# As on a processor without the matrix unit, ours and theirs.
if grep -qw amx_int8 /proc/cpuinfo; then
	echo "without AMX"
	run without-amx 1 --no-amx "$@"
fi
