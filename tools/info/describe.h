/* SPDX-License-Identifier: MIT */
/* A model as one JSON object; the text is made from it too. */
#ifndef QNN_INFO_DESCRIBE_H
#define QNN_INFO_DESCRIBE_H

#include <jansson.h>

#include "image.h"
#include "qnn.h"
#include "weights.h"

/** describe_model() - everything; -ENOMEM, or what qnn_model_section() failed with */
int describe_model(const struct image *image, const struct qnn_model *model,
		   const char *path, json_t **out);

/** describe_layer() - command @index of the program */
json_t *describe_layer(const struct qnn_model *model,
		       const struct qnn_cmd *cmd, unsigned int index,
		       const struct layer_weights *w);

#endif /* QNN_INFO_DESCRIBE_H */
