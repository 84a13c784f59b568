// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Weights in the order of the kernels: for each block of output channels,
 * along the depth, a word of four bytes of one channel, of the next one, and so
 * on. They are four weights, or more of fewer bits: the first of them, of each
 * byte, in its lowest bits.
 */
#include "element.h"
#include "mac/operand.h"
#include "plan.h"

#define CHUNK	128u		/* weights, where they are read one by one */
#define CLEARED	4096u		/* words that nobody keeps, between two polls */
#define PIECE	64u		/* words; of a vector of channels they stay in a cache */
#define MOVE_SHARE 16u		/* bytes that are copied per unit of work */

/* Where words come from. */
enum source {
	FROM_VALUES,		/* weights one by one */
	FROM_CODES,		/* codes as they lie in the program */
	FROM_BITS,		/* the same, and each bit becomes two */
};

struct repack {
	const struct qnn_plan *plan;
	const struct qnn_cmd *cmd;
	const u8 *consts;
	struct qnn_weights weights;
	struct qnn_unpacker codes;	/* gives them as they are */
	struct qnn_poll *poll;
	const struct qnn_sparing *sparing;
	u8 *weights_to;		/* of the first channel */
	enum source source;
	u32 flip;		/* of codes: what takes their sign away */
	u32 segments;
	u32 taps;		/* weights of a segment ... */
	u32 words;		/* ... and words that it has */
	s16 row[CHUNK];

	/* the block of channels at hand */
	u32 group;
	u32 first;		/* channel of the group */
	const u8 *from;
	u8 *to;
	u32 stride;		/* bytes from a channel's word to its next one */
	s8 value[16];		/* of codes */
	s16 byte_sum[256];	/* of the weights in a byte of codes */
	s32 sum[QNN_BLOCK];	/* of each channel's weights */
};

static u32 load32(const u8 *src)
{
	u32 word;

	__builtin_memcpy(&word, src, sizeof(word));
	return word;
}

static void store32(u8 *dst, u32 word)
{
	__builtin_memcpy(dst, &word, sizeof(word));
}

/* The last of a row. */
static u32 load_some(const u8 *src, u32 bytes)
{
	u32 word = 0, i;

	for (i = 0; i < bytes; i++)
		word |= (u32)src[i] << 8 * i;
	return word;
}

/*
 * Codes side by side become codes of four bytes in turn. Each step exchanges the
 * bits of a mask with those so many above them; @bits is a constant wherever
 * this is inlined.
 */
#define EXCHANGE(word, mask, shift)	do {						\
	__typeof__(word) differ = ((word) ^ (word) >> (shift)) & (mask);		\
											\
	(word) ^= differ ^ differ << (shift);						\
} while (0)

#define DEFINE_DEAL(NAME, WORD)								\
static inline __attribute__((always_inline))						\
WORD NAME(WORD word, const u32 bits)							\
{											\
	if (bits == 4) {								\
		EXCHANGE(word, 0x0000ff00, 8);						\
		EXCHANGE(word, 0x00f000f0, 4);						\
	} else if (bits == 2) {								\
		EXCHANGE(word, 0x0000f0f0, 12);						\
		EXCHANGE(word, 0x00cc00cc, 6);						\
	} else if (bits == 1) {								\
		EXCHANGE(word, 0x0000cccc, 14);						\
		EXCHANGE(word, 0x00aa00aa, 7);						\
		EXCHANGE(word, 0x0c0c0c0c, 2);						\
		EXCHANGE(word, 0x22222222, 1);						\
	}										\
	return word;									\
}

DEFINE_DEAL(deal, u32)

static inline __attribute__((always_inline))
void move_codes(const struct repack *r, const u8 *src, u32 bytes, u8 *dst, const u32 bits)
{
	for (; bytes >= 4; bytes -= 4, src += 4, dst += r->stride)
		store32(dst, deal(load32(src) ^ r->flip, bits));
	if (bytes)
		store32(dst, deal(load_some(src, bytes) ^ r->flip, bits));
}

/*
 * Four words of four channels at a time, where the compiler may use vectors
 * anywhere; gives how many words are done.
 */
#ifdef __SSE2__
typedef u32 quad __attribute__((vector_size(16), aligned(1), may_alias));

