// SPDX-License-Identifier: GPL-2.0-only
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include <kunit/visibility.h>

#include "qnn_user.h"

/**
 * qnn_user_alloc - memory of a size that the caller of an ioctl chose
 * @size: bytes, above 0
 * @flags: 0 or __GFP_ZERO
 *
 * Charged to the control group of the caller. Like kvmalloc(), but where the
 * group has no more the caller gets an error, and not the OOM killer.
 *
 * Return: the memory, for kvfree(), or NULL.
 */
void *qnn_user_alloc(size_t size, gfp_t flags)
{
	void *memory = NULL;

	flags |= GFP_KERNEL_ACCOUNT | __GFP_NOWARN;
	if (size <= SZ_32K)
		memory = kmalloc(size, flags | __GFP_NORETRY);

	return memory ?: __vmalloc(size, flags | __GFP_RETRY_MAYFAIL);
}

/**
 * qnn_stride_check - whether an array of user space can have this stride
 * @stride: bytes from one element to the next
 * @min_size: size of the element's first version
 *
 * The upper limit bounds the time to look for non-zero bytes in what this
 * kernel does not know.
 *
 * Return: 0 or -EINVAL.
 */
int qnn_stride_check(u32 stride, size_t min_size)
{
	if (stride < min_size || stride > PAGE_SIZE || stride % sizeof(u64))
		return -EINVAL;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_stride_check);

/**
 * qnn_copy_element - copy an element of an array in user space
 * @dst: where to
 * @size: bytes that this kernel knows; what the caller does not know is zeroed
 * @base: user address of the array
 * @stride: bytes from one element to the next, accepted by qnn_stride_check()
 * @index: number of the element
 *
 * Return: 0, -EFAULT, or -E2BIG if the caller uses what this kernel does not
 * know.
 */
int qnn_copy_element(void *dst, size_t size, u64 base, u32 stride, u32 index)
{
	const void __user *src;
	size_t known = min_t(size_t, size, stride);
	u64 addr, end;
	int ret;

	if (check_add_overflow(base, (u64)stride * index, &addr) ||
	    check_add_overflow(addr, (u64)stride, &end))
		return -EFAULT;
	src = u64_to_user_ptr(addr);

	if (stride > size) {
		ret = check_zeroed_user(src + size, stride - size);
		if (ret <= 0)
			return ret ?: -E2BIG;
	}
	if (copy_from_user(dst, src, known))
		return -EFAULT;
	memset(dst + known, 0, size - known);

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_copy_element);
