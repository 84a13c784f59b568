/* SPDX-License-Identifier: MIT */
/* Options that say how to quantize. All end the program where they are wrong. */
#ifndef TOOLS_PACK_OPTIONS_QUANT_H
#define TOOLS_PACK_OPTIONS_QUANT_H

#include "options.h"

unsigned int option_weight_bits(const char *option, const char *text);
unsigned int option_activation_bits(const char *option, const char *text);
enum weight_method option_weight_method(const char *text);
enum format_method option_activation_method(const char *text);
/* "all", "bias"; NULL: all */
enum teacher_kind option_teacher(const char *text);
/* "bytes=N" */
void option_budget(struct settings *s, const char *text);
/* "NAME=w4a8:METHOD" */
void option_layer(struct settings *s, const char *text);
/* "PART", "global=PART" or "NAME=PART" */
void option_prune(struct settings *s, const char *text);
/* "PART" or "NAME=PART" */
void option_slim(struct settings *s, const char *text);
/* After all others: what rules of layers have from them, and what is wrong. */
void option_check_quant(struct settings *s);
void option_free_quant(struct settings *s);

#endif /* TOOLS_PACK_OPTIONS_QUANT_H */
