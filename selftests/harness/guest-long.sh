#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-long.sh MODULE PROGRAM...: in a guest, runs each test at full length, on
# one core and on three.
module=$1
shift
export QNN_MODULE="$module" QNN_LONG=1
failed=0

for cores in 1 3; do
	insmod "$module" cores=$cores || exit
	for program in "$@"; do
		# This one loads the module itself, with as many cores as it likes.
		case $cores-$program in 3-*/hotplug) continue ;; esac
		"$program" || failed=1
	done
	# The last jobs and fences are on their way.
	sleep 2
	rmmod qnn || exit
done
exit $failed
