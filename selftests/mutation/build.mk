# SPDX-License-Identifier: MIT
#
# `make mutate`: does a test notice if the device code is changed in one place?
# MUTATE_FILE: only files with this in their path. MUTATE_SAMPLE, MUTATE_SEED: so
# many mutants at random. MUTATE_FLAGS: see mutation.py --help. Without the tests of
# the vector code, which is not built here.

MUTATE_SEED ?= 1
MUTATE_JOBS ?= $(shell nproc)

.PHONY: mutate
mutate:
	nice -n 10 selftests/mutation/mutation.py --build $(B)/mutation --jobs $(MUTATE_JOBS) \
		--firmware $(firmware-objs:.o=.c) --shared $(FW_TEST_SRC) \
		--tests $(patsubst %,firmware/tests/%.c,$(filter-out test_fast test_fast_stops test_bits,$(FW_TESTS))) \
		$(if $(MUTATE_FILE),--file $(MUTATE_FILE)) \
		$(if $(MUTATE_SAMPLE),--sample $(MUTATE_SAMPLE) --seed $(MUTATE_SEED)) \
		$(MUTATE_FLAGS)
