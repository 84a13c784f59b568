#!/bin/bash
# SPDX-License-Identifier: MIT
# The handwritten digits that come with Debian's scikit-learn: 1797 images of
# 8x8 pixels, each a line "64 values from 0 to 16, label". Every fourth one is
# held out: the networks never saw it in training. Writes $B/digits/train.csv
# and $B/digits/test.csv.
set -eu
. "$(dirname "$0")/lib.sh"

only_one digits
OUT=$B/digits
SHA256=46abec6b12486ad9e51943373abcf22bbea1b5a51a1619b361570d8893f1464a
MEMBER=./usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz

if stamp_is "$OUT/made" "$SHA256"; then
	exit 0
fi
say "fetching the handwritten digits from Debian's package python3-sklearn"
rm -rf "$OUT"
mkdir -p "$OUT/download"
(cd "$OUT/download" && apt_download "$OUT/download.log" python3-sklearn) ||
	die "apt-get download python3-sklearn failed, see $OUT/download.log"
dpkg-deb --fsys-tarfile "$OUT"/download/*.deb | tar -xOf - "$MEMBER" >"$OUT/digits.csv.gz"
echo "$SHA256  $OUT/digits.csv.gz" | sha256sum -c --status ||
	die "digits.csv.gz of python3-sklearn is not the file that we know"
zcat "$OUT/digits.csv.gz" | awk -v out="$OUT" \
	'{ print >(out (NR % 4 == 0 ? "/test.csv" : "/train.csv")) }'
[ "$(wc -l <"$OUT/train.csv") $(wc -l <"$OUT/test.csv")" = "1348 449" ] ||
	die "the digits did not split into 1348 and 449 images"
rm -rf "$OUT/download"
echo "$SHA256" >"$OUT/made"
