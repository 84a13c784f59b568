/* SPDX-License-Identifier: MIT */
#ifndef LIBQNN_CRC_H
#define LIBQNN_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as zlib has it, from the start; fast where the processor helps. */
uint32_t qnn_crc32(const void *data, size_t size);

#endif /* LIBQNN_CRC_H */
