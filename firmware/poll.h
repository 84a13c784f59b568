/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Counting work, so that the caller is asked often enough whether to go on. */
#ifndef QNN_POLL_H
#define QNN_POLL_H

#include "qnn_device.h"

struct qnn_poll {
	qnn_poll_fn fn;
	void *priv;
	u32 work;		/* units since the last call */
};

/*
 * Announce at most QNN_POLL_WORK units of work. Non-zero: do not start them.
 */
static inline int qnn_poll(struct qnn_poll *poll, u32 units)
{
	poll->work += units;
	if (poll->work <= QNN_POLL_WORK)
		return 0;
	poll->work = units;
	return poll->fn && poll->fn(poll->priv) ? -1 : 0;
}

#endif /* QNN_POLL_H */
