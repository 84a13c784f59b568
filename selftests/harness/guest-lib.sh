# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by the scripts that run test programs in a guest. $module is the driver.
# What a program prints stands between two lines of marks, which the host reads:
#
#	#### suite NAME
#	#### end STATUS

# The tests of the library use the device of the kernel.
# shellcheck disable=SC2154 # set by who sources this
export QNN_MODULE="$module" QNN_TEST_DEVICE=/dev/accel/accel0 CMOCKA_MESSAGE_OUTPUT=TAP

suite() {
	echo "#### suite $1"
	shift
	"$@" 2>&1
	echo "#### end $?"
}

# Objects that outlive everybody who used them.
dmabufs() {
	grep -c '^[0-9a-f]\{8\}' /sys/kernel/debug/dma_buf/bufinfo
}

shmem_kb() {
	sed -n 's/^Shmem: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

check() {
	count=$((count + 1))
	if [ "$2" = 0 ]; then
		echo "ok $count $1"
	else
		echo "not ok $count $1"
	fi
}

leaks() {
	count=0
	echo "1..4"
	# Jobs that a dead process left behind end with their deadline.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(cat /sys/module/qnn/refcnt)" = 0 ] && break
		sleep 1
	done
	check "nobody holds the driver" "$(cat /sys/module/qnn/refcnt)"
	check "no dma-buf is left" "$(dmabufs)"
	rmmod qnn
	check "the driver unloads" $?
	sleep 1
	left=$(($(shmem_kb) - shmem_before))
	[ $left -lt 1024 ]
	check "memory of buffers is given back ($left kB are left)" $?
}

memleaks() {
	echo "1..1"
	if ! [ -w /sys/kernel/debug/kmemleak ]; then
		echo "ok 1 no object leaked # SKIP this kernel has no kmemleak"
		return
	fi
	# The first scan only collects objects that look lost.
	echo scan >/sys/kernel/debug/kmemleak
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	if [ -z "$(head -c 1 /sys/kernel/debug/kmemleak)" ]; then
		echo "ok 1 no object leaked"
	else
		sed 's/^/# /' /sys/kernel/debug/kmemleak
		echo "not ok 1 no object leaked"
	fi
}

shmem_before=$(shmem_kb)
