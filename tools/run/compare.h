/* SPDX-License-Identifier: MIT */
#ifndef QNN_RUN_COMPARE_H
#define QNN_RUN_COMPARE_H

#include "options.h"

/**
 * run_compare() - go on as qnn-compare, with the same arguments
 *
 * It is looked for beside this program, and where it is installed. Returns
 * only when that fails.
 */
enum run_exit run_compare(char **argv);

#endif /* QNN_RUN_COMPARE_H */
