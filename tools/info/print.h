/* SPDX-License-Identifier: MIT */
/* The description of a model, or of what is wrong with it, as text. */
#ifndef QNN_INFO_PRINT_H
#define QNN_INFO_PRINT_H

#include <jansson.h>

/** print_model() - what describe_model() returned; 0 or -ENOMEM */
int print_model(const json_t *model);

#endif /* QNN_INFO_PRINT_H */
