# SPDX-License-Identifier: MIT
"""Tables and plots of what accuracy.json holds."""

import os

import svg

TITLES = {
    "trained": "Trained with quantizers",
    "recipes": "Recipes beside each other, five epochs",
    "untrained": "Without training",
    "weights": "Equal steps of weights, A8",
    "books": "Code books, A8",
    "activations": "Activations, W8",
}
PLOTS = {"weights": ("bits of a weight", "weights"),
         "books": ("bits of an index", "weights"),
         "activations": ("bits of an activation", "activations")}


def grouped(objects):
    """Rows of one table, network and method with all their draws."""
    found = {}
    for o in objects:
        key = (o["table"], o["model"], o["method"], o["weights"],
               o["activations"])
        found.setdefault(key, []).append(o)
    return found


def spread(draws):
    values = [o["accuracy"] for o in draws]
    return sum(values) / len(values), min(values), max(values)


def table(rows):
    """Lines of text with columns of equal width, as reStructuredText."""
    wide = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    rule = "  ".join("=" * w for w in wide)
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, wide)).rstrip()
             for row in rows]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def text(objects):
    """All tables."""
    groups, parts = grouped(objects), []
    for name, title in TITLES.items():
        rows = [("Network", "Method", "Weights", "Activations", "Accuracy",
                 "Lowest, highest", "Below float", "Bytes")]
        for key, draws in groups.items():
            if key[0] != name:
                continue
            mean, low, high = spread(draws)
            several = f"{low:.2f}, {high:.2f}" if len(draws) > 1 else "-"
            rows.append((*key[1:], f"{mean:.2f} %", several,
                         f"{draws[0]['float_accuracy'] - mean:.2f}",
                         str(draws[0]["bytes"])))
        if len(rows) > 1:
            parts.append(f"{title}\n{'-' * len(title)}\n\n{table(rows)}\n")
    return "\n".join(parts)


def plots(objects, folder):
    """One SVG for each table that has bits to go along."""
    groups = grouped(objects)
    for name, (across, axis) in PLOTS.items():
        series, reference = {}, None
        for key, draws in groups.items():
            if key[0] == name:
                bits = int(draws[0][axis])
                series.setdefault(key[2], []).append((bits, *spread(draws)))
                reference = draws[0]["float_accuracy"]
        if series:
            svg.plot(os.path.join(folder, f"accuracy-{name}.svg"),
                     f"ResNet-20, CIFAR-10 (JPEG): {TITLES[name]}", across,
                     {k: sorted(v) for k, v in series.items()}, reference)
