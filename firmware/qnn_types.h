/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Integer types of the device code. The names and the underlying types are
 * those of the kernel, so that a translation unit which also includes
 * <linux/types.h> sees identical (and therefore legal) typedefs.
 */
#ifndef QNN_TYPES_H
#define QNN_TYPES_H

typedef signed char s8;
typedef unsigned char u8;
typedef signed short s16;
typedef unsigned short u16;
typedef signed int s32;
typedef unsigned int u32;
typedef signed long long s64;
typedef unsigned long long u64;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "programs are little-endian; a big-endian host needs accessors"
#endif

#endif /* QNN_TYPES_H */
