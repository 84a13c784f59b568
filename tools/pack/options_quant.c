// SPDX-License-Identifier: MIT
#include "options_quant.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

unsigned int option_weight_bits(const char *option, const char *text)
{
	return cli_u32(&pack_cli, option, text, 1, 8);
}

unsigned int option_activation_bits(const char *option, const char *text)
{
	return cli_u32(&pack_cli, option, text, 2, 8);
}

/* "a, b or c", for a message */
static void list_names(char *list, size_t size, int count,
		       const char *(*name)(int i))
{
	size_t used = 0;

	for (int i = 0; i < count; i++)
		used += (size_t)snprintf(list + used, size - used, "%s%s",
					 !i ? "" : i + 1 < count ? ", " :
					 " or ", name(i));
}

static const char *weight_name(int i)
{
	return weights_method_name((enum weight_method)i);
}

static const char *activation_name(int i)
{
	return format_method_name((enum format_method)i);
}

enum weight_method option_weight_method(const char *text)
{
	int method = weights_method_parse(text);
	char list[256];

	if (method >= 0)
		return (enum weight_method)method;
	list_names(list, sizeof(list), WEIGHTS_METHODS, weight_name);
	cli_usage(&pack_cli, "'%s' is no method for weights; there are %s", text,
		  list);
}

enum format_method option_activation_method(const char *text)
{
	int method = format_method_parse(text);
	char list[256];

	if (method >= 0)
		return (enum format_method)method;
	list_names(list, sizeof(list), FORMAT_METHODS, activation_name);
	cli_usage(&pack_cli, "'%s' is no method for activations; there are %s",
		  text, list);
}

enum teacher_kind option_teacher(const char *text)
{
	if (!text || !strcmp(text, "all"))
		return TEACHER_ALL;
	if (strcmp(text, "bias"))
		cli_usage(&pack_cli, "--teacher-student is '%s'; it must be all or bias",
			  text);
	return TEACHER_BIAS;
}

void option_budget(struct settings *s, const char *text)
{
	static const char *const names[] = {
		[BUDGET_NONE] = "", [BUDGET_BYTES] = "bytes=",
		[BUDGET_CYCLES] = "cycles=", [BUDGET_ACCURACY] = "accuracy=",
	};

	for (int i = BUDGET_BYTES; i <= BUDGET_ACCURACY; i++) {
		if (strncmp(text, names[i], strlen(names[i])))
			continue;
		s->budget = (enum budget)i;
		s->budget_value = cli_real(&pack_cli, "budget",
					   text + strlen(names[i]));
		if (!(s->budget_value > 0))
			cli_usage(&pack_cli, "--budget must be above zero");
		return;
	}
	cli_usage(&pack_cli, "--budget is '%s'; it must be bytes=N, cycles=N or accuracy=N",
		  text);
}

/* A letter and a width, from @text on; returns what follows. */
static const char *take_width(const char *text, char letter, unsigned int least,
			      unsigned int *bits)
{
	if (*text != letter)
		return text;
	if (!isdigit((unsigned char)text[1]) || isdigit((unsigned char)text[2]))
		return NULL;
	*bits = (unsigned int)(text[1] - '0');
	return *bits >= least && *bits <= 8 ? text + 2 : NULL;
}

void option_layer(struct settings *s, const char *text)
{
	struct choice_options *c = &s->pack.choice;
	const char *at = strrchr(text, '=');
	struct layer_rule rule = { 0 };
	struct layer_rule *list;

	if (!at || at == text)
		cli_usage(&pack_cli, "--layer is '%s'; it must be NAME=w4, NAME=a4 or NAME=w4a4, and :METHOD where it has weights",
			  text);
	rule.name = strndup(text, (size_t)(at++ - text));
	if (!rule.name)
		cli_usage(&pack_cli, "--layer: no memory");
	at = take_width(at, 'w', 1, &rule.choice.bits);
	at = at ? take_width(at, 'a', 2, &rule.activation_bits) : NULL;
	rule.weights = rule.choice.bits;
	if (at && *at == ':' && rule.weights) {
		rule.choice.method = option_weight_method(at + 1);
		rule.method = true;
		at = "";
	}
	if (!at || *at || (!rule.weights && !rule.activation_bits))
		cli_usage(&pack_cli, "--layer is '%s'; behind the name it must have w1 to w8, a2 to a8, or both",
			  text);
	list = reallocarray((void *)c->rule, c->rules + 1, sizeof(*list));
	if (!list)
		cli_usage(&pack_cli, "--layer: no memory");
	list[c->rules++] = rule;
	c->rule = list;
}

/* The part in "PART" or "NAME=PART"; with where the name ends, or NULL. */
static double take_part(const char *option, const char *text, const char **end)
{
	double part;

	*end = strrchr(text, '=');
	part = cli_real(&pack_cli, option, *end ? *end + 1 : text);
	if (!(part >= 0 && part < 1) || *end == text)
		cli_usage(&pack_cli, "--%s is '%s'; it must be PART or NAME=PART, and PART at least 0 and below 1",
			  option, text);
	return part;
}

