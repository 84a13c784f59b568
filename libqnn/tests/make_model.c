// SPDX-License-Identifier: MIT
/* make_model PATH [PACKED]: the "fc" model of the tests as files. */
#include <stdio.h>

#include "fixture.h"

static int put(struct fixture_file f, const char *path)
{
	FILE *out = fopen(path, "wb");
	int bad = !out || fwrite(f.data, f.size, 1, out) != 1 || fclose(out);

	free(f.data);
	return bad;
}

int main(int argc, char **argv)
{
	if (argc < 2 || put(fixture_fc(), argv[1]))
		return 1;
	return argc > 2 && put(fixture_packed(), argv[2]);
}
