/* SPDX-License-Identifier: MIT */
#ifndef LIBQNN_BUFFER_H
#define LIBQNN_BUFFER_H

#include "backend.h"

/* Another owner, who calls qnn_buffer_free() too. */
void qnn_buffer_get(struct qnn_buffer *buf);

#endif /* LIBQNN_BUFFER_H */
