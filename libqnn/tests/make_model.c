// SPDX-License-Identifier: MIT
/* make_model PATH: the "fc" model of the tests as a file, for install_test. */
#include <stdio.h>

#include "fixture.h"

int main(int argc, char **argv)
{
	struct fixture_file f = fixture_fc();
	FILE *out = argc == 2 ? fopen(argv[1], "wb") : NULL;

	if (!out || fwrite(f.data, f.size, 1, out) != 1 || fclose(out))
		return 1;
	free(f.data);
	return 0;
}
