# SPDX-License-Identifier: (GPL-2.0 OR MIT)
#
# The tools. Each program or shared folder that others maintain has its own
# fragment; this file has the importer, the quantizer and the packer.
-include tools/common/build.mk tools/run/build.mk tools/info/build.mk tools/bench/build.mk
