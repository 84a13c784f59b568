/* SPDX-License-Identifier: MIT */
#ifndef LIBQNN_JOB_H
#define LIBQNN_JOB_H

#include "backend.h"

/* 0 when no run is under way, -EBUSY when one is. Notices one that ended. */
int qnn_job_idle(struct qnn_job *job);

#endif /* LIBQNN_JOB_H */
