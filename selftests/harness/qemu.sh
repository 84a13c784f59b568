#!/bin/bash
# SPDX-License-Identifier: MIT
# qemu.sh [-ps] [-k KERNEL] [-o DIR] [-t SECONDS] [-f FILE]... COMMAND [ARG...]: boots
# Debian's kernel, or the one of kernel.sh that -k names, in QEMU with an initramfs
# that holds the named files, and runs the command there. DIR (default
# $B/debian/run) gets console.log (the kernel),
# results.log (what the command printed) and, in out/, the files that the
# command left in $QNN_OUT. The exit status is the command's, 99 when the kernel
# reported a problem, 98 when it died or outlived the deadline. With -p the kernel
# fills memory that is given back, and does not clear what it hands out, so that
# what is read without being written is neither zero nor what it was. With -s the guest's
# CPUs are emulated in turn: code that one of them patches cannot trap another one.
set -eu
. "$(dirname "$0")/lib.sh"

usage="usage: qemu.sh [-ps] [-k KERNEL] [-o DIR] [-t SECONDS] [-f FILE]... COMMAND [ARG...]"
dir=$B/debian/run
deadline=300
kernel=debian
memory=1G
kernel_args=
poison=
in_turn=
files=()
while getopts psk:o:t:f: opt; do
	case $opt in
	p) poison="init_on_alloc=0 page_poison=1 slab_debug=PZ" ;;
	s) in_turn=1 ;;
	k) kernel=$OPTARG ;;
	o) dir=$OPTARG ;;
	t) deadline=$OPTARG ;;
	f) files+=("$OPTARG") ;;
	*) die "$usage" ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || die "$usage"
image=$B/debian/vmlinuz
if [ "$kernel" != debian ]; then
	image=$B/kernels/$kernel/image
	# What such a kernel notes down about memory takes memory.
	memory=2G
	# It boots so slowly on a busy machine that it finds a wrong frequency of
	# the CPU's counter, and then its seconds are shorter than ours. And its CPUs
	# may get no time of ours for long, which is no lockup of the kernel.
	kernel_args="tsc=unstable clocksource=hpet watchdog_thresh=30"
	kernel_args="$kernel_args rcupdate.rcu_cpu_stall_timeout=60"
fi
[ -e "$image" ] || die "no kernel yet: $HARNESS/debian-kernel.sh or $HARNESS/kernel.sh"

# boot ACCEL SECONDS INITRAMFS: run the machine, logs go to $dir.
boot() {
	guest_process "$dir" "$2" qemu-system-x86_64 -accel "$1" -cpu max -smp 2 -m "$memory" \
		-nodefaults -no-user-config -display none -no-reboot \
		-kernel "$image" -initrd "$3" \
		-append "console=ttyS0 loglevel=6 panic=-1 oops=panic no_timer_check $kernel_args" \
		-serial "file:$dir/console.log" -serial "file:$dir/results.log" \
		-serial "file:$dir/out.tar" >"$dir/qemu.log" 2>&1
}

# /dev/kvm may exist and still not run this kernel: try it once per host boot.
pick_accel() {
	local cache=${image%/*}/accel id
	id=$(cat /proc/sys/kernel/random/boot_id)
	if ! [ -w /dev/kvm ]; then
		echo tcg,thread=multi
		return
	fi
	if ! grep -q "^$id " "$cache" 2>/dev/null; then
		if boot kvm 10 "$dir/initramfs" && vm_verdict "$dir" >/dev/null; then
			echo "$id kvm" >"$cache"
		else
			echo "$id tcg,thread=multi" >"$cache"
		fi
	fi
	cut -d' ' -f2 "$cache"
}

# stale_breakpoint: has the kernel died of a breakpoint that is not in its memory, which
# "Code:" shows, outside of our module, and with nothing wrong before?
stale_breakpoint() {
	kernel_trouble "$dir/console.log" >"$dir/trouble.log" &&
		head -n 1 "$dir/trouble.log" | grep -q 'Oops: int3' &&
		! grep -q '^not ok' "$dir/results.log" &&
		! grep -qF '[qnn]' "$dir/trouble.log" &&
		grep -m1 'Code:' "$dir/trouble.log" | grep -q -v 'cc <'
}

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
rm -rf "$dir"/{boots.log,console.log,console.int3.log,results.log,out,out.tar}
printf '%q ' "$@" >"$dir/command"
kernel_args="$kernel_args $poison qnn_top=$TOP"
"$HARNESS/initramfs.sh" -k "$kernel" "$dir/initramfs" ${files[@]+"${files[@]}"}
(cd "$dir" && echo command | cpio -o -H newc --quiet -R 0:0) >>"$dir/initramfs"

accel=$(pick_accel)
[ -z "$in_turn" ] || accel=tcg,thread=single

# When one emulated CPU patches code that the other is running, QEMU's emulation
# with a thread for each CPU now and then goes on trapping on a breakpoint that the
# patch has taken away again, and the kernel dies of it. Such a run says nothing about
# us. Before our first process the next one is as before, later on the CPUs are
# emulated in turn, where this cannot happen.
for try in 1 2 3; do
	rm -f "$dir"/{console.log,results.log,out.tar}
	boot "$accel" "$deadline" "$dir/initramfs" || cat "$dir/qemu.log"
	if ! grep -q 'qnn-guest: start' "$dir/console.log"; then
		echo "boot $try died before the first process" >>"$dir/boots.log"
	elif [ "$try" -lt 3 ] && [ "$accel" = tcg,thread=multi ] && stale_breakpoint; then
		echo "boot $try died of a breakpoint that was gone" >>"$dir/boots.log"
		mv "$dir/console.log" "$dir/console.int3.log"
		accel=tcg,thread=single
	else
		break
	fi
done
mkdir "$dir/out"
tar -C "$dir/out" -xf "$dir/out.tar" 2>/dev/null || true
vm_verdict "$dir"
