#!/bin/sh
# SPDX-License-Identifier: MIT
# The first process of the QEMU guest. The kernel passes qnn_top from its
# command line in the environment. ttyS0 is the kernel's log, ttyS1 what the
# command prints, ttyS2 a tar archive of the files that it left in $QNN_OUT.
export PATH=/bin HOME=/tmp TMPDIR=/tmp TERM=dumb QNN_OUT=/out

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t devtmpfs dev /dev
echo "qnn-guest: start" >/dev/kmsg
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
while read -r module; do
	insmod "$module"
done </modules/order
# All of the root is memory. Nothing may cover /tmp: the checkout can be there.
mkdir -p /tmp "${qnn_top:?}"
cd "$qnn_top" || exit

stty -F /dev/ttyS1 raw -echo
stty -F /dev/ttyS2 raw -echo
sh /command </dev/null >/dev/ttyS1 2>&1
status=$?
tar -C "$QNN_OUT" -cf - . >/dev/ttyS2
# The ports must be empty before the machine goes away.
stty -F /dev/ttyS1 raw -echo
stty -F /dev/ttyS2 raw -echo
echo "qnn-guest: exit $status" >/dev/kmsg
poweroff -f
