#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the device test that is built with the thread sanitizer. Where the kernel
# spreads addresses widely the sanitizer of older compilers cannot start, so
# that is switched off for it, if this may be done here.
test=$(dirname "$0")/device_test
if setarch -R true 2>/dev/null; then
	exec setarch -R "$test"
fi
exec "$test"
