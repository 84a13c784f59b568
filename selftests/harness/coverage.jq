# SPDX-License-Identifier: MIT
# Reads what gcov says of each object file, and writes one line for each line of
# code of driver/: file, number, how often it ran. A line of a header is counted
# once, however many files include it.
[.[].files[] | select(.file | test("/driver/[^/]+$")) |
	{file: (.file | sub("^.*/driver/"; "driver/")), line: .lines[]} |
	{file, number: .line.line_number, count: .line.count}]
| group_by([.file, .number])
| .[] | [.[0].file, .[0].number, (map(.count) | add)] | @tsv
