// SPDX-License-Identifier: MIT
#include <stdint.h>

#include "text.h"

/* Bytes of the UTF-8 sequence at @s; 0: there is none that may be printed. */
static unsigned int sequence(const unsigned char *s)
{
	/* Smallest code point of each length: rules out longer encodings. */
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int len, i;
	uint32_t code;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] < 0xe0)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		len = 4;
	else
		return 0;
	code = s[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000) || (code >= 0x80 && code < 0xa0))
		return 0;
	/* Line and paragraph separators, embeddings, overrides, isolates. */
	if ((code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2066 && code <= 0x2069))
		return 0;
	return len;
}

void text_clean(char *text)
{
	unsigned char *s = (unsigned char *)text;
	unsigned int len;

	while (*s) {
		len = sequence(s);
		if (!len || *s < ' ' || *s == 0x7f) {
			*s++ = '?';
			continue;
		}
		s += len;
	}
}

size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}
