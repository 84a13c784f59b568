#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-alone.sh MODULE PARAMETERS PROGRAM [ARG...]: in a guest, loads the driver,
# runs one program that may take hours, unloads the driver and looks for lost memory.
module=$1
parameters=$2
shift 2

# shellcheck disable=SC2086 # a list
insmod "$module" $parameters || exit
"$@"
status=$?
# The last jobs and fences are on their way.
sleep 2
rmmod qnn || status=1
if [ -w /sys/kernel/debug/kmemleak ]; then
	# The first scan only collects objects that look lost.
	echo scan >/sys/kernel/debug/kmemleak
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	if [ -n "$(head -c 1 /sys/kernel/debug/kmemleak)" ]; then
		sed 's/^/# /' /sys/kernel/debug/kmemleak
		status=1
	fi
fi
exit $status
