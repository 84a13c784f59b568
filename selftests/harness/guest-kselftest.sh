#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-kselftest.sh MODULE PROGRAM...: in a guest, loads the driver, runs each
# test program, unloads the driver and looks for what was left behind.
module=$1
shift
. "$(dirname "$0")/guest-lib.sh"

load() {
	echo "1..1"
	if insmod "$module" && [ -c /dev/accel/accel0 ]; then
		echo "ok 1 the driver loads and its device appears"
	else
		echo "not ok 1 the driver loads and its device appears"
	fi
}

suite load load
for program in "$@"; do
	suite "$(basename "$program")" timeout -k 5 "${QNN_TIMEOUT:-180}" "$program"
done
suite leaks leaks

# Once more with several cores, for the tests that look at order and recovery.
insmod "$module" cores=3
for program in "$@"; do
	name=$(basename "$program")
	case $name in sync | deadline | observe | prime | recovery | teardown | processes | storm)
		suite "cores3-$name" timeout -k 5 "${QNN_TIMEOUT:-180}" "$program" ;;
	esac
done
suite cores3-leaks leaks

# And with cores of several threads, for those that stop or measure them.
insmod "$module" lanes=3
for program in "$@"; do
	name=$(basename "$program")
	case $name in emulated | vector | deadline)
		suite "lanes3-$name" timeout -k 5 "${QNN_TIMEOUT:-180}" "$program" ;;
	esac
done
suite lanes3-leaks leaks
suite memleaks memleaks
