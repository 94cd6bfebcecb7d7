"""Charts as SVG, drawn here so that nothing has to be installed. Colours follow the reader's choice
of a light or a dark page."""

from html import escape

STYLE = """
svg { --ink: #1f2328; --faint: #8b949e; --line: #d0d7de; --ours: #0969da; --peer: #afb8c1;
      --reference: #57606a; font: 12px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6edf3; --faint: #8b949e; --line: #30363d; --ours: #58a6ff; --peer: #484f58;
        --reference: #8b949e; } }
text { fill: var(--ink); } .faint { fill: var(--faint); } .bold { font-weight: 600; }
.ours { fill: var(--ours); } .peer { fill: var(--peer); } .reference { fill: var(--reference); }
.one { stroke: var(--ink); stroke-dasharray: 3 3; } .range { stroke: var(--ink); opacity: .6; }
.frame { stroke: var(--line); fill: none; } .cell { fill-opacity: .75; stroke: var(--line); }
.better { fill: #2da44e; } .worse { fill: #d1603d; } .equal { fill: #8b949e; }
"""

ROW, BAR, TOP = 24, 14, 44
NAMES, PANEL, GAP, VALUE = 190, 150, 28, 42


def svg(width, height, title, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">\n<title>{escape(title)}</title>\n'
            f"<style>{STYLE}</style>\n" + "\n".join(body) + "\n</svg>\n")


def text(x, y, content, kind="", anchor="start"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">'
            f"{escape(content)}</text>")


def line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def rectangle(x, y, width, height, kind):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'class="{kind}"/>')


def bars(title, rows, panels):
    """Horizontal bars with ranges. rows: (name, kind, {panel: Spread or None}), panels:
    {key: heading}. Every panel has a scale of its own, and a line at 1."""
    width = NAMES + len(panels) * (PANEL + VALUE + GAP)
    height = TOP + len(rows) * ROW + 16
    body = [text(0, 14, title, "bold")]
    for index, (key, heading) in enumerate(panels.items()):
        left = NAMES + index * (PANEL + VALUE + GAP)
        spreads = [figures.get(key) for _, _, figures in rows]
        top = max([spread.high for spread in spreads if spread] + [1.2])
        scale = PANEL / top
        body.append(text(left, TOP - 12, heading, "faint"))
        body.append(line(left, TOP - 4, left, height - 12, "frame"))
        for number, ((_, kind, _), spread) in enumerate(zip(rows, spreads)):
            middle = TOP + number * ROW + ROW / 2
            if spread is None:
                body.append(text(left + 4, middle + 4, "–", "faint"))
                continue
            body.append(rectangle(left, middle - BAR / 2, spread.median * scale, BAR, kind))
            body.append(line(left + spread.low * scale, middle, left + spread.high * scale, middle,
                             "range"))
            body.append(text(left + PANEL + 6, middle + 4, f"{spread.median:.2f}"))
        body.append(line(left + scale, TOP - 4, left + scale, height - 12, "one"))
    for number, (name, kind, _) in enumerate(rows):
        body.append(text(NAMES - 10, TOP + number * ROW + ROW / 2 + 4, name,
                         "bold" if kind == "ours" else "", "end"))
    return svg(width, height, title, body)


HEAT_CELL, HEAT_ROW, HEAT_NAMES = 76, 26, 190


def heat_map(title, columns, rows):
    """Squares with a ratio each: green above 1, red below, grey within 5 %.
    rows: (name, [ratio])."""
    width = HEAT_NAMES + len(columns) * HEAT_CELL + 10
    height = TOP + len(rows) * HEAT_ROW + 10
    body = [text(0, 14, title, "bold")]
    for index, column in enumerate(columns):
        middle = HEAT_NAMES + (index + 0.5) * HEAT_CELL
        body.append(text(middle, TOP - 8, column, "faint", "middle"))
    for number, (name, ratios) in enumerate(rows):
        y = TOP + number * HEAT_ROW
        body.append(text(HEAT_NAMES - 10, y + 17, name, "", "end"))
        for index, ratio in enumerate(ratios):
            x = HEAT_NAMES + index * HEAT_CELL
            if ratio is None:
                body.append(text(x + HEAT_CELL / 2, y + 17, "–", "faint", "middle"))
                continue
            kind = "better" if ratio > 1.05 else "worse" if ratio < 0.95 else "equal"
            strength = min(0.85, 0.25 + abs(ratio - 1)) if kind != "equal" else 0.25
            body.append(f'<rect x="{x + 1}" y="{y + 1}" width="{HEAT_CELL - 2}" '
                        f'height="{HEAT_ROW - 2}" class="{kind}" fill-opacity="{strength:.2f}"/>')
            body.append(text(x + HEAT_CELL / 2, y + 17, f"{ratio:.2f}", "", "middle"))
    return svg(width, height, title, body)
