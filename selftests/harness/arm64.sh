#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: the device code on another processor. Its unit tests and the conformance
# vectors, built for arm64 and run by QEMU's user mode: there is the scalar code
# only, a char has no sign, and whatever C leaves open is a trap. Skips without the
# cross compiler, QEMU, or the archive that has the library of the unit tests.
set -eu
. "$(dirname "$0")/lib.sh"

only_one arm64
DIR=$B/arm64
ROOT=$DIR/root
SYSROOT=/usr/aarch64-linux-gnu
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

# The library of the unit tests, into $ROOT.
cmocka() {
	local deb
	[ ! -e "$ROOT/usr/include/cmocka.h" ] || return 0
	rm -rf "$DIR/debs"
	mkdir -p "$DIR/debs" "$ROOT"
	foreign update >"$DIR/apt.log" 2>&1 || return 1
	(cd "$DIR/debs" && foreign download libcmocka0 libcmocka-dev >>"$DIR/apt.log" 2>&1) ||
		return 1
	for deb in "$DIR"/debs/*.deb; do
		dpkg-deb -x "$deb" "$ROOT" || return 1
	done
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

for needed in aarch64-linux-gnu-gcc qemu-aarch64-static; do
	command -v "$needed" >/dev/null || skip "no $needed"
done
cmocka || skip "no libcmocka for arm64: see $DIR/apt.log"

mapfile -t tests < <(top_make list-firmware-tests)
[ ${#tests[@]} != 0 ] || die "no unit tests"
quiet "$DIR/build.log" make -s -C "$TOP" -j"$JOBS" B="$DIR" CC=aarch64-linux-gnu-gcc \
	AR=aarch64-linux-gnu-ar CFLAGS="-I$ROOT/usr/include -L$ROOT/usr/lib/aarch64-linux-gnu" \
	SANITIZE="-fsanitize=undefined -fsanitize-undefined-trap-on-error" \
	"${tests[@]/#/$DIR/san/firmware/tests/}" "$DIR/selftests/oracle/run_programs"

number=0
failed=0
run=(qemu-aarch64-static -L "$SYSROOT" -E "LD_LIBRARY_PATH=$ROOT/usr/lib/aarch64-linux-gnu")
echo "1..$((${#tests[@]} + 2))"
for name in "${tests[@]}"; do
	log=$DIR/$name.log
	status=0
	CMOCKA_MESSAGE_OUTPUT=TAP "${run[@]}" "$DIR/san/firmware/tests/$name" >"$log" 2>&1 ||
		status=$?
	result "$status" "$name: $(grep -c '^ok' "$log" || true) tests" "$log"
done

python=/usr/bin/python3
device=$DIR/run_programs
printf '#!/bin/sh\nexec %s %s\n' "${run[*]}" "$DIR/selftests/oracle/run_programs" >"$device"
chmod +x "$device"
status=0
"$python" "$TOP/selftests/oracle/vectors.py" --device "$device" >"$DIR/vectors.log" 2>&1 ||
	status=$?
result "$status" "$(grep -c '^ok' "$DIR/vectors.log" || true) conformance vectors" \
	"$DIR/vectors.log"
status=0
"$python" "$TOP/selftests/oracle/oracle.py" --device "$device" --seed arm64 --count 300 \
	--mutants 100 --save "$DIR/oracle" >"$DIR/oracle.log" 2>&1 || status=$?
result "$status" "300 programs and 100 changed ones, byte for byte" "$DIR/oracle.log"
exit "$failed"