DEFINE_DEAL(deal_quad, quad)

static inline __attribute__((always_inline))
u32 move_quads(const struct repack *r, const u8 *src, u32 words, u8 *dst, const u32 bits)
{
	const quad flip = { r->flip, r->flip, r->flip, r->flip };
	u32 at, i;

	for (at = 0; at + 4 <= words; at += 4, src += 16, dst += 4 * (u64)r->stride) {
		quad a[4], low[2], high[2];

		for (i = 0; i < 4; i++) {
			const u8 *row = src + i * (u64)r->weights.row_bytes;

			/* Rows are too many and too far apart to be foreseen. */
			__builtin_prefetch(row + 4 * PIECE);
			a[i] = deal_quad(*(const quad *)row ^ flip, bits);
		}
		for (i = 0; i < 2; i++) {
			low[i] = __builtin_shufflevector(a[2 * i], a[2 * i + 1], 0, 4, 1, 5);
			high[i] = __builtin_shufflevector(a[2 * i], a[2 * i + 1], 2, 6, 3, 7);
		}
		*(quad *)dst = __builtin_shufflevector(low[0], low[1], 0, 1, 4, 5);
		*(quad *)(dst + r->stride) = __builtin_shufflevector(low[0], low[1], 2, 3, 6, 7);
		*(quad *)(dst + 2 * (u64)r->stride) =
			__builtin_shufflevector(high[0], high[1], 0, 1, 4, 5);
		*(quad *)(dst + 3 * (u64)r->stride) =
			__builtin_shufflevector(high[0], high[1], 2, 3, 6, 7);
	}
	return at;
}
#else
static inline u32 move_quads(const struct repack *r, const u8 *src, u32 words, u8 *dst,
			     const u32 bits)
{
	(void)r;
	(void)src;
	(void)words;
	(void)dst;
	(void)bits;
	return 0;
}
#endif

/* Bipolar weights as 0 and 2. */
static void move_bits(const struct repack *r, const u8 *src, u32 bytes, u8 *dst)
{
	for (; bytes; bytes -= 2, src += 2, dst += r->stride) {
		u32 word = load_some(src, 2);

		word = (word | word << 8) & 0x00ff00ff;
		word = (word | word << 4) & 0x0f0f0f0f;
		word = (word | word << 2) & 0x33333333;
		word = (word | word << 1) & 0x55555555;
		store32(dst, deal(word << 1, 2));
	}
}

/* The weights of a channel of the block in the program. */
static const u8 *weights_of(const struct repack *r, u32 within)
{
	return r->from + (u64)within * r->weights.row_bytes;
}

#ifdef __SSE2__
typedef char bytes16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef long long sums2 __attribute__((vector_size(16)));

/* Of bytes without a sign, each xor @flip, sixteen at a time; @done: how many. */
static u32 sum_many(const u8 *src, u32 count, u8 flip, u32 *done)
{
	const bytes16 none = { 0 }, flips = none + (char)flip;
	sums2 sums = { 0, 0 };
	u32 i;

	for (i = 0; i + 16 <= count; i += 16)
		sums += (sums2)__builtin_ia32_psadbw128(*(const bytes16 *)(src + i) ^ flips, none);
	*done = i;
	return (u32)(sums[0] + sums[1]);
}
#else
/* The same, eight at a time: four sums of 16 bits, with room for 128 words. */
static u32 sum_many(const u8 *src, u32 count, u8 flip, u32 *done)
{
	const u64 flips = flip * 0x0101010101010101ull, even = 0x00ff00ff00ff00ffull;
	u64 sums = 0, word;
	u32 i, sum = 0;

	for (i = 0; i + 8 <= count; i += 8) {
		__builtin_memcpy(&word, src + i, sizeof(word));
		word ^= flips;
		sums += (word & even) + (word >> 8 & even);
	}
	*done = i;
	for (; sums; sums >>= 16)
		sum += (u32)(sums & 0xffff);
	return sum;
}
#endif

/* Sum of weights of 8 bits, as many as are moved at a time. */
static s32 sum_bytes(const struct qnn_unpacker *u, const u8 *src, u32 count)
{
	u32 i, sum = sum_many(src, count, (u8)u->flip, &i);

	for (; i < count; i++)
		sum += (u32)(src[i] ^ u->flip);
	return (s32)(sum - count * (u32)u->subtract);
}

