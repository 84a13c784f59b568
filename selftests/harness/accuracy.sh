#!/bin/bash
# SPDX-License-Identifier: MIT
# make accuracy [DATA=FOLDER]: packs the committed networks of tools/train/nets and
# measures them on the device. Test images are those of DATA (../shared/data), the
# images that calibrate always those of the training part there, or of CALIBRATION.
# build/accuracy.json has an object for each figure, build/accuracy.rst the tables.
set -eu
. "$(dirname "$0")/lib.sh"

only_one accuracy
SHARED=$TOP/../shared/data
DATA=${DATA:-$SHARED}
CALIBRATION=${CALIBRATION:-$SHARED}
[ -d "$CALIBRATION" ] || CALIBRATION=$DATA
say "building the tools"
quiet "$B/accuracy/build.log" top_make all
. "$HARNESS/python.sh"
python=$(python_with numpy)
[ -n "$python" ] || die "no python3 with numpy"
PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 "$python" \
	"$TOP/tools/train/accuracy/accuracy.py" --data "$DATA" --calibration "$CALIBRATION" \
	--tools "$B/tools" --work "$B/accuracy" --out "$B"
