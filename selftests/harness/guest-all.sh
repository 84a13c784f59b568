#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-all.sh MODULE PROGRAM...: in a guest whose kernel has KUnit, what
# guest-kunit.sh and guest-kselftest.sh do.
here=$(dirname "$0")

# Races of the kernel while it boots are not our business.
[ ! -w /sys/kernel/debug/kcsan ] || echo on >/sys/kernel/debug/kcsan

sh "$here/guest-kunit.sh" "$(dirname "$1")"
sh "$here/guest-kselftest.sh" "$@"