/* Sum of @count weights of a channel of the block from @tap on, where a byte starts. */
static s32 sum_codes(struct repack *r, u32 within, u32 tap, u32 count)
{
	u32 bits = qnn_elem_bits(r->cmd->conv.weight_type), per_byte = 8 / bits, i;
	u32 channel = r->group * r->plan->group_out + r->first + within;
	const u8 *src = weights_of(r, within) + tap / per_byte;
	s32 sum = 0;

	if (bits == 8)
		return sum_bytes(&r->weights.unpacker, src, count);
	for (i = 0; i < count / per_byte; i++)
		sum += r->byte_sum[src[i]];
	count -= i * per_byte;
	qnn_weights_read(&r->weights, channel, tap + i * per_byte, count, r->row);
	for (i = 0; i < count; i++)
		sum += r->row[i];
	return sum;
}

void qnn_plan_values(const struct qnn_cmd *cmd, const u8 *consts, u32 channel, s8 *value)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	u32 bits = qnn_elem_bits(d->weight_type), book, i;
	struct qnn_unpacker u;

	if (qnn_type_in(d->weight_type, QNN_TYPES_CODEBOOK)) {
		book = d->codebook_channels ? channel / d->codebook_channels : 0;
		qnn_unpacker_init_book(&u, d->weight_type,
				       (const s8 *)consts + d->codebook_off + ((u64)book << bits));
	} else {
		qnn_unpacker_init(&u, d->weight_type, d->weight_zero_point);
	}
	for (i = 0; i < 16; i++)
		value[i] = i >> bits ? 0 : (s8)u.value[i];
}

/* What the block's codes stand for, and what bytes of them add up to. */
static void open_block(struct repack *r)
{
	u32 bits = qnn_elem_bits(r->cmd->conv.weight_type), byte, at;

	if (bits > 4)
		return;
	qnn_plan_values(r->cmd, r->consts, r->group * r->plan->group_out + r->first, r->value);
	for (byte = 0; byte < 256; byte++) {
		r->byte_sum[byte] = 0;
		for (at = 0; at < 8; at += bits)
			r->byte_sum[byte] += r->value[byte >> at & ((1u << bits) - 1)];
	}
}

/* @bytes of codes of each of @channels channels, to where they go. */
static inline __attribute__((always_inline))
void move_rows(const struct repack *r, const u8 *src, u32 channels, u32 bytes, u8 *dst,
	       const u32 bits)
{
	u32 i, n, done, k;

	for (i = 0; i < channels; i += n) {
		n = channels - i < 4 ? 1 : 4;
		done = n == 4 ? move_quads(r, src, bytes / 4, dst, bits) : 0;
		for (k = 0; k < n; k++, src += r->weights.row_bytes, dst += 4)
			move_codes(r, src + 4 * done, bytes - 4 * done,
				   dst + (u64)done * r->stride, bits);
	}
}

/* @words words of channels of the block, from word @from on. */
static void move_piece(struct repack *r, u32 first, u32 channels, u32 from, u32 words)
{
	u32 bits = r->source == FROM_BITS ? 1 : r->plan->stored_bits;
	u32 per_word = 32u / r->plan->stored_bits, taps = qnn_conv_depth(r->cmd);
	u32 tap = from * per_word, count = words * per_word, bytes, i;
	u8 *dst = r->to + (u64)from * r->stride + 4 * first;
	const u8 *src;

	count = count < taps - tap ? count : taps - tap;
	bytes = (count * bits + 7) / 8;
	/* Nobody asks for it where the input's zero point is the smallest code. */
	for (i = first; r->plan->view.fill && i < first + channels; i++)
		r->sum[i] += sum_codes(r, i, tap, count);
	src = weights_of(r, first) + (u64)tap * bits / 8;
	if (r->source == FROM_BITS) {
		for (i = 0; i < channels; i++)
			move_bits(r, src + (u64)i * r->weights.row_bytes, bytes, dst + 4 * i);
	} else if (bits == 8) {
		move_rows(r, src, channels, bytes, dst, 8);
	} else if (bits == 4) {
		move_rows(r, src, channels, bytes, dst, 4);
	} else if (bits == 2) {
		move_rows(r, src, channels, bytes, dst, 2);
	} else {
		move_rows(r, src, channels, bytes, dst, 1);
	}
}

