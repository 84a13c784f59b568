# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Functions that the scripts of the harness share. Source it, do not run it.

# Where this file lies tells where everything else is.
HARNESS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$HARNESS/../.." && pwd)
# make is called with the folder that it was called with, because the names in
# its dependency files depend on it; scripts use the absolute one.
QNN_MAKE_B=${QNN_MAKE_B:-${B:-build}}
B=$QNN_MAKE_B
case $B in /*) ;; *) B=$TOP/$B ;; esac
unset MAKEFLAGS MFLAGS MAKELEVEL
JOBS=${JOBS:-$(nproc)}
export B JOBS QNN_MAKE_B
export LC_ALL=C

# The first script that runs starts the clock, those that it calls inherit it.
QNN_T0=${QNN_T0:-$(date +%s)}
export QNN_T0

say() {
	printf '[%4ds] %s\n' $(($(date +%s) - QNN_T0)) "$*"
}

die() {
	printf '[%4ds] error: %s\n' $(($(date +%s) - QNN_T0)) "$*" >&2
	exit 1
}

# quiet LOG COMMAND...: run a command, show its output only when it fails.
quiet() {
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 40 "$log" >&2
		die "'$*' failed, the whole output is in $log"
	fi
}

# digest FILE...: one hash over the contents, wherever the files lie.
digest() {
	sha256sum "$@" | cut -d ' ' -f 1 | sha256sum | cut -c1-16
}

# only_one NAME: wait until no other script of that name works in this build
# folder, and keep others out until this one ends.
only_one() {
	local lock
	mkdir -p "$B"
	exec {lock}>"$B/$1.lock"
	flock -n "$lock" && return
	say "waiting for another '$1' in $B"
	flock "$lock"
}

# stamp_is FILE TEXT: does the stamp file hold exactly this text?
stamp_is() {
	[ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

# Lines of a kernel log that mean that something is wrong with the kernel. Above a
# warning there is a line to cut the report at, which need not be looked for.
KERNEL_TROUBLE='WARNING: (CPU|possible|suspicious|bad unlock|inconsistent|chain|held lock|lock held|Nested|\*\*\*)|BUG:|BUG |Oops|Kernel panic|kernel BUG|KASAN:|UBSAN:|ODEBUG:|KCSAN:|general protection fault|Unable to handle|double fault|divide error|refcount_t:|list_(add|del) corruption|INFO: (task .* blocked|possible recursive|inconsistent lock|trying to register|rcu_.* (stall|detected)|lockdep is turned off)|suspicious RCU|unreferenced object|new suspected memory leaks|Segfault with no mm|still in use|Objects remaining|memory manager not clean|page allocation failure|Out of memory|oom-kill|soft lockup|hard LOCKUP|workqueue lockup|hogged CPU.*qnn|qnn.*hogged CPU'

# races_of_others LOG: print a kernel log, but without the word KCSAN above the data
# races of Linux itself. A race is the driver's when it did one of the accesses or
# called what did, up to three functions deep.
races_of_others() {
	awk '
		function flush(	i) {
			for (i = 1; i <= count; i++) {
				if (!ours)
					sub(/BUG: KCSAN:/, "of others:", block[i])
				print block[i]
			}
			count = ours = near = 0
		}
		{ block[++count] = $0 }
		/ (to|at) 0x[0-9a-f]* of [0-9]* bytes by / { near = count + 3 }
		/\[qnn/ && count <= near { ours = 1 }
		/=====$/ { flush() }
		END { flush() }' "$1"
}

# warnings_of_others: the same for a warning that says nothing but that memory was short:
# dma-buf's core has it for every exporter that cannot map a buffer, and we make
# allocations fail.
warnings_of_others() {
	sed -E 's/WARNING: (CPU: .* dma_buf_vmap\+)/of others: \1/'
}

# kernel_trouble LOG: print the lines around the first report in a kernel log.
# True when there was one.
kernel_trouble() {
	local line
	line=$(races_of_others "$1" | warnings_of_others | grep -n -a -m1 -E -e "$KERNEL_TROUBLE" | cut -d: -f1)
	[ -n "$line" ] || return 1
	sed -n "$line,$((line + 40))p" "$1"
}

# guest_process DIR SECONDS COMMAND...: run a guest that ends by itself, or leave
# the file DIR/timed-out.
guest_process() {
	local dir=$1 seconds=$2 status=0
	shift 2
	rm -f "$dir/timed-out"
	timeout -k 5 "$seconds" "$@" </dev/null || status=$?
	# 137: it did not even listen to the first signal.
	case $status in 124 | 137) touch "$dir/timed-out" ;; esac
	return "$status"
}

# vm_verdict DIR: what a finished guest left in DIR (console.log) decides.
# Prints why a run failed and returns the exit status of the guest's command.
vm_verdict() {
	local dir=$1 status
	tr -d '\r' <"$dir/console.log" >"$dir/console.txt"
	mv "$dir/console.txt" "$dir/console.log"
	status=$(sed -n 's/^.*qnn-guest: exit \([0-9][0-9]*\)$/\1/p' "$dir/console.log" | tail -n 1)
	if [ -e "$dir/timed-out" ]; then
		echo "the guest did not end in time, the end of $dir/console.log:"
		tail -n 15 "$dir/console.log" | sed 's/^/    /'
		return 98
	fi
	if kernel_trouble "$dir/console.log" >"$dir/trouble.log"; then
		echo "the kernel complained (whole log: $dir/console.log):"
		sed 's/^/    /' "$dir/trouble.log"
		return 99
	fi
	if [ -z "$status" ]; then
		echo "the guest died, the end of $dir/console.log:"
		tail -n 15 "$dir/console.log" | sed 's/^/    /'
		return 98
	fi
	return "$status"
}

# The release of Debian's 6.12 kernel whose headers are installed.
debian_kver() {
	local dir
	dir=$(find /usr/src -maxdepth 1 -name 'linux-headers-6.12.*-amd64' \
		! -name '*-cloud-*' ! -name '*-rt-*' | sort -V | tail -n 1)
	[ -n "$dir" ] || die "no headers of Debian's 6.12 kernel: apt-get install linux-headers-6.12-amd64"
	echo "${dir#/usr/src/linux-headers-}"
}

# apt-get that asks nothing and also downloads into folders of root.
apt_get() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 "$@"
}

# top_make TARGET...: the top-level Makefile.
top_make() {
	make -s -C "$TOP" -j"$JOBS" B="$QNN_MAKE_B" "$@"
}

# apt_download LOG PACKAGE: into the current folder. The lists may be older than
# the archive.
apt_download() {
	apt_get download "$2" >"$1" 2>&1 && return
	apt_get update >>"$1" 2>&1 && apt_get download "$2" >>"$1" 2>&1
}
