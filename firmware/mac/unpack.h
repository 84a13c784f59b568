/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* From packed codes to integers. */
#ifndef QNN_UNPACK_H
#define QNN_UNPACK_H

#include "qnn_device.h"

struct qnn_unpacker {
	u32 bits;
	s32 flip;		/* 8 bits: value = (byte ^ flip) - subtract */
	s32 subtract;
	s16 value[32];		/* fewer bits: value of each code */
};

/* Values less @zero_point. */
void qnn_unpacker_init(struct qnn_unpacker *u, u32 type, s32 zero_point);
/* The values of a code book. */
void qnn_unpacker_init_book(struct qnn_unpacker *u, u32 type, const s8 *book);

/* @count values, the first of them @first codes after the start of @src. */
void qnn_unpack(const struct qnn_unpacker *u, const u8 *src, u32 first,
		u32 count, s16 *dst);

#endif /* QNN_UNPACK_H */
