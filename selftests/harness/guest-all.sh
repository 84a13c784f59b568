#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-all.sh MODULE PROGRAM...: in a guest whose kernel has KUnit, what
# guest-kunit.sh and guest-kselftest.sh do.
here=$(dirname "$0")

kcsan=/sys/kernel/debug/kcsan

# What it found, the kernel's log says. Did it look?
races() {
	watched=$(sed -n 's/^setup_watchpoints: //p' $kcsan)
	echo "1..1"
	[ "${watched:-0}" -gt 1000 ] || printf 'not '
	echo "ok 1 - the race detector was at work ($watched accesses watched)"
}

# Races of the kernel while it boots are not our business. Then it looks at one
# access in 1000, four times as often as usual.
if [ -w $kcsan ]; then
	echo 1000 >/sys/module/kcsan/parameters/skip_watch
	echo on >$kcsan
fi

sh "$here/guest-kunit.sh" "$(dirname "$1")"
sh "$here/guest-kselftest.sh" "$@"
if [ -w $kcsan ]; then
	echo "#### suite races"
	races
	echo "#### end 0"
fi
