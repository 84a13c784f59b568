# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Packages of PyPI for a test. Source it.

# venv_of FOLDER LIST WHAT [PIP OPTION...]: install the packages of the file LIST
# below FOLDER, which belongs to this script until it ends, and set VENV. Where
# they cannot be had, the test is skipped. What is there already stays, unless the
# list has changed or the last attempt was cut short.
venv_of() {
	local folder=$1 list=$2 what=$3
	shift 3
	mkdir -p "$folder"
	VENV=$folder/venv
	exec 9>"$folder/lock"
	flock 9
	venv_install "$folder" "$list" "$@" >"$folder/install.log" 2>&1 9>&- && return
	echo "1..0 # SKIP $what cannot be installed, see $folder/install.log"
	exit 0
}

venv_install() {
	local folder=$1 list=$2 python
	shift 2
	cmp -s "$list" "$folder/installed" && return
	rm -rf "$VENV" "$folder/installed"
	for python in /usr/bin/python3 python3; do
		"$python" -m venv "$VENV" && break
		rm -rf "$VENV"
	done
	"$VENV/bin/pip" install --disable-pip-version-check --retries 1 --timeout 15 \
		--only-binary :all: "$@" -r "$list" || return
	cp "$list" "$folder/installed"
}
