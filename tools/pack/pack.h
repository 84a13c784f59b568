/* SPDX-License-Identifier: MIT */
/*
 * From a network to a model file: choose formats, lower, plan memory, write.
 * What qnn-pack does once it knows its options; tests use it too.
 */
#ifndef TOOLS_PACK_H
#define TOOLS_PACK_H

#include "lower.h"
#include "tools/common/dataset.h"
#include "tools/graph/graph.h"
#include "tools/graph/report.h"
#include "tools/quant/choice.h"
#include "tools/quant/formats.h"
#include "tools/quant/slim.h"
#include "tools/quant/teacher.h"

struct pack_options {
	struct lower_options lower;
	struct format_options format;
	struct choice_options choice;
	struct slim_options slim;
	struct teacher_options teacher;
	const char *source_file;	/* or NULL */
	char source_sha256[65];
	const char *const *cut;		/* as in struct import_options */
	size_t cuts;
	const char *calib_file;		/* or NULL */
	/* What a run over the set has shown before; NULL: it is run. */
	const struct calib *calib;
	uint32_t calib_images;
	const char *name;		/* of the model; NULL: the network's */
	bool compress;			/* sections of the file */
};

/* Everything that is known about a packed network. */
struct packed {
	struct graph *g;
	struct units units;
	struct value_format *fmt;	/* per value */
	struct weight_codes **codes;	/* per node, or NULL */
	struct memory memory;
	struct lowered lowered;
	void *program;
	size_t program_size;
};

/*
 * Bring @g into the form that is quantized, and find its units. The caller frees them,
 * also after an error. Returns 0, or -EINVAL with problems.
 */
int pack_prepare(struct graph *g, struct units *u,
		 const struct pack_options *opt, struct report *r);

/*
 * Work out the program. @g is simplified in place and must stay as long as
 * @p. @ds: calibration set, or NULL. Returns 0, or -EINVAL with problems.
 */
int pack_build(struct packed *p, struct graph *g, const struct dataset *ds,
	       const struct pack_options *opt, struct report *r);
void pack_free(struct packed *p);

/*
 * The bytes of the model file, which the device has accepted. The caller
 * frees @data. An error is -errno, with a problem.
 */
int pack_file(const struct packed *p, const struct pack_options *opt,
	      void **data, size_t *size, struct report *r);

/* The same, to @path: complete, or not at all. */
int pack_save(const struct packed *p, const struct pack_options *opt,
	      const char *path, struct report *r);

/* origin.c: JSON text that tells where every number comes from; to free() */
char *pack_origin(const struct packed *p, const struct pack_options *opt,
		  const struct report *r);

/* "a", "b", "c" */
const char *pack_rounding_name(enum qnn_rounding rule);

#endif /* TOOLS_PACK_H */
