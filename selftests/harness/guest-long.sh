#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-long.sh MODULE PROGRAM...: in a guest, runs each test at full length, on
# one core and on three.
module=$1
shift
. "$(dirname "$0")/guest-lib.sh"
export QNN_LONG=1

for cores in 1 3; do
	insmod "$module" cores=$cores || exit
	for program in "$@"; do
		name=$(basename "$program")
		# These load the module themselves, with as many cores as they like.
		case $cores-$name in 3-hotplug | 3-lifetime) continue ;; esac
		suite "$name-cores$cores" "$program"
	done
	suite "leaks-cores$cores" leaks
done
suite memleaks memleaks
