#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-all.sh MODULE PROGRAM...: in a guest whose kernel has KUnit, what
# guest-kunit.sh and guest-kselftest.sh do.
here=$(dirname "$0")

sh "$here/guest-kunit.sh" "$(dirname "$1")"
sh "$here/guest-kselftest.sh" "$@"
