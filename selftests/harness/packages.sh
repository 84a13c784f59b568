#!/bin/bash
# SPDX-License-Identifier: MIT
# packages.sh [run|check|all]: installs what is missing of packages.txt, from the
# section of that name to the end (check).
set -eu
. "$(dirname "$0")/lib.sh"

section=${1:-check}
grep -qx "## $section" "$HARNESS/packages.txt" || die "usage: packages.sh [run|check|all]"
mapfile -t wanted < <(sed -n "/^## $section\$/,\$p" "$HARNESS/packages.txt" |
	sed 's/[[:space:]]*#.*//; /^$/d' | sort -u)
# A package that dpkg has never heard of has no line at all.
mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}") \
	<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
		sed -n 's/^installed //p' | sort -u))
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
	die "as root: apt-get install ${missing[*]}"
fi
say "installing ${#missing[@]} packages: ${missing[*]}"
quiet "$B/logs/apt-update.log" apt_get update
quiet "$B/logs/apt-install.log" apt_get install --no-install-recommends "${missing[@]}"