/* All channels of the block, so many at a time that lines are written at once. */
static int move_block(struct repack *r, u32 channels)
{
	u32 words = qnn_plan_row(r->plan) / 4, first, from, n, m;

	for (first = 0; first < channels; first += m) {
		m = channels - first < QNN_LANES ? channels - first : QNN_LANES;
		for (from = 0; from < words; from += n) {
			n = words - from < PIECE ? words - from : PIECE;
			if (qnn_poll(r->poll, m * n))
				return -1;
			move_piece(r, first, m, from, n);
		}
	}
	return 0;
}

static int stores_codes(const struct qnn_plan *plan)
{
	return plan->stored_bits < plan->weight_bits;
}

/* A word of up to @count weights, or of their codes where these are stored. */
static u32 put_word(struct repack *r, const s16 *row, u32 count, u32 within)
{
	u32 bits = r->plan->stored_bits, mask = (1u << bits) - 1, word = 0, i;

	for (i = 0; i < 32 / bits; i++) {
		s32 value = i < count ? row[i] : 0;

		/* What rounding up added counts nothing. */
		if (i < count)
			r->sum[within] += stores_codes(r->plan) ? r->value[value] : value;
		word |= ((u32)(value + r->plan->weight_zero) & mask) << (i % 4 * 8 + i / 4 * bits);
	}
	return word;
}

static void read_row(struct repack *r, u32 within, u32 tap, u32 count)
{
	u32 channel = r->group * r->plan->group_out + r->first + within;

	if (stores_codes(r->plan))
		qnn_unpack(&r->codes, weights_of(r, within), tap, count, r->row);
	else
		qnn_weights_read(&r->weights, channel, tap, count, r->row);
}

/* A segment of one channel, weight by weight. */
static int put_segment(struct repack *r, u32 within, u32 segment)
{
	u32 at, i, n, word = 0;
	u8 *dst = r->to + (u64)segment * r->words * r->stride + 4 * within;

	for (at = 0; at < r->taps; at += n) {
		n = r->taps - at < CHUNK ? r->taps - at : CHUNK;
		if (qnn_poll(r->poll, n))
			return -1;
		read_row(r, within, segment * r->taps + at, n);
		for (i = 0; i < n; i += 32 / r->plan->stored_bits, word++)
			store32(dst + (u64)word * r->stride,
				put_word(r, r->row + i, n - i, within));
	}
	for (; word < r->words; word++)
		store32(dst + (u64)word * r->stride, put_word(r, r->row, 0, within));
	return 0;
}

static int put_block(struct repack *r, u32 channels)
{
	u32 within, segment;

	for (within = 0; within < channels; within++) {
		for (segment = 0; segment < r->segments; segment++) {
			if (put_segment(r, within, segment))
				return -1;
		}
	}
	return 0;
}

/*
 * With repacked weights w' = w + zw, the zero points za and zw:
 * sum (a - za) w = sum a w' - zw sum a - za sum w. The last term goes into the
 * bias. Sums are modulo 2^32: what is between may leave 32 bits, what comes
 * out does not.
 */
static s32 new_bias(const struct repack *r, u32 within)
{
	u32 channel = r->group * r->plan->group_out + r->first + within;
	s32 bias;

	qnn_bias_read(r->cmd, r->consts, channel, 1, &bias);
	return (s32)((u32)bias - qnn_view_zero(r->plan, r->cmd) * (u32)r->sum[within]);
}

/* Channels that rounding up added: nobody keeps what comes out. */
static int clear_rest(const struct repack *r, u32 channels)
{
	u32 words = qnn_plan_row(r->plan) / 4, within, at;

	for (within = channels; within < r->stride / 4; within++) {
		for (at = 0; at < words; at++) {
			if (at % CLEARED == 0 && qnn_poll(r->poll, CLEARED))
				return -1;
			store32(r->to + (u64)at * r->stride + 4 * within, 0);
		}
	}
	return 0;
}

