/* SPDX-License-Identifier: MIT */
/* Threads that share the work of a command. */
#ifndef LIBQNN_INPROC_LANES_H
#define LIBQNN_INPROC_LANES_H

#include "firmware/qnn_device.h"

struct inproc_lanes;

/*
 * As many as the environment variable QNN_LANES says, the caller's included.
 * *@out is NULL if there is one. -EINVAL, -ENOMEM or what a thread failed with.
 */
int inproc_lanes_start(struct inproc_lanes **out);
void inproc_lanes_stop(struct inproc_lanes *lanes);

/* Lends the threads to a run, if no other has them; inproc_lanes_return() after it. */
void inproc_lanes_lend(struct inproc_lanes *lanes, struct qnn_exec *exec);
void inproc_lanes_return(struct inproc_lanes *lanes, struct qnn_exec *exec);

#endif /* LIBQNN_INPROC_LANES_H */
