# SPDX-License-Identifier: MIT
"""A plot of accuracy over bits, a line for each method, as SVG."""

from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 190, 34, 44
COLOURS = ("#1f5fa8", "#c0392b", "#2e8b57", "#8e44ad", "#d68910", "#5d6d7e",
           "#17a2a2", "#7b4b2a")


def ticks(low, high):
    for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20):
        if (high - low) / step <= 8:
            break
    at = round(low / step) * step
    while at <= high + 1e-9:
        if at >= low - 1e-9:
            yield at
        at += step


def plot(path, title, across, series, reference):
    """series: {name: [(bits, mean, lowest, highest), ...]}; percent."""
    points = [p for line in series.values() for p in line]
    bits = sorted({p[0] for p in points})
    low = min([p[2] for p in points] + [reference])
    high = max([p[3] for p in points] + [reference])
    margin = max((high - low) * 0.05, 0.05)
    low, high = low - margin, min(high + margin, 100)

    def x(b):
        span = max(len(bits) - 1, 1)
        return LEFT + 20 + (WIDTH - LEFT - RIGHT - 40) * bits.index(b) / span

    def y(v):
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - v) / (high - low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
           f'height="{HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="18" font-size="14">{escape(title)}</text>']
    for v in ticks(low, high):
        out.append(f'<path d="M{LEFT} {y(v):.1f}H{WIDTH - RIGHT}" '
                   'stroke="#ddd"/>'
                   f'<text x="{LEFT - 6}" y="{y(v) + 4:.1f}" '
                   f'text-anchor="end">{v:g} %</text>')
    for b in bits:
        out.append(f'<text x="{x(b):.1f}" y="{HEIGHT - 24}" '
                   f'text-anchor="middle">{b}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" '
               f'text-anchor="middle">{escape(across)}</text>')
    out.append(f'<path d="M{LEFT} {y(reference):.1f}H{WIDTH - RIGHT}" '
               'stroke="#333" stroke-dasharray="5 4"/>'
               f'<text x="{WIDTH - RIGHT + 8}" y="{y(reference) + 4:.1f}">'
               'float</text>')
    for i, (name, line) in enumerate(series.items()):
        colour = COLOURS[i % len(COLOURS)]
        way = " ".join(f"{x(b):.1f},{y(m):.1f}" for b, m, _, _ in line)
        out.append(f'<polyline points="{way}" fill="none" stroke="{colour}" '
                   'stroke-width="2"/>')
        for b, m, lo, hi in line:
            out.append(f'<circle cx="{x(b):.1f}" cy="{y(m):.1f}" r="3" '
                       f'fill="{colour}"/><path d="M{x(b):.1f} {y(lo):.1f}'
                       f'V{y(hi):.1f}" stroke="{colour}"/>')
        at = TOP + 30 + 18 * i
        out.append(f'<rect x="{WIDTH - RIGHT + 8}" y="{at - 9}" width="10" '
                   f'height="10" fill="{colour}"/><text '
                   f'x="{WIDTH - RIGHT + 24}" y="{at}">{escape(name)}</text>')
    with open(path, "w") as file:
        file.write("\n".join(out) + "\n</svg>\n")
