# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by the scripts of selftests/checks/ that count results as they go.

number=0
failed=0

result() { # result STATUS TEXT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		# shellcheck disable=SC2034 # the exit status of who sources this
		failed=1
	fi
}
