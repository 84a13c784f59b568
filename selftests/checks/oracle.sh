#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: the device code does what the oracle of selftests/oracle says, on random
# programs and on the conformance vectors. Needs python3 with numpy and `make
# oracle`; skips without numpy.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
ORACLE=$TOP/selftests/oracle
PLAIN=$B/selftests/oracle/run_programs
SANITIZED=$B/san/selftests/oracle/run_programs
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 LC_ALL=C

failed=0
number=0

# result STATUS TEXT LOG: one line, and the log if the test failed.
result() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		sed 's/^/# /' "$3"
		echo "not ok $number - $2"
		failed=1
	fi
}

# compare TEXT OPTION...: device and oracle agree.
compare() {
	local text=$1
	shift
	"$python" "$ORACLE/oracle.py" --save "$B/oracle" "$@" >"$work/log" 2>&1
	result $? "$text" "$work/log"
}

. "$TOP/selftests/harness/python.sh"
python=$(python_with numpy)
if [ -z "$python" ]; then
	echo "1..0 # SKIP no python3 with numpy"
	exit 0
fi
for needed in "$PLAIN" "$SANITIZED"; do
	if ! [ -x "$needed" ]; then
		echo "Bail out! no $needed: run make oracle"
		exit 1
	fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "1..6"
compare "3000 programs, byte for byte" --device "$PLAIN" --seed check --count 3000
compare "2000 changed programs, refused or run" \
	--device "$PLAIN" --seed check --count 0 --mutants 2000
compare "300 programs and 300 changed ones, with sanitizers" \
	--device "$SANITIZED" --seed sanitized --count 300 --mutants 300

"$python" "$ORACLE/vectors.py" --device "$SANITIZED" >"$work/log" 2>&1
result $? "$(grep -c '^ok' "$work/log") conformance vectors" "$work/log"

# What says that nothing differs must be able to say that something does.
! "$python" "$ORACLE/oracle.py" --count 1 --device /bin/false \
	--save "$work" >"$work/log" 2>&1 && grep -q 'DIFFERENCE.*number 0' "$work/log"
result $? "a device that dies is noticed" "$work/log"

mkdir "$work/vectors"
sed 's/"0203"/"0303"/' "$ORACLE/vectors/documented.json" >"$work/vectors/wrong.json"
! "$python" "$ORACLE/vectors.py" --device "$PLAIN" --folder "$work/vectors" \
	>"$work/log" 2>&1 && grep -q '^not ok 1 - vector wrong' "$work/log"
result $? "a wrong byte in a vector is noticed" "$work/log"
exit $failed
