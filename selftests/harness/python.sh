# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by scripts that need modules of Debian's python3 packages.

# python_with MODULES: prints the python3 that has them ("numpy, onnx"); nothing if none
# does. Debian's modules belong to Debian's python3, which need not be the first.
python_with() {
	local candidate
	for candidate in /usr/bin/python3 python3; do
		if "$candidate" -c "import $1" 2>/dev/null; then
			echo "$candidate"
			return
		fi
	done
}
