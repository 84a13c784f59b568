#!/bin/bash
# SPDX-License-Identifier: MIT
# Trains all networks of Documentation/accuracy.rst, one after the other, into
# folders below OUT, and copies their ONNX files and logs to nets/. What is
# finished is not done again, what was interrupted goes on.
#
#	DATA=folder with mnist/ and cifar10/ [OUT=folder] tools/train/all.sh [NAME...]
#
# LENET_EPOCHS, LENET_BOOK_EPOCHS, RESNET_EPOCHS and QUANT_EPOCHS change how long,
# SEED what is random; a folder whose training has begun must go on with the same.
# SUFFIX is added to the names in nets/.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
DATA=${DATA:-$HERE/../../../shared/data}
OUT=${OUT:-$HERE/../../build/train}
PYTHON=${PYTHON:-/usr/bin/python3}
export QNN_TRAIN_CACHE=${QNN_TRAIN_CACHE:-$OUT} PYTHONDONTWRITEBYTECODE=1

# train NAME PROGRAM OPTION...
train() {
	local name=$1 folder=$OUT/$1
	shift
	if [ ! -e "$folder/$name.onnx" ]; then
		echo "== $name"
		mkdir -p "$folder"
		"$PYTHON" "$HERE/$1" --out "$folder" --seed "${SEED:-1}" "${@:2}"
	fi
	cp "$folder/$name.onnx" "$HERE/nets/$name${SUFFIX:-}.onnx"
	cp "$folder/training.log" "$HERE/nets/$name${SUFFIX:-}.log"
}

lenet() { # lenet NAME
	if [ "$1" = lenet5 ]; then
		train "$1" mnist.py --data "$DATA/mnist" --epochs "${LENET_EPOCHS:-20}" float
	else
		train "$1" mnist.py --data "$DATA/mnist" --teacher "$OUT/lenet5/state.pt" \
			${LENET_BOOK_EPOCHS:+--epochs "$LENET_BOOK_EPOCHS"} "${1#lenet5-}"
	fi
}

resnet() { # resnet NAME
	local common=(--data "$DATA/cifar10" --cache "$OUT/cifar10") epochs

	read -ra epochs <<<"${RESNET_EPOCHS:-36 44}"
	if [ "$1" = resnet20 ]; then
		train "$1" cifar_float.py "${common[@]}" --epochs "${epochs[@]}"
	else
		read -ra epochs <<<"${QUANT_EPOCHS:-}"
		train "$1" cifar_quant.py "${common[@]}" --teacher "$OUT/resnet20/state.pt" \
			"${1#resnet20-}" ${QUANT_EPOCHS:+--epochs "${epochs[@]}"}
	fi
}

mkdir -p "$OUT" "$HERE/nets"
[ $# -gt 0 ] || set -- lenet5 lenet5-codebook{3,4,5}{,-zero} lenet5-pruned-codebook{3,4} lenet5-pruned93-codebook3 \
	resnet20 resnet20-{w4a4,w2a2,w2a2-hints,codebook4,codebook3,codebook5,w1a2,w1a1} \
	resnet20-codebook{4,3}-zero resnet20-power4-inq \
	resnet20-w1a2-{pact,hwgq-plain,hwgq-clipped,hwgq-log}
for name; do
	case $name in
	lenet5*) lenet "$name" ;;
	resnet20*) resnet "$name" ;;
	*) echo "no network is called '$name'" >&2; exit 1 ;;
	esac
done
