#!/bin/sh
# SPDX-License-Identifier: MIT
# The first process of the User-Mode-Linux guest; the kernel passes qnn_dir and
# qnn_top from its command line in the environment.
# Files of its own go to /dev/shm; /tmp stays as it is, because the checkout may
# lie there.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/dev/shm TMPDIR=/dev/shm
export TERM=dumb QNN_OUT=/dev/out

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mkdir "$QNN_OUT"
mount -t hostfs none "$QNN_OUT" -o "${qnn_dir:?}"
cd "${qnn_top:?}" || exit

# Line ends stay as the command writes them.
stty -opost </dev/tty1
sh "$qnn_dir/command" </dev/null >/dev/tty1 2>&1
status=$?
sync
umount "$QNN_OUT"
echo "qnn-guest: exit $status" >/dev/kmsg
busybox poweroff -f
