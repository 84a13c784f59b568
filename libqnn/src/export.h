/* SPDX-License-Identifier: MIT */
#ifndef LIBQNN_EXPORT_H
#define LIBQNN_EXPORT_H

/* Marks the public functions; libqnn.map lists them with their version. */
#define QNN_API	__attribute__((visibility("default")))

#endif /* LIBQNN_EXPORT_H */