static void add_part(const struct prune_rule **rules, size_t *count,
		     const char *name, size_t length, double part)
{
	struct prune_rule *list = reallocarray((void *)*rules, *count + 1,
					       sizeof(*list));
	char *copy = strndup(name, length);

	if (!list || !copy)
		cli_usage(&pack_cli, "parts of layers: no memory");
	list[(*count)++] = (struct prune_rule){ copy, part };
	*rules = list;
}

void option_prune(struct settings *s, const char *text)
{
	struct prune_options *p = &s->pack.choice.prune;
	const char *end;
	double part = take_part("prune", text, &end);

	if (!end)
		p->each = part;
	else if (!strncmp(text, "global=", (size_t)(end - text) + 1))
		p->all = part;
	else
		add_part(&p->rule, &p->rules, text, (size_t)(end - text), part);
}

void option_slim(struct settings *s, const char *text)
{
	struct slim_options *p = &s->pack.slim;
	const char *end;
	double part = take_part("prune-channels", text, &end);

	if (end)
		add_part(&p->rule, &p->rules, text, (size_t)(end - text), part);
	else
		p->part = part;
}

static void check_choice(const struct weight_choice *c, const char *what)
{
	const char *why = weights_refuse(c);

	if (why)
		cli_usage(&pack_cli, "%s: %u-bit weights by '%s' are not possible: %s",
			  what, c->bits, weights_method_name(c->method), why);
}

static bool asks_sensitivity(const struct settings *s)
{
	for (int k = 0; k < SENSITIVITY_KINDS; k++)
		if (s->sensitivity[k])
			return true;
	return false;
}

/* What the rule does not say is as for all others, where its width has that. */
static void complete(struct layer_rule *rule, const struct weight_choice *all)
{
	struct weight_choice c = *all;

	if (!rule->method) {
		rule->choice = weights_at(all, rule->choice.bits);
		return;
	}
	c.bits = rule->choice.bits;
	c.method = rule->choice.method;
	c.stochastic = all->stochastic && !weights_refuse(&c);
	rule->choice = c;
}

/* With a budget, one of the widths that are tried must go with the method. */
static void check_weights(const struct settings *s)
{
	struct weight_choice c = s->pack.choice.weights;

	if (!s->budget) {
		check_choice(&c, "--weights");
		return;
	}
	for (c.bits = 1; c.bits <= 8; c.bits++)
		if (!weights_refuse(&c))
			return;
	c.bits = 2;
	check_choice(&c, "--weights-by");
}

void option_check_quant(struct settings *s)
{
	struct choice_options *c = &s->pack.choice;
	struct format_options *f = &s->pack.format;

	c->keep_sums = c->sums_bits > c->activation_bits;
	f->channel_bits = c->activation_bits;
	check_weights(s);
	for (size_t i = 0; i < c->rules; i++) {
		struct layer_rule *rule = (struct layer_rule *)&c->rule[i];

		if (!rule->weights)
			continue;
		complete(rule, &c->weights);
		check_choice(&rule->choice, "--layer");
	}
	if (c->prune.each > 0 && c->prune.all > 0)
		cli_usage(&pack_cli, "--prune is for each layer or for all together (global), not both");
	if ((s->budget || asks_sensitivity(s)) && !s->pack.calib_file)
		cli_usage(&pack_cli, "--sensitivity and --budget look at images; --calib is missing");
	if (s->pack.teacher.kind && !s->pack.calib_file)
		cli_usage(&pack_cli, "--teacher-student learns from images; --calib is missing");
	if (!(f->percentile > 50 && f->percentile <= 100))
		cli_usage(&pack_cli, "--percentile must be above 50, and at most 100");
	if (!s->pack.calib_file && f->method != FORMAT_BY_WIDTH &&
	    f->method != FORMAT_BY_BN && f->method != FORMAT_BY_HWGQ &&
	    f->method != FORMAT_BY_CHANNELS)
		cli_usage(&pack_cli, "--activations-by %s looks at images; --calib is missing",
			  format_method_name(f->method));
}

static void free_parts(const struct prune_rule *rule, size_t rules)
{
	for (size_t i = 0; i < rules; i++)
		free((void *)rule[i].name);
	free((void *)rule);
}

void option_free_quant(struct settings *s)
{
	struct choice_options *c = &s->pack.choice;

	for (size_t i = 0; i < c->rules; i++)
		free((void *)c->rule[i].name);
	free((void *)c->rule);
	c->rule = NULL;
	c->rules = 0;
	free_parts(c->prune.rule, c->prune.rules);
	free_parts(s->pack.slim.rule, s->pack.slim.rules);
	c->prune = (struct prune_options){ 0 };
	s->pack.slim = (struct slim_options){ 0 };
}
