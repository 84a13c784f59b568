#!/bin/sh
# SPDX-License-Identifier: MIT
# Build the HTML documentation; a warning is an error.
set -eu
cd "$(dirname "$0")/.."

if ! command -v sphinx-build >/dev/null; then
	echo "docs: installing python3-sphinx"
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-sphinx >/dev/null
fi
sphinx-build -q -W --keep-going -b html Documentation build/docs
echo "docs: build/docs/index.html"
