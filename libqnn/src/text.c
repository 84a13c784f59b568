// SPDX-License-Identifier: MIT
#include <stdint.h>

#include "text.h"

/* Decodes one character; returns its length, or 0 when it is not UTF-8. */
static size_t decode(const unsigned char *s, size_t size, uint32_t *out)
{
	static const uint32_t smallest[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = s[0];
	size_t len, i;

	if (c < 0x80) {
		*out = c;
		return 1;
	}
	if (c >= 0xc0 && c < 0xe0)
		len = 2;
	else if (c >= 0xe0 && c < 0xf0)
		len = 3;
	else if (c >= 0xf0 && c < 0xf8)
		len = 4;
	else
		return 0;
	if (len > size)
		return 0;
	c &= 0x7f >> len;
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*out = c;
	return len;
}

static bool printable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	/* Line and paragraph separators, embeddings, overrides, isolates. */
	return !((c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069));
}

size_t qnn_text_char(const char *text, size_t size)
{
	uint32_t c;
	size_t len = size ? decode((const unsigned char *)text, size, &c) : 0;

	return len && printable(c) ? len : 0;
}

bool qnn_text_ok(const char *text, size_t size, bool lines)
{
	size_t i = 0;

	while (i < size) {
		size_t len;

		if (text[i] >= 0x20 && text[i] < 0x7f) {	/* most of it */
			i++;
			continue;
		}
		len = qnn_text_char(text + i, size - i);
		if (!len && lines && (text[i] == '\n' || text[i] == '\t'))
			len = 1;
		if (!len)
			return false;
		i += len;
	}
	return true;
}
