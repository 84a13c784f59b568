#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: the device code on another processor. Its unit tests, the conformance
# vectors, and libqnn's in-process device, built for arm64 and run by QEMU's user
# mode: there the vector code is another one, a char has no sign, and whatever C leaves
# open is a trap. QEMU writes down which functions it translates, so that it is known
# which code ran. Skips without the cross compiler, QEMU, or the archive that has the
# libraries.
set -eu
. "$(dirname "$0")/lib.sh"

only_one arm64
DIR=$B/arm64
ROOT=$DIR/root
SYSROOT=/usr/aarch64-linux-gnu
SET=neondot
export PYTHONDONTWRITEBYTECODE=1 LC_ALL=C

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

# foreign APT-GET-ARGUMENT...: arm64 packages, without a word to this system's apt.
foreign() {
	mkdir -p "$DIR/apt/lists/partial" "$DIR/apt/cache/archives/partial"
	apt_get -o APT::Architecture=arm64 -o APT::Architectures=arm64 \
		-o Dir::State::Lists="$DIR/apt/lists" -o Dir::Cache="$DIR/apt/cache" \
		-o Dir::State::status=/dev/null "$@"
}

# The libraries of the tests, into $ROOT.
libraries() {
	local packages=(libcmocka0 libcmocka-dev libdrm2 libdrm-dev zlib1g-dev) deb
	! stamp_is "$ROOT/packages" "${packages[*]}" || return 0
	rm -rf "$DIR/debs" "$ROOT"
	mkdir -p "$DIR/debs" "$ROOT"
	foreign update >"$DIR/apt.log" 2>&1 || return 1
	(cd "$DIR/debs" && foreign download "${packages[@]}" >>"$DIR/apt.log" 2>&1) || return 1
	for deb in "$DIR"/debs/*.deb; do
		dpkg-deb -x "$deb" "$ROOT" || return 1
	done
	echo "${packages[*]}" >"$ROOT/packages"
}

# result STATUS TEXT LOG: one line, and the log if the test failed.
result() {
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		sed 's/^/# /' "$3" | tail -n 40
		echo "not ok $number - $2"
		failed=1
	fi
}

# emulated LOG [QEMU'S OPTION]... PROGRAM...: the output to LOG, and to $DIR/ran the
# names of the functions that ran.
emulated() {
	local log=$1 status=0
	shift
	CMOCKA_MESSAGE_OUTPUT=TAP "${qemu[@]}" "${trace[@]}" "$@" >"$log" 2>&1 || status=$?
	functions
	return "$status"
}

# What QEMU has written, of one process or more, which goes.
functions() {
	sed -n 's/^IN: //p' "$DIR"/code.* | sort -u >"$DIR/ran"
	rm -f "$DIR"/code.*
}

# in_process ISA CPU: libqnn's tests of its in-process device.
in_process() {
	QNN_ISA=$1 emulated "$DIR/device.log" -cpu "$2" "$DIR/san/libqnn/tests/device_test"
}

# Has code of the set run?
is_used() {
	grep -q "_$SET\$" "$DIR/ran"
}

for needed in aarch64-linux-gnu-gcc qemu-aarch64-static; do
	command -v "$needed" >/dev/null || skip "no $needed"
done
libraries || skip "no libraries for arm64: see $DIR/apt.log"

mapfile -t tests < <(top_make list-firmware-tests)
[ ${#tests[@]} != 0 ] || die "no unit tests"
quiet "$DIR/build.log" make -s -C "$TOP" -j"$JOBS" B="$DIR" CC=aarch64-linux-gnu-gcc \
	AR=aarch64-linux-gnu-ar CFLAGS="-I$ROOT/usr/include -L$ROOT/usr/lib/aarch64-linux-gnu" \
	SANITIZE="-fsanitize=undefined -fsanitize-undefined-trap-on-error" \
	"${tests[@]/#/$DIR/san/firmware/tests/}" "$DIR/selftests/oracle/run_programs" \
	"$DIR/san/libqnn/tests/device_test"

number=0
failed=0
qemu=(qemu-aarch64-static -L "$SYSROOT" -E "LD_LIBRARY_PATH=$ROOT/usr/lib/aarch64-linux-gnu")
trace=(-d in_asm -D "$DIR/code.%d")
rm -f "$DIR"/code.*
: >"$DIR/all-ran"
echo "1..$((${#tests[@]} + 9))"
for name in "${tests[@]}"; do
	log=$DIR/$name.log
	status=0
	emulated "$log" "$DIR/san/firmware/tests/$name" || status=$?
	cat "$DIR/ran" >>"$DIR/all-ran"
	result "$status" "$name: $(grep -c '^ok' "$log" || true) tests" "$log"
done
status=0
grep -qx "# $SET: tested" "$DIR/test_fast.log" || status=1
result "$status" "$SET is among the sets that they compare" "$DIR/test_fast.log"

python=/usr/bin/python3
device=$DIR/run_programs
cat >"$device" <<EOF
#!/bin/sh
exec ${qemu[*]} ${trace[*]} $DIR/selftests/oracle/run_programs \$QNN_ISA
EOF
chmod +x "$device"
for set in none "$SET"; do
	status=0
	QNN_ISA=$set "$python" "$TOP/selftests/oracle/vectors.py" --device "$device" \
		>"$DIR/vectors.log" 2>&1 || status=$?
	result "$status" "$(grep -c '^ok' "$DIR/vectors.log" || true) conformance vectors, $set" \
		"$DIR/vectors.log"
done
status=0
QNN_ISA=$SET "$python" "$TOP/selftests/oracle/oracle.py" --device "$device" --seed arm64 \
	--count 300 --mutants 100 --save "$DIR/oracle" >"$DIR/oracle.log" 2>&1 || status=$?
functions
cat "$DIR/ran" >>"$DIR/all-ran"
result "$status" "300 programs and 100 changed ones, byte for byte, $SET" "$DIR/oracle.log"

aarch64-linux-gnu-nm "$DIR"/san/firmware/fast/neon/*.o | awk '$2 ~ /[tT]/ { print $3 }' |
	sort -u >"$DIR/functions"
sort -u "$DIR/all-ran" | comm -13 - "$DIR/functions" >"$DIR/never"
status=0
[ -s "$DIR/functions" ] && [ ! -s "$DIR/never" ] || status=1
result "$status" "all $(wc -l <"$DIR/functions") functions of $SET have run" "$DIR/never"

# What is chosen: the best, what is named, and what a processor has.
status=0
in_process "" max && is_used || status=1
result "$status" "$SET is chosen where the processor has it" "$DIR/device.log"
status=0
in_process none max && ! is_used || status=1
result "$status" "QNN_ISA=none does without" "$DIR/device.log"
status=0
in_process "" cortex-a72 && ! is_used || status=1
result "$status" "a processor that lacks the instructions does without" "$DIR/device.log"
status=0
! in_process "$SET" cortex-a72 && grep -q "has no '$SET'" "$DIR/device.log" || status=1
result "$status" "QNN_ISA=$SET is refused there" "$DIR/device.log"
exit "$failed"
