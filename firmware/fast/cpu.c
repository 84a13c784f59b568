// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* What this processor has, and the operating system lets it use. */
#include "isa.h"

#if defined(__x86_64__)

#define OSXSAVE		(1u << 27)	/* leaf 1, ecx */
#define AVX2		(1u << 5)	/* leaf 7, ebx */
#define AVX512F		(1u << 16)
#define AVX512DQ	(1u << 17)
#define AVX512BW	(1u << 30)
#define AVX512VL	(1u << 31)
#define AVX512VBMI	(1u << 1)	/* leaf 7, ecx */
#define AVX512VNNI	(1u << 11)
#define AVX512VPOPCNT	(1u << 14)
#define STATE_AVX	0x6u		/* of registers, in XCR0 */
#define STATE_AVX512	0xe6u

#define AMX_TILE	(1u << 24)	/* leaf 7, edx */
#define AMX_INT8	(1u << 25)
#define STATE_TILES	0x60000u
#define TILE_DATA	18u		/* its number there */

struct regs {
	u32 a, b, c, d;
};

static struct regs cpuid(u32 leaf)
{
	struct regs r = { leaf, 0, 0, 0 };

	__asm__ volatile("cpuid" : "+a"(r.a), "=b"(r.b), "+c"(r.c), "=d"(r.d));
	return r;
}

static u32 saved_state(void)
{
	u32 low, high;

	if (!(cpuid(1).c & OSXSAVE))
		return 0;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

static int has_all(u32 value, u32 bits)
{
	return (value & bits) == bits;
}

#ifdef QNN_HAVE_AMX
#define SYS_ARCH_PRCTL		158
#define ARCH_REQ_XCOMP_PERM	0x1023

/* Tiles are large: a process has to ask Linux (5.16 and newer) for room for them. */
static int may_use_tiles(void)
{
	long ret = SYS_ARCH_PRCTL;

	__asm__ volatile("syscall" : "+a"(ret)
			 : "D"((long)ARCH_REQ_XCOMP_PERM), "S"((long)TILE_DATA)
			 : "rcx", "r11", "memory");
	return ret == 0;
}

static int has_tiles(const struct regs *seven, u32 state)
{
	return has_all(seven->d, AMX_TILE | AMX_INT8) && has_all(state, STATE_TILES) &&
	       may_use_tiles();
}
#else
static int has_tiles(const struct regs *seven, u32 state)
{
	(void)seven;
	(void)state;
	return 0;
}
#endif

static int cpu_has(u32 isa)
{
	struct regs r;
	u32 state;

	if (cpuid(0).a < 7)
		return 0;
	r = cpuid(7);
	state = saved_state();
	if (isa == QNN_ISA_AVX2)
		return has_all(r.b, AVX2) && has_all(state, STATE_AVX);
	return has_all(r.b, AVX512F | AVX512DQ | AVX512BW | AVX512VL) &&
	       has_all(r.c, isa == QNN_ISA_AVX512VNNI ? AVX512VNNI :
			    AVX512VNNI | AVX512VBMI | AVX512VPOPCNT) &&
	       has_all(state, STATE_AVX512) && (isa != QNN_ISA_AMX || has_tiles(&r, state));
}

#elif defined(QNN_HAVE_NEON)

#define SYS_OPENAT	56
#define SYS_CLOSE	57
#define SYS_READ	63
#define AT_FDCWD	(-100)
#define O_CLOEXEC	02000000
#define AT_HWCAP	16u		/* of the auxiliary vector */
#define HWCAP_ASIMDDP	(1u << 20)

struct entry {
	u64 type;
	u64 value;
};

static long ask(long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}

/*
 * What Linux says that processors have, as it told the process at its start. Their own
 * registers say it as well, but before Linux 4.11 a process that read them was killed.
 */
static u64 capabilities(void)
{
	struct entry entries[64];
	long file = ask(SYS_OPENAT, AT_FDCWD, (long)"/proc/self/auxv", O_CLOEXEC), bytes, i;

	if (file < 0)
		return 0;
	bytes = ask(SYS_READ, file, (long)entries, sizeof(entries));
	ask(SYS_CLOSE, file, 0, 0);
	for (i = 0; i < bytes / (long)sizeof(*entries); i++) {
		if (entries[i].type == AT_HWCAP)
			return entries[i].value;
	}
	return 0;
}

static int cpu_has(u32 isa)
{
	return isa == QNN_ISA_NEONDOT && capabilities() & HWCAP_ASIMDDP;
}

#else

static int cpu_has(u32 isa)
{
	(void)isa;
	return 0;
}

#endif

int qnn_isa_usable(u32 isa)
{
	return isa == QNN_ISA_NONE || (qnn_isa_ops(isa) && cpu_has(isa));
}
