# SPDX-License-Identifier: MIT
#
# The page of the documentation that qnn-pack writes. It is committed, so that
# it can be read without a build; `make operators` brings it up to date.
.PHONY: operators
operators: $(B)/tools/qnn-pack
	$< --supports=rst > $(B)/operators.rst
	mv $(B)/operators.rst Documentation/operators.rst
