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

.PHONY: oracle
oracle: $(ORACLE_BIN) $(ORACLE_SAN)
