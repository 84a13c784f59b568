/* SPDX-License-Identifier: MIT */
/* What each layer is asked to be: rules for all layers, and for some of them. */
#ifndef TOOLS_CHOICE_H
#define TOOLS_CHOICE_H

#include "formats.h"
#include "prune.h"
#include "weights.h"

/* What is wanted for one layer: of the user by its name, else by its unit. */
struct layer_rule {
	const char *name;
	bool by_unit;
	size_t unit;
	bool weights;			/* is @choice given? */
	bool method;			/* is its method? */
	struct weight_choice choice;
	unsigned int activation_bits;	/* 0: as all others */
};

struct choice_options {
	struct weight_choice weights;
	unsigned int activation_bits;
	unsigned int ends_bits;		/* of first and last; 0: as all */
	unsigned int sums_bits;		/* what only sums read; 0: as all */
	bool keep_sums;			/* also what layers read, too */
	struct prune_options prune;
	const struct layer_rule *rule;
	size_t rules;
};

struct choices {
	struct weight_choice *weights;	/* per node */
	unsigned int *activation_bits;	/* per value */
	/* Not as all others: by a rule, as an end, or as what only sums read. */
	bool *own_weights;		/* per node */
	bool *own_bits;			/* per value */
	bool **keep;			/* per node: weights that stay; NULL: all */
};

/*
 * Returns 0, or -1 with problems: a layer that there is not, a name that several
 * have, or weights that are pruned by a method that has no 0.
 */
int choices_make(struct choices *c, const struct graph *g,
		 const struct units *u, const struct choice_options *opt,
		 struct report *r);
void choices_free(struct choices *c, const struct graph *g);
/*
 * Does each width that a rule asks a result to have decide something? Returns 0,
 * or -1 with problems.
 */
int choices_check(const struct choice_options *opt, const struct graph *g,
		  const struct units *u, const struct value_format *fmt,
		  struct report *r);

/* Does the unit have weights that the network does not quantize itself? */
bool choice_weights(const struct unit *x);

/* Is @name the unit's, or that of the value that it computes? */
bool choice_is_named(const struct graph *g, const struct unit *x,
		     const char *name);

/*
 * Codes for the weights of a unit, which may be others than its own: @w. Those
 * that @keep does not have are 0; NULL: all are there.
 */
void choice_make(struct weight_codes *wc, const struct unit *x, const float *w,
		 const struct weight_choice *choice, const bool *keep);

/* Weights of each node of @g, with NULL where there are none to quantize. */
struct weight_codes **choice_quantize(const struct graph *g,
				      const struct units *u,
				      const struct choices *c);
void choice_codes_free(const struct graph *g, struct weight_codes **codes);

#endif /* TOOLS_CHOICE_H */
