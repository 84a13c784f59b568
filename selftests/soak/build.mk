# SPDX-License-Identifier: MIT
#
# Clients of every kind for a long time: a static program for the guests.

SOAK := $(B)/selftests/soak/soak
SOAK_OBJ := $(patsubst %.c,$(B)/obj/%.o,$(sort $(wildcard selftests/soak/*.c)))

$(SOAK): $(SOAK_OBJ) $(KSELFTEST_LIB) $(B)/obj/selftests/lib/leftovers.o
	@mkdir -p $(@D)
	$(CC) -static -o $@ $^

GUEST_TESTS += $(SOAK)
kselftests: $(SOAK)

.PHONY: soak
soak:
	@selftests/soak/soak.sh
