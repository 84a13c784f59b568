# SPDX-License-Identifier: MIT
"""The table of Documentation/conformance.rst, made from what a run has seen."""
import textwrap

BEGIN = ".. begin of what selftests/conformance/nodes.py --write has written\n"
END = ".. end of it\n"
GRADES = ("equal", "tolerance")
HEADS = ("Equal", "Tolerance", "Out of range")
TITLES = {"equal": "Equal", "tolerance": "Within the standard's tolerance",
          "failed": "Failed"}


def cells(row, widths):
    return "  ".join(str(c).ljust(w) for c, w in zip(row, widths)).rstrip()


def counts(rows):
    """A simple table of rows, the first of which is its head."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    line = cells(["=" * w for w in widths], widths)
    body = [cells(row, widths) for row in rows]
    return [line, body[0], line, *body[1:], line]


def summary(results):
    rows, total = [("Operator", *HEADS, "Programs")], [0] * (len(HEADS) + 1)
    for op in sorted({r.op for r in results}):
        own = [r for r in results if r.op == op]
        numbers = [sum(r.grade == g for r in own) for g in (*GRADES, "range")]
        numbers.append(sum(r.jobs for r in own))
        rows.append((op, *numbers))
        total = [a + b for a, b in zip(total, numbers)]
    return counts([*rows, ("all", *total)])


def paragraph(title, names):
    return textwrap.wrap(f"{title}: {', '.join(names)}.", 79, initial_indent="    ",
                         subsequent_indent="    ", break_long_words=False,
                         break_on_hyphens=False)


def named(results):
    lines = []
    for op in sorted({r.op for r in results}):
        own = [r for r in results if r.op == op]
        lines.append(op)
        for grade, title in TITLES.items():
            names = [r.name for r in own if r.grade == grade]
            if names:
                lines += [*paragraph(title, names), ""]
        reasons = sorted({r.text for r in own if r.grade == "range"})
        for reason in reasons:
            names = [r.name for r in own if r.grade == "range" and r.text == reason]
            lines += [*paragraph(f"Out of range ({reason})", names), ""]
    return lines


def text(results, others, version):
    """All that stands between the marks."""
    nodes = sum(r.generated for r in results)
    first = textwrap.wrap(
        f"Version {version} of the package has {nodes} node tests of these operators, "
        f"and {len(results) - nodes} models of one such node that were converted from "
        f"PyTorch, whose names have capital letters. (Another {others} node tests have "
        "several nodes, among them such ones: they are what other operators consist "
        "of.)", 79)
    return "\n".join(["", *first, "", *summary(results), "", *named(results), ""])


def split(page):
    """What stands before, between and behind the marks."""
    before, rest = page.split(BEGIN)
    middle, after = rest.split(END)
    return before + BEGIN, middle, END + after
