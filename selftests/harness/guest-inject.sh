#!/bin/sh
# SPDX-License-Identifier: MIT
# guest-inject.sh MODULE PROGRAM...: in a guest whose kernel has fault injection,
# runs each test program while what the driver asks of the kernel fails now and
# then: allocations of objects, of pages, copies from and to user memory. Whatever
# a test then says of its own results, it has to end, the kernel has to stay silent,
# and afterwards the device works and nothing is lost.
#
# Every Nth request fails, so that a run can be repeated as far as two CPUs let it.
module=$1
shift
. "$(dirname "$0")/guest-lib.sh"

SITES=${QNN_SITES:-failslab fail_page_alloc fail_usercopy}
MOST=1000000
debug=/sys/kernel/debug

# reject SITE FUNCTION: not those that the function makes.
reject() {
	sort /proc/kallsyms | awk -v name="$2" '
		$3 == name { start = $1; next }
		start != "" && $1 != start { print start, $1; exit }' >/tmp/range
	read -r start end </tmp/range || return 0
	echo "0x$start" >"$debug/$1/reject-start"
	echo "0x$end" >"$debug/$1/reject-end"
}

# Two defects of 6.12's own error paths would be all that is seen. When
# drm_sysfs_minor_alloc() fails, drm_minor_alloc() leaves an error number where
# drm_minor_alloc_release() looks for a device to put. When dev_coredumpm_timeout()
# cannot add its device, it frees the dump twice. A site can spare one function:
# the first in tests that make devices, the second in all others.
spare() { # spare SITE TEST
	case $2 in
	configfs | hotplug | lifetime | module) reject "$1" drm_sysfs_minor_alloc ;;
	*) reject "$1" dev_coredumpm_timeout ;;
	esac
}

# Only requests that the driver's code makes, itself or through the kernel's helpers.
aim() {
	awk '$4 == "[qnn]" && tolower($2) == "t" && $1 != "" { print $1 }' /proc/kallsyms |
		sort >/tmp/text
	echo "0x$(head -n 1 /tmp/text)" >"$debug/$1/require-start"
	# The last function ends within a page.
	printf '0x%x\n' $((0x$(tail -n 1 /tmp/text) + 4096)) >"$debug/$1/require-end"
	echo 32 >"$debug/$1/stacktrace-depth"
	echo 0 >"$debug/$1/verbose"
	[ "$1" = fail_usercopy ] || echo N >"$debug/$1/ignore-gfp-wait"
	[ "$1" != fail_page_alloc ] || echo 0 >"$debug/$1/min-order"
}

arm() { # arm SITE NTH TEST
	aim "$1"
	spare "$1" "$3"
	echo "$2" >"$debug/$1/interval"
	echo $MOST >"$debug/$1/times"
	echo 100 >"$debug/$1/probability"
}

# How many requests were refused.
disarm() {
	echo 0 >"$debug/$1/probability"
	echo $((MOST - $(cat "$debug/$1/times")))
}

# A test that loads the module itself may end without it, or without a device.
reload() {
	[ ! -d /sys/module/qnn ] || rmmod qnn
	insmod "$module" cores=2
}

injected() { # injected SITE NTH PROGRAM...
	site_now=$1
	nth_now=$2
	hurt=0
	count=0
	shift 2
	echo "1..$(($# + 1))"
	for program in "$@"; do
		name=$(basename "$program")
		arm "$site_now" "$nth_now" "$name"
		timeout -k 5 "${QNN_TIMEOUT:-180}" "$program" >/tmp/out 2>&1
		status=$?
		faults=$(disarm "$site_now")
		hurt=$((hurt + faults))
		echo "# $name: $faults faults, $(grep -c '^ok' /tmp/out) tests passed," \
			"$(grep -c '^not ok' /tmp/out) did not"
		[ $status != 124 ] && [ $status != 137 ]
		check "$name ends" $?
		# What a test may leave that dies in the middle.
		rmdir /sys/kernel/config/qnn/* 2>/dev/null
		[ -c /dev/accel/accel0 ] || reload
	done
	[ $hurt -gt 0 ]
	check "requests failed ($hurt)" $?
}

works() {
	count=0
	echo "1..$#"
	for program in "$@"; do
		timeout -k 5 "${QNN_TIMEOUT:-180}" "$program" >/tmp/out 2>&1
		status=$?
		[ $status = 0 ] || cat /tmp/out
		check "$(basename "$program") passes afterwards" $status
	done
}

folder=$(dirname "$1")
for site in $SITES; do
	for nth in ${QNN_NTH:-61 307}; do
		insmod "$module" cores=2
		suite "$site-$nth" injected "$site" "$nth" "$@"
		suite "$site-$nth-works" works "$folder/query" "$folder/bo" "$folder/submit" \
			"$folder/sync"
		suite "$site-$nth-leaks" leaks
	done
done
suite memleaks memleaks
