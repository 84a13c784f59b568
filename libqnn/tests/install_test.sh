#!/bin/sh
# SPDX-License-Identifier: MIT
# The library as its users get it: what is installed, exported and linked.
# @STAGE@ and @TOP@ are filled in when the test is made. Prints TAP.
stage=@STAGE@
top=@TOP@
model=@MODEL@
prefix=$stage/usr
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export PKG_CONFIG_SYSROOT_DIR="$stage"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
export LD_LIBRARY_PATH="$prefix/lib"
unset QNN_TEST_DEVICE
count=0
failed=0

# check NAME COMMAND...
check() {
	name=$1
	shift
	count=$((count + 1))
	if "$@" >"$work/log" 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' "$work/log"
		failed=$((failed + 1))
	fi
}

declared() {
	cat "$prefix/include/qnn.h" "$prefix/include/qnn_writer.h" |
		sed -n 's/^[a-z].*\b\(qnn_[a-z_]*\)(.*/\1/p' | sort -u
}

symbols_match() {
	declared >"$work/declared"
	nm -D --defined-only "$prefix/lib/libqnn.so" | awk '$2 == "T" { print $3 }' |
		sed 's/@@QNN_0\.1$//' | sort >"$work/exported"
	[ -s "$work/declared" ] && diff -u "$work/declared" "$work/exported"
}

nothing_else() {
	extra=$(nm -D --defined-only "$prefix/lib/libqnn.so" |
		awk '$2 != "T" && $3 !~ /^QNN_0\.1/ { print }')
	[ -z "$extra" ] || { echo "$extra"; return 1; }
}

names_match() {
	version=$(pkg-config --modversion qnn)
	[ -f "$prefix/lib/libqnn.so.$version" ] &&
		readelf -d "$prefix/lib/libqnn.so" | grep -q 'SONAME.*\[libqnn\.so\.0\]' &&
		[ -e "$prefix/lib/libqnn.so.0" ]
}

flags() {
	pkg-config "$@" qnn
}

build_c() {
	# shellcheck disable=SC2046
	cc -std=c11 -Wall -Wextra -Werror "$top/libqnn/examples/classify.c" \
		-o "$work/classify" $(flags --cflags --libs)
}

build_static() {
	# shellcheck disable=SC2046
	cc -std=c11 "$top/libqnn/examples/classify.c" -o "$work/classify-static" \
		$(flags --cflags) "$prefix/lib/libqnn.a" -ldrm -lz -lm -pthread
}

build_cxx() {
	# shellcheck disable=SC2046
	c++ -Wall -Wextra -Wpedantic -Werror "$top/libqnn/tests/cxx_test.cc" \
		-o "$work/cxx" $(flags --cflags --libs) && [ "$("$work/cxx")" = in-process ]
}

# An input that is largest where the last row of weights is.
classifies() {
	seq -12 11 | "$1" "$model" in-process >"$work/out" && cat "$work/out" &&
		grep -Eq '^class [0-4] \((zero|one|zwei|trois|ŝtato)\), score -?[0-9.e+]+$' "$work/out"
}

falls_back() {
	seq 24 | "$work/classify" "$model" >"$work/out" 2>"$work/err" || return 1
	[ -e /dev/accel ] || grep -q 'use the in-process device; doing that' "$work/err"
}

says_why() {
	! "$work/classify" /nonexistent.qnn in-process </dev/null 2>"$work/err" &&
		grep -q '/nonexistent.qnn: No such file' "$work/err" &&
		! echo 1 2 | "$work/classify" "$model" in-process 2>"$work/err" &&
		grep -q 'need 24 numbers, got 2' "$work/err"
}

short() {
	[ "$(wc -l <"$top/libqnn/examples/classify.c")" -lt 60 ]
}

pages() {
	man=$prefix/share/man/man3
	declared | while read -r name; do
		page=$man/$(sed -n 's/^\.so man3\///p' "$man/$name.3")
		[ -f "$page" ] || page=$man/$name.3
		grep -q "^\.B.*\b$name(" "$page" || { echo "$name.3 lacks it"; exit 1; }
	done
}

check "exported symbols are those of the headers" symbols_match
check "nothing but functions is exported" nothing_else
check "file names, soname and version agree" names_match
check "the example builds with pkg-config" build_c
check "the example runs in the process" classifies "$work/classify"
check "without a node it says so and goes on" falls_back
check "it says why it fails" says_why
check "it has less than 60 lines" short
check "the static library links" build_static
check "the static library runs" classifies "$work/classify-static"
check "C++ compiles, links and runs" build_cxx
check "each function has a manual page" pages
echo "1..$count"
[ "$failed" = 0 ]
