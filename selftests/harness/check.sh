#!/bin/bash
# SPDX-License-Identifier: MIT
# make check [CHECK=PATTERN]: runs every test that there is and counts; with a
# pattern of the shell, over names as they are printed, only those suites. KUnit
# runs whole when the pattern begins with "kunit/". The last line is
# "N passed, N failed, N skipped".
set -eu
. "$(dirname "$0")/lib.sh"

OUT=$B/check
. "$HARNESS/suites.sh"

build() {
	say "building the library, the tools and their tests"
	quiet "$OUT/build.log" top_make all tests kselftests
	"$HARNESS/uml-kernel.sh"
	say "building qnn.ko for both kernels"
	"$HARNESS/kmod.sh" um
	"$HARNESS/kmod.sh" debian
	"$HARNESS/debian-kernel.sh"
	"$HARNESS/digits.sh"
}

# guest_tests KIND: the programs that the pattern wants in this guest.
guest_tests() {
	local program
	for program in $(top_make "list-$1-tests"); do
		asked "$1/$(basename "$program")" || continue
		case $program in /*) ;; *) program=$TOP/$program ;; esac
		echo "$program"
	done
}

# The guests run beside the tests of this machine; deadlines are generous.
start_guests() {
	local uml qemu file guest=$HARNESS/guest-kselftest.sh files=()
	mapfile -t uml < <(guest_tests uml)
	mapfile -t qemu < <(guest_tests qemu)
	case $wanted in kunit/* | \**) guests+=(kunit) ;; esac
	[ ${#uml[@]} = 0 ] || guests+=(uml)
	[ ${#qemu[@]} = 0 ] || guests+=(qemu)
	[ ${#guests[@]} != 0 ] || return 0
	say "starting the guests: ${guests[*]}"
	{
		case ${guests[*]} in *kunit*)
			vm kunit "$HARNESS/uml.sh" -o "$OUT/kunit" -t 300 \
				sh "$HARNESS/guest-kunit.sh" "$B/kmod/um" ;;
		esac
		[ ${#uml[@]} = 0 ] || vm uml "$HARNESS/uml.sh" -o "$OUT/uml" -t 900 \
			sh "$guest" "$B/kmod/um/qnn.ko" "${uml[@]}"
	} &
	[ ${#qemu[@]} != 0 ] || return 0
	for file in "${qemu[@]}"; do
		files+=(-f "$file")
	done
	vm qemu "$HARNESS/qemu.sh" -p -o "$OUT/qemu" -t 900 "${files[@]}" \
		sh "$guest" "$B/kmod/debian/qnn.ko" "${qemu[@]}" &
}

only_one check
rm -rf "$OUT"
mkdir -p "$OUT"
trap finish EXIT
"$HARNESS/packages.sh"
build
guests=()
start_guests
say "running the tests of this machine"
for program in $(top_make list-unit-tests); do
	name=${program#"$QNN_MAKE_B/"}
	name=${name#san/}
	case $program in /*) ;; *) program=$TOP/$program ;; esac
	suite "unit/${name/\/tests\//\/}" 300 "$program"
done
for script in "$TOP"/selftests/checks/*.sh; do
	suite "check/$(basename "$script" .sh)" 600 "$script"
done
[ ${#guests[@]} = 0 ] || say "waiting for the guests"
wait
for name in ${guests[@]+"${guests[@]}"}; do
	vm_report "$name"
done
[ ${#failures[@]} = 0 ] || printf 'failed: %s\n' "${failures[@]}"
[ $((passed + failed + skipped)) != 0 ] || die "no suite is called '$wanted'"
say "logs are in $OUT"
[ "$failed" = 0 ]
