# SPDX-License-Identifier: MIT
# Reads the TAP or KTAP of one suite, nested to any depth, and counts the tests
# that have no tests below them. Variables: status, the suite's exit status
# ("" where it never ended). Prints "passed failed skipped", then each failure
# with the lines that came before it.

function indent_of(line) {
	match(line, /^ */)
	return int(RLENGTH / 4)
}

function fail(text, why) {
	failed++
	report = report "  " text "\n" why
}

# The results of a level are complete: were there as many as announced?
function close_level(level) {
	if (level in plan && seen[level] != plan[level])
		fail("planned " plan[level] " tests, saw " seen[level], "")
	delete plan[level]
	seen[level] = 0
	bad[level] = 0
}

function result(line, level,	ok) {
	ok = line !~ /^ *not ok/
	if (seen[level + 1] > 0 || (level + 1) in plan) {
		# The sum of the tests below; they were counted one by one.
		if (!ok && !bad[level + 1])
			fail(line, notes)
		if (bad[level + 1])
			bad[level]++
		close_level(level + 1)
	} else if (line ~ /# *(SKIP|skip)/) {
		skipped++
	} else if (ok || line ~ /# *(TODO|XFAIL)/) {
		passed++
	} else {
		fail(line, notes)
		bad[level]++
	}
	seen[level]++
	notes = ""
}

BEGIN {
	passed = failed = skipped = 0
}

/^ *(not )?ok [0-9]+/ {
	result($0, indent_of($0))
	next
}

/^ *1\.\.[0-9]+/ {
	level = indent_of($0)
	if (level in plan && seen[level] >= plan[level])
		close_level(level)
	match($0, /\.\.[0-9]+/)
	plan[level] = substr($0, RSTART + 2, RLENGTH - 2) + 0
	planned = 1
	if (!plan[level] && /SKIP|skip/)
		skipped++
	next
}

/^ *(K?TAP version|# Subtest|#  RUN|# +OK|# Totals|# Starting)/ {
	next
}

{
	notes = notes "    " $0 "\n"
}

END {
	for (level in plan)
		if (seen[level] != plan[level])
			fail("planned " plan[level] " tests, saw " seen[level] + 0, notes)
	if (!planned)
		fail("no plan was printed", notes)
	if (status == "")
		fail("the suite died or hung", "")
	else if (status != 0 && !failed)
		fail("ended with status " status, notes)
	print passed + 0, failed + 0, skipped + 0
	printf "%s", report
}
