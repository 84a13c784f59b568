#!/bin/bash
# SPDX-License-Identifier: MIT
# make lint: what can be said about the sources without running them. Prints a
# line for each check, and the complaints; ends non-zero when there are any.
set -eu
. "$(dirname "$0")/lib.sh"

OUT=$B/lint
bad=0

# lint NAME COMMAND...: the command fails or prints what is wrong.
lint() {
	local name=$1 log=$OUT/$1.log
	shift
	if "$@" >"$log" 2>&1 </dev/null && [ ! -s "$log" ]; then
		printf '  %-12s fine\n' "$name"
	else
		printf '  %-12s complains:\n' "$name"
		sed 's/^/    /' "$log"
		bad=1
	fi
}

sources() {
	git -C "$TOP" ls-files --cached --others --exclude-standard -- "$@" |
		while read -r file; do
			[ ! -f "$TOP/$file" ] || echo "$file"
		done
}

# User space has no BIT().
style() {
	sources 'driver/*.c' 'driver/*.h' 'uapi/*.h' |
		xargs "$B/linux-src/scripts/checkpatch.pl" --no-tree --strict --terse \
			--no-summary --show-types --quiet -f \
			--ignore FILE_PATH_CHANGES,BIT_MACRO
}

kernel_doc() {
	# It speaks of "drm_qnn_device_info" and the like when a member lacks words.
	sources 'driver/*.c' 'driver/*.h' 'uapi/*.h' |
		xargs "$B/linux-src/scripts/kernel-doc" -none -Werror
}

# The module for Debian's kernel with more warnings, each file through sparse,
# which also looks at byte orders and at locks that are left held. It does not
# understand the compiler's headers for vector code.
sparse_module() {
	local kver copy=$OUT/kmod
	kver=$(debian_kver)
	rm -rf "$copy"
	mkdir -p "$copy"
	(cd "$TOP" && sources Kbuild driver firmware uapi | cpio -pdm --quiet "$copy")
	make -s -C "/usr/src/linux-headers-$kver" M="$copy" qnn-simd= W=1 C=2 -j"$JOBS" modules 2>&1 |
		grep -E 'warning:|error:' || true
}

# One of the kernel's semantic patches over the driver. They warn of themselves,
# on stderr.
coccicheck_one() {
	local options log
	grep -q '^virtual.*report' "$1" || return 0
	options=$(sed -n 's,^//*[[:space:]]*Options:,,p' "$1")
	log=$OUT/coccicheck.$(basename "$1").log
	# shellcheck disable=SC2086 # a list of options
	spatch -D report --very-quiet --no-show-diff --cocci-file "$1" $options \
		--dir driver 2>"$log" || sed "s,^,$1: ," "$log"
	rm -f "$log"
}

coccicheck() {
	export OUT
	export -f coccicheck_one
	find "$B/linux-src/scripts/coccinelle" -name '*.cocci' -print0 |
		xargs -0 -P "$JOBS" -I % bash -c 'coccicheck_one %'
}

# Every public header by itself, in both languages; the ABI in 32 bits too.
headers() {
	local header flags
	flags="-Iuapi -Ilibqnn/include -I/usr/include/libdrm -Wall -Wextra -Werror -fsyntax-only"
	# The kernel wants its interfaces to need no newer C than this.
	echo "#include <drm/qnn_accel.h>" >"$OUT/header.c"
	# shellcheck disable=SC2086 # a list of flags
	gcc -std=c90 $flags "$OUT/header.c"
	for header in drm/qnn_accel.h qnn.h qnn_file.h qnn_writer.h; do
		echo "#include <$header>" >"$OUT/header.c"
		# shellcheck disable=SC2086 # a list of flags
		gcc -std=c11 -Wpedantic $flags "$OUT/header.c"
		# shellcheck disable=SC2086
		g++ -x c++ -std=c++11 $flags "$OUT/header.c"
	done
	# shellcheck disable=SC2086
	gcc -m32 -isystem "/usr/include/$(gcc -print-multiarch)" $flags selftests/accel/layout.c
	# shellcheck disable=SC2086
	gcc $flags selftests/accel/layout.c
}

# The tests that the driver's documentation names: suite.test is a kselftest,
# qnn_name behind "Tests:" a KUnit test.
named_tests() {
	local name suite
	# shellcheck disable=SC2016 # quotes of reStructuredText
	awk '/^    Tests: /, /^$/' Documentation/driver.rst | grep -o '``[^`]*``' | tr -d '`' |
		while read -r name; do
			suite=${name%%.*}
			case $name in
			*/*) [ -f "$name" ] ;;
			qnn_*) grep -q "KUNIT_CASE($name)" driver/tests/*.c ;;
			*) grep -qE "^TEST(_F(_TIMEOUT)?)?\((.*, )?${name#*.}[,)]" \
				"selftests/accel/$suite.c" ;;
			esac || echo "Documentation/driver.rst: no test $name"
		done
}

scripts() {
	sources '*.sh' .ci/run | xargs shellcheck -x -P SCRIPTDIR -e SC2317
}

spelling() {
	sources '*.c' '*.h' '*.sh' '*.rst' '*.md' '*.py' '*.mk' Makefile Kbuild '*.[1-8]' |
		xargs codespell -L filp,inout,nd,te
}

licences() {
	sources '*.c' '*.h' '*.cc' '*.sh' '*.py' '*.mk' '*.awk' Makefile Kbuild |
		while read -r file; do
			head -n 2 "$TOP/$file" | grep -q 'SPDX-License-Identifier: ' ||
				echo "$file: no SPDX line"
		done
}

white_space() {
	sources '*.c' '*.h' '*.cc' '*.sh' '*.py' '*.mk' '*.awk' '*.rst' '*.md' Makefile Kbuild |
		xargs grep -nE '[[:space:]]+$' || true
}

cd "$TOP"
mkdir -p "$OUT"
"$HARNESS/packages.sh"
"$HARNESS/linux-src.sh"
lint checkpatch style
lint kernel-doc kernel_doc
lint sparse sparse_module
lint coccicheck coccicheck
lint headers headers
lint tests named_tests
lint shellcheck scripts
lint codespell spelling
lint licences licences
lint space white_space
exit $bad
