// SPDX-License-Identifier: MIT
// The headers are C++ too, and a C++ program links.
#include <qnn.h>
#include <qnn_file.h>
#include <qnn_writer.h>

#include <cstdio>
#include <cstring>

int main()
{
	qnn_device *dev = nullptr;
	qnn_writer *writer = nullptr;

	if (qnn_device_open(QNN_IN_PROCESS, &dev) || qnn_writer_create(&writer))
		return 1;
	qnn_device_info info{};
	qnn_device_query(dev, &info, sizeof(info));
	std::puts(info.path);
	qnn_writer_free(writer);
	qnn_device_close(dev);
	return std::strcmp(qnn_error(), "") != 0;
}
