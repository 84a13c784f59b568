/* SPDX-License-Identifier: MIT */
/* Files that the command line names. All end the program where they are wrong. */
#ifndef TOOLS_PACK_OPTIONS_FILES_H
#define TOOLS_PACK_OPTIONS_FILES_H

#include "options.h"

/* Nothing is left to be the network: says what may have been taken for it. */
void option_no_network(const struct settings *s);
/* Nothing that is written may be what is read, or be written twice. */
void option_check_files(const struct settings *s);

#endif /* TOOLS_PACK_OPTIONS_FILES_H */
