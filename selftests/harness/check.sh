#!/bin/bash
# SPDX-License-Identifier: MIT
# make check [CHECK=PATTERN]: runs every test that there is and counts; with a
# pattern of the shell, over names as they are printed, only those suites. KUnit
# runs whole when the pattern begins with "kunit/". The last line is
# "N passed, N failed, N skipped".
set -eu
. "$(dirname "$0")/lib.sh"

OUT=$B/check
wanted=${CHECK:-*}
passed=0
failed=0
skipped=0
failures=()

# report NAME LOG STATUS: one line for a suite, failures in full, and count.
report() {
	local name=$1 log=$2 status=$3 counts text ok fail skip
	text=$(awk -v status="$status" -f "$HARNESS/tap.awk" "$log")
	counts=${text%%$'\n'*}
	read -r ok fail skip <<<"$counts"
	passed=$((passed + ok))
	failed=$((failed + fail))
	skipped=$((skipped + skip))
	if [ "$fail" = 0 ]; then
		printf '  %-40s %4d passed' "$name" "$ok"
		[ "$skip" = 0 ] || printf ', %d skipped' "$skip"
		echo
	else
		printf '  %-40s %4d passed, %d FAILED, %d skipped (%s)\n' \
			"$name" "$ok" "$fail" "$skip" "$log"
		printf '%s\n' "${text#*$'\n'}" | tail -n 100
		failures+=("$name")
	fi
}

# asked NAME: does the pattern of the command line want this suite?
asked() {
	# shellcheck disable=SC2053,SC2254 # a pattern on purpose
	case $1 in $wanted) return 0 ;; esac
	return 1
}

# suite NAME SECONDS COMMAND...: run one that prints TAP on this machine.
suite() {
	local name=$1 seconds=$2 log status=0
	shift 2
	asked "$name" || return 0
	log=$OUT/${name//\//-}.log
	CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 5 "$seconds" "$@" >"$log" 2>&1 </dev/null || status=$?
	[ "$status" != 124 ] || status=
	report "$name" "$log" "$status"
}

# vm NAME COMMAND...: run a guest whose script marks its suites.
vm() {
	local name=$1
	shift
	mkdir -p "$OUT/$name"
	"$@" >"$OUT/$name/verdict" 2>&1 || echo $? >>"$OUT/$name/verdict"
}

# vm_report NAME: split what the guest printed and report each suite, then what
# the guest's kernel had to say.
vm_report() {
	local name=$1 dir=$OUT/$1 log status suites
	rm -f "$dir"/*.suite
	tr -d '\r' <"$dir/results.log" | awk -v dir="$dir" '
		/^#### suite / { file = dir "/" $3 ".suite"; print $3 >(dir "/suites") }
		/^#### end / { if (file) print >file; close(file); file = ""; next }
		file { print >file }
		' || true
	suites=$(cat "$dir/suites" 2>/dev/null || true)
	rm -f "$dir/suites"
	for suite in $suites; do
		log=$dir/$suite.suite
		status=$(sed -n 's/^#### end //p' "$log")
		sed -i '/^#### /d' "$log"
		report "$name/$suite" "$log" "$status"
	done
	{
		echo "1..1"
		if [ -s "$dir/verdict" ] || [ -z "$suites" ]; then
			cat "$dir/verdict"
			echo "not ok 1 the kernel is content"
		else
			echo "ok 1 the kernel is content"
		fi
	} >"$dir/kernel.log"
	report "$name/kernel" "$dir/kernel.log" 0
}

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
	for file in "$guest" "${qemu[@]}"; do
		files+=(-f "$file")
	done
	vm qemu "$HARNESS/qemu.sh" -o "$OUT/qemu" -t 900 "${files[@]}" \
		sh "$guest" "$B/kmod/debian/qnn.ko" "${qemu[@]}" &
}

only_one check
# The last line counts, also when it never came to the tests.
finish() {
	local status=$?
	[ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1
	echo "$passed passed, $failed failed, $skipped skipped"
}

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
