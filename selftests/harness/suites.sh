# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Running suites and counting their tests, for check.sh and check-long.sh. Source
# it after lib.sh. OUT is where the logs go. CHECK, from who called, is a pattern of
# the shell: only suites with such names run.

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
	[ ! -e "$dir/boots.log" ] || sed "s/^/  $name: /" "$dir/boots.log"
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

# The last line counts, also when it never came to the tests.
finish() {
	local status=$?
	[ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1
	echo "$passed passed, $failed failed, $skipped skipped"
}