/* The block's weights in the program; aside, where others take their place. */
static int find_block(struct repack *r, u32 channels)
{
	u64 channel = (u64)r->group * r->plan->group_out + r->first;
	u64 bytes = (u64)channels * r->weights.row_bytes;

	r->from = r->consts + r->cmd->conv.weight_off + channel * r->weights.row_bytes;
	if (!r->plan->in_place)
		return 0;
	if (qnn_poll(r->poll, (u32)(bytes / MOVE_SHARE)))
		return -1;
	__builtin_memcpy(r->sparing->room, r->from, bytes);
	r->from = r->sparing->room;
	return 0;
}

static int repack_block(struct repack *r, s32 *bias)
{
	const struct qnn_plan *plan = r->plan;
	u32 padded = plan->group_padded - r->first, channels = plan->group_out - r->first, i;

	padded = padded < plan->side ? padded : plan->side;
	channels = channels < padded ? channels : padded;
	r->stride = 4 * padded;
	r->to = r->weights_to +
		((u64)r->group * plan->group_padded + r->first) * qnn_plan_row(plan);
	if (find_block(r, channels))
		return -1;
	for (i = 0; i < QNN_BLOCK; i++)
		r->sum[i] = 0;
	open_block(r);
	if (r->source == FROM_VALUES ? put_block(r, channels) : move_block(r, channels))
		return -1;
	if (clear_rest(r, channels))
		return -1;
	for (i = 0; i < padded; i++)
		bias[i] = i < channels ? new_bias(r, i) : 0;
	if (r->sparing && !plan->in_place)
		r->sparing->spare(r->sparing->priv, r->from,
				  (u64)channels * r->weights.row_bytes);
	return 0;
}

static enum source source_of(const struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	u32 type = cmd->conv.weight_type;

	if (plan->view.length != qnn_plan_taps(plan, cmd))
		return FROM_VALUES;
	if (qnn_elem_bits(type) == plan->stored_bits)
		return FROM_CODES;
	return type == QNN_ELEM_B1 && plan->weight_bits == 2 ? FROM_BITS : FROM_VALUES;
}

int qnn_repack_moves(const struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	return source_of(plan, cmd) == FROM_CODES;
}

static void init(struct repack *r)
{
	static const s8 same[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	const struct qnn_plan *plan = r->plan;
	u32 type = r->cmd->conv.weight_type, per_word = 32u / plan->stored_bits;

	r->source = source_of(plan, r->cmd);
	r->segments = r->cmd->conv.kernel_h * plan->view.segments;
	r->taps = qnn_plan_taps(plan, r->cmd);
	r->words = plan->view.length / per_word;
	if (stores_codes(plan)) {
		/* Nothing was rounded up: the segments are one. */
		r->taps *= r->segments;
		r->segments = 1;
		r->words = qnn_plan_row(plan) / 4;
		qnn_unpacker_init_book(&r->codes, type, same);
	} else if (type == QNN_ELEM_U8) {
		r->flip = 0x80808080;
	} else if (type == QNN_ELEM_S4) {
		r->flip = 0x88888888;
	} else if (type == QNN_ELEM_S2) {
		r->flip = 0xaaaaaaaa;
	}
}

int qnn_repack_conv(const struct qnn_plan *plan, const struct qnn_program *prog,
		    const struct qnn_cmd *cmd, u8 *memory, struct qnn_poll *poll,
		    const struct qnn_sparing *sparing)
{
	struct repack r = {
		.plan = plan, .cmd = cmd, .consts = prog->consts, .poll = poll,
		.sparing = sparing, .weights_to = qnn_plan_weights(plan, memory),
	};
	s32 *bias = (s32 *)(memory + plan->bias);
	struct qnn_grid grid;

	qnn_grid_init(&grid, cmd, 0);
	qnn_weights_init(&r.weights, cmd, &grid, prog->consts);
	init(&r);
	for (r.group = 0; r.group < cmd->conv.groups; r.group++) {
		for (r.first = 0; r.first < plan->group_out; r.first += plan->side) {
			if (repack_block(&r, bias + r.group * plan->group_padded + r.first))
				return -1;
		}
	}
	return 0;
}
