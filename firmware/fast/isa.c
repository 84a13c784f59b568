// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "isa.h"

static const struct qnn_isa_ops *const sets[QNN_ISA_NR] = {
#ifdef QNN_HAVE_AVX
	[QNN_ISA_AVX2] = &qnn_avx2_ops,
	[QNN_ISA_AVX512VNNI] = &qnn_avx512vnni_ops,
	[QNN_ISA_AVX512BITS] = &qnn_avx512bits_ops,
#endif
#ifdef QNN_HAVE_AMX
	[QNN_ISA_AMX] = &qnn_amx_ops,
#endif
#ifdef QNN_HAVE_NEON
	[QNN_ISA_NEONDOT] = &qnn_neondot_ops,
#endif
};

const struct qnn_isa_ops *qnn_isa_ops(u32 isa)
{
	return isa < QNN_ISA_NR ? sets[isa] : (const struct qnn_isa_ops *)0;
}

const char *qnn_isa_name(u32 isa)
{
	const struct qnn_isa_ops *ops = qnn_isa_ops(isa);

	return isa == QNN_ISA_NONE ? "none" : ops ? ops->name : (const char *)0;
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

u32 qnn_isa_find(const char *name)
{
	u32 isa;

	for (isa = 0; isa < QNN_ISA_NR; isa++) {
		const char *known = qnn_isa_name(isa);

		if (known && same(known, name))
			break;
	}
	return isa;
}

u32 qnn_isa_best(void)
{
	u32 isa = QNN_ISA_NR - 1;

	while (!qnn_isa_usable(isa))
		isa--;
	return isa;
}
