#!/bin/bash
# SPDX-License-Identifier: MIT
# Files of Debian's kernel source that tests and lint use, in $B/linux-src.
set -eu
. "$(dirname "$0")/lib.sh"

OUT=$B/linux-src
TARBALL=/usr/src/linux-source-6.12.tar.xz
FILES=(
	scripts/checkpatch.pl
	scripts/coccinelle
	scripts/const_structs.checkpatch
	scripts/kernel-doc
	scripts/spelling.txt
	tools/testing/selftests/kselftest.h
	tools/testing/selftests/kselftest_harness.h
)

# Seconds that one test case may take, 30 in Linux: a busy machine that emulates
# the CPU of a kernel full of checks needs more.
CASE_TIMEOUT=150

only_one linux-src
[ -f "$TARBALL" ] || die "$TARBALL is missing: apt-get install linux-source-6.12"
version=$(dpkg-query -W -f '${Version}' linux-source-6.12)
id="$version ${FILES[*]} $CASE_TIMEOUT"
if stamp_is "$OUT/unpacked" "$id"; then
	exit 0
fi
mkdir -p "$OUT"
say "taking the kselftest headers and scripts from the kernel source $version"
quiet "$OUT/unpack.log" tar -C "$OUT" --strip-components=1 -xf "$TARBALL" \
	"${FILES[@]/#/linux-source-6.12/}"
sed -i "s/^\(#define TEST_TIMEOUT_DEFAULT\) 30$/\1 $CASE_TIMEOUT/" \
	"$OUT/tools/testing/selftests/kselftest_harness.h"
grep -q "TEST_TIMEOUT_DEFAULT $CASE_TIMEOUT$" "$OUT/tools/testing/selftests/kselftest_harness.h" ||
	die "the kselftest harness names its timeout in another way"
echo "$id" >"$OUT/unpacked"
