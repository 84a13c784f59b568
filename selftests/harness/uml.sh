#!/bin/bash
# SPDX-License-Identifier: MIT
# uml.sh [-k KERNEL] [-a PARAMETER] [-o DIR] [-t SECONDS] COMMAND [ARG...]: boots the
# User-Mode-Linux kernel, or the one of kernel.sh that -k names, with a further
# parameter, on this machine's own files, which it sees read-only, and runs the command
# there as root. DIR (default $B/uml/run) is writable in the guest as
# $QNN_OUT; results.log in it holds what the command printed, console.log what the kernel
# said. The exit status is the command's, 99 when the kernel reported a problem,
# 98 when it died or outlived the deadline.
set -eu
. "$(dirname "$0")/lib.sh"

dir=$B/uml/run
deadline=300
linux=$B/uml/linux
parameters=()
usage="usage: uml.sh [-k KERNEL] [-a PARAMETER] [-o DIR] [-t SECONDS] COMMAND [ARG...]"
while getopts k:a:o:t: opt; do
	case $opt in
	k) linux=$B/kernels/$OPTARG/image ;;
	a) parameters+=("$OPTARG") ;;
	o) dir=$OPTARG ;;
	t) deadline=$OPTARG ;;
	*) die "$usage" ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || die "$usage"
[ -x "$linux" ] || die "no kernel yet: $HARNESS/uml-kernel.sh or $HARNESS/kernel.sh"

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
rm -f "$dir/console.log" "$dir/results.log" "$dir/command"
printf '%q ' "$@" >"$dir/command"

# The guest's memory is a file in /dev/shm, which may be tiny in a container.
if [ "$(df --output=avail -B1M /dev/shm 2>/dev/null | tail -n 1)" -lt 1024 ] 2>/dev/null; then
	export TMPDIR=$dir
fi

# tty0 is the kernel's log, tty1 what the command prints.
guest_process "$dir" "$deadline" "$linux" mem="${QNN_UML_MEM:-768M}" \
	root=none rootfstype=hostfs rootflags=/ ro loglevel=7 panic=-1 \
	${parameters[@]+"${parameters[@]}"} kmemleak=on con0=null,fd:2 con1=null,fd:1 con=null ssl=null \
	init="$HARNESS/uml-init.sh" qnn_dir="$dir" qnn_top="$TOP" \
	>"$dir/results.log" 2>"$dir/console.log" || true
vm_verdict "$dir"
