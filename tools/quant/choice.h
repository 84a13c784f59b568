/* SPDX-License-Identifier: MIT */
/* What each layer is asked to be: rules for all layers, and for some of them. */
#ifndef TOOLS_CHOICE_H
#define TOOLS_CHOICE_H

#include "tools/graph/units.h"
#include "weights.h"

/* What the user wants for one layer, by its name. */
struct layer_rule {
	const char *name;
	bool weights;			/* is @choice given? */
	struct weight_choice choice;
	unsigned int activation_bits;	/* 0: as all others */
};

struct choice_options {
	struct weight_choice weights;
	unsigned int activation_bits;
	unsigned int ends_bits;		/* weights of first and last; 0: as all */
	unsigned int sums_bits;		/* what only sums read; 0: as all */
	const struct layer_rule *rule;
	size_t rules;
};

struct choices {
	struct weight_choice *weights;	/* per node */
	unsigned int *activation_bits;	/* per value */
};

/* Returns 0, or -1 with problems: a layer that there is not. */
int choices_make(struct choices *c, const struct graph *g,
		 const struct units *u, const struct choice_options *opt,
		 struct report *r);
void choices_free(struct choices *c);

/* Does the unit have weights that the network does not quantize itself? */
bool choice_weights(const struct unit *x);

/* Does it read the network's input, or is its result an output's logits? */
bool choice_is_end(const struct graph *g, const struct units *u,
		   const struct unit *x);

/* Is @name the unit's, or that of the value that it computes? */
bool choice_named(const struct graph *g, const struct unit *x,
		  const char *name);

/* Codes for the weights of a unit, which may be others than its own: @w. */
void choice_make(struct weight_codes *wc, const struct unit *x, const float *w,
		 const struct weight_choice *choice);

/* Weights of each node of @g, with NULL where there are none to quantize. */
struct weight_codes **choice_quantize(const struct graph *g,
				      const struct units *u,
				      const struct choices *c);
void choice_codes_free(const struct graph *g, struct weight_codes **codes);

#endif /* TOOLS_CHOICE_H */
