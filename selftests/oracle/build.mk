# SPDX-License-Identifier: MIT
#
# The program that runs the oracle's cases on the device code, plain and with
# sanitizers.

ORACLE_BIN := $(B)/selftests/oracle/run_programs
ORACLE_SAN := $(B)/san/selftests/oracle/run_programs

$(ORACLE_BIN): $(B)/obj/selftests/oracle/run_programs.o $(FW_LIB)
	@mkdir -p $(@D)
	$(CC) $^ -o $@

$(ORACLE_SAN): $(B)/san/selftests/oracle/run_programs.o $(FW_SAN_LIB)
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) $^ -o $@

.PHONY: oracle fuzz-oracle
oracle: $(ORACLE_BIN) $(ORACLE_SAN)

# selftests/checks/oracle.sh runs them.
tests: oracle

# ORACLE_COUNT random programs, and a fifth of that with something wrong.
ORACLE_COUNT ?= 200000
ORACLE_SEED ?= 1
fuzz-oracle: $(ORACLE_BIN)
	selftests/oracle/oracle.py --count $(ORACLE_COUNT) --seed $(ORACLE_SEED) \
		--mutants $$(($(ORACLE_COUNT) / 5)) --jobs $$(nproc) \
		--device $(ORACLE_BIN) --save $(B)/oracle
