#!/bin/bash
# SPDX-License-Identifier: MIT
#
# TAP: recipes of tools/train train a few steps, and what they write packs and runs.

exec "$(dirname "$0")/train.sh" --recipes
