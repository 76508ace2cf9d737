"""Draws questions of docs/fleet.sql over example tables: docs/fleet-*.svg.

    plots.py <jcode-session> <folder of DuckDB> [--check]

The tables are exported by the program itself, from logs of three machines that are made here; the same ones each time, so
that the pictures are the same bytes. `--check` writes nothing and fails where a picture would change.
"""

import datetime
import json
import math
import os
import random
import subprocess
import sys
import tempfile

binary, packages, *flags = sys.argv[1:]
sys.path.insert(0, packages)
import duckdb  # noqa: E402

FIRST = datetime.datetime(2026, 2, 2, tzinfo=datetime.timezone.utc)
DAYS = 28
MACHINES = {"anna-laptop": 1.0, "build-box": 0.8, "cem-desk": 1.3}
# Dollars for a million tokens: input, output, read from a cache, written to one.
MODELS = {
    "claude-opus-4-5": (5.0, 25.0, 0.5, 6.25),
    "claude-sonnet-4-5": (3.0, 15.0, 0.3, 3.75),
    "gpt-5.1-codex": (1.25, 10.0, 0.125, 0.0),
    "gemini-3-pro": (2.0, 12.0, 0.2, 0.0),
}
# How often a tool is called, how often it fails, and its usual milliseconds with their spread.
TOOLS = {
    "read": (34, 0.021, 14, 0.5),
    "bash": (28, 0.083, 900, 1.5),
    "edit": (18, 0.112, 30, 0.4),
    "grep": (11, 0.012, 85, 0.7),
    "write": (5, 0.034, 28, 0.5),
    "webfetch": (3, 0.17, 1600, 0.8),
    "task": (2, 0.05, 42000, 0.7),
}


def pick(rng, weights):
    """A key, as often as its weight says."""
    at = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        at -= weight
        if at < 0:
            return key
    return key


def spread(rng, usual, width):
    """A number around the usual one, rarely much larger: close to log-normal."""
    return usual * math.exp(width * (sum(rng.random() for _ in range(12)) - 6))


def models_of(day):
    """Which models are used: one comes in the third week and takes over from another."""
    late = max(0.0, min(1.0, (day - 13) / 6))
    return {
        "claude-opus-4-5": 1.2 + 3.2 * late,
        "claude-sonnet-4-5": 5.0 - 3.6 * late,
        "gpt-5.1-codex": 2.4,
        "gemini-3-pro": 0.9,
    }


def session(rng, number, day, model):
    """The lines of a log."""
    at = FIRST + datetime.timedelta(days=day, hours=8 + 9 * rng.random())
    stamp = lambda: at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    lines = [{"type": "session", "version": 3, "id": f"s{number:05}", "timestamp": stamp(), "cwd": "/work/shop"}]

    def say(message):
        parent = lines[-1]["id"] if len(lines) > 1 else None
        lines.append({"type": "message", "id": f"{len(lines):06x}", "parentId": parent, "timestamp": stamp(), "message": message})

    context = 14_000
    for turn in range(int(3 + 9 * rng.random())):
        say({"role": "user", "content": f"Step {turn + 1} of the invoice"})
        for _ in range(int(2 + 7 * rng.random())):
            at += datetime.timedelta(seconds=3 + 10 * rng.random())
            tool = pick(rng, {tool: weight for tool, (weight, *_) in TOOLS.items()})
            output, new = int(spread(rng, 450, 0.7)), int(spread(rng, 1400, 0.8))
            prices = MODELS[model]
            used = (new, output, context, new)
            cost = sum(price * tokens for price, tokens in zip(prices, used)) / 1e6
            names = ("input", "output", "cacheRead", "cacheWrite")
            usage = {**dict(zip(names, used)), "cost": {"total": round(cost, 6)}}
            context = min(context + new + output, 160_000)
            call = {"type": "toolCall", "id": f"c{len(lines)}", "name": tool, "arguments": {"n": len(lines)}}
            say({"role": "assistant", "model": model, "stopReason": "toolUse", "usage": usage, "content": [call]})
            _, fails, usual, width = TOOLS[tool]
            took = int(spread(rng, usual, width)) + 1
            at += datetime.timedelta(milliseconds=took)
            result = {"role": "toolResult", "toolCallId": call["id"], "toolName": tool, "content": "done"}
            say({**result, "isError": rng.random() < fails, "durationMs": took})
        at += datetime.timedelta(minutes=1 + 6 * rng.random())
    return lines


def export(tables, folder):
    """The tables of each machine."""
    for number, (machine, share) in enumerate(MACHINES.items()):
        rng = random.Random(number)
        home = os.path.join(folder, machine)
        os.makedirs(os.path.join(home, "agent"))
        os.makedirs(os.path.join(home, "sessions"))
        with open(os.path.join(home, "agent", "machine.label"), "w") as label:
            label.write(machine)
        for day in range(DAYS):
            is_weekend = day % 7 > 4
            for _ in range(int(share * (1.2 if is_weekend else 6) * (0.4 + rng.random()))):
                count = len(os.listdir(os.path.join(home, "sessions")))
                lines = session(rng, number * 10_000 + count, day, pick(rng, models_of(day)))
                with open(os.path.join(home, "sessions", f"{count:05}.jsonl"), "w") as log:
                    log.writelines(json.dumps(line) + "\n" for line in lines)
        environment = {**os.environ, "JCODE_HOME": home, "JCODE_SESSION_OTHERS": "0"}
        command = [binary, "export", "--format", "parquet", "--all", "--to", tables]
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def questions():
    """The queries of docs/fleet.sql, by what stands above them."""
    found, title = {}, ""
    with open("docs/fleet.sql") as lines:
        for line in lines:
            if line.startswith("-- "):
                title = line[3:].strip()
            elif line.startswith("SELECT"):
                found[title] = line.strip().rstrip(";")
    return found


# Readable on light and on dark pages, of which nothing is painted over.
STYLE = """<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #57606a }
.title { font-size: 17px; font-weight: 600; fill: #24292f }
.strong { fill: #24292f }
.axis { stroke: #8b949e; stroke-width: 1 }
.grid { stroke: #8b949e; stroke-opacity: .28; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1 }
  .title, .strong { fill: #e6edf3 }
}
</style>"""
COLOURS = ["#2f81d7", "#c9631a", "#2e944a", "#a85fd0"]
WIDTH = 860


class Picture:
    """A picture, from the top down."""

    def __init__(self, height, title, told):
        self.height, self.title, self.parts = height, title, [STYLE]
        self.text(16, 28, title, style="title")
        if told:
            self.text(16, 48, told)

    def text(self, x, y, text, anchor="start", style=None, colour=None):
        style = f' class="{style}"' if style else ""
        colour = f' style="fill:{colour}"' if colour else ""
        anchor = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}"{anchor}{style}{colour}>{text}</text>')

    def line(self, x, y, to_x, to_y, style):
        self.parts.append(f'<line class="{style}" x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"/>')

    def bar(self, x, y, width, height, colour, round=0, opacity=1):
        more = (f' rx="{round}"' if round else "") + (f' fill-opacity="{opacity}"' if opacity < 1 else "")
        place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        self.parts.append(f'<rect {place} fill="{colour}"{more}/>')

    def dot(self, x, y, colour, is_open=False):
        look = f'fill="none" stroke="{colour}" stroke-width="2.5"' if is_open else f'fill="{colour}"'
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{5 if is_open else 6}" {look}/>')

    def svg(self):
        size = f'width="{WIDTH}" height="{self.height}" viewBox="0 0 {WIDTH} {self.height}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{self.title}">'
        return "\n".join([head, *self.parts, "</svg>"]) + "\n"


def cost(rows):
    """Bars of days, one part for each model."""
    total = {}
    for _, model, _, _, dollars in rows:
        total[model] = total.get(model, 0) + dollars
    models = sorted(total, key=lambda model: (-total[model], model))
    days = sorted({row[0] for row in rows})
    of = {(row[0], row[1]): row[4] for row in rows}
    most = max(sum(of.get((day, model), 0) for model in models) for day in days)
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200) if most / step <= 5)
    left, right, top, bottom = 56, 672, 76, 330
    height = lambda dollars: (bottom - top) * dollars / (step * math.ceil(most / step))
    weeks = f"{DAYS // 7} weeks of three machines, ${sum(total.values()):,.0f} in all"
    picture = Picture(362, "What agents cost, by day and model", weeks)
    for tick in range(math.ceil(most / step) + 1):
        y = bottom - height(tick * step)
        picture.line(left, y, right, y, "grid" if tick else "axis")
        picture.text(left - 8, y + 4.5, f"${tick * step}", "end")
    slot = (right - left) / DAYS
    for number in range(DAYS):
        day = (FIRST + datetime.timedelta(days=number)).date()
        x, y = left + number * slot + 2, bottom
        for at, model in enumerate(models):
            part = height(of.get((day, model), 0))
            y -= part
            if part > 1:
                picture.bar(x, y, slot - 4, part - 1, COLOURS[at])
        if day.weekday() == 0:
            picture.text(x + slot / 2 - 2, bottom + 20, f"{day:%a} {day.day} {day:%b}", "middle")
    # The names stand in the order of the parts, the topmost first.
    for row, (at, model) in enumerate(reversed(list(enumerate(models)))):
        y = top + 24 + row * 46
        picture.bar(right + 24, y - 11, 12, 12, COLOURS[at], 2)
        picture.text(right + 44, y, model, style="strong")
        picture.text(right + 44, y + 18, f"${total[model]:,.0f}, {100 * total[model] / sum(total.values()):.0f} %")
    return picture.svg()


def failing(rows):
    """A bar for each tool."""
    colour, left, right, top, slot = "#d64b5f", 104, 640, 88, 36
    most = max(row[3] for row in rows)
    calls = sum(row[1] for row in rows)
    told = f"{sum(row[2] for row in rows):,} of {calls:,} calls failed"
    picture = Picture(top + slot * len(rows) + 10, "Which tools fail, in percent of their calls", told)
    for number, (tool, calls, failed, percent) in enumerate(rows):
        y, width = top + number * slot, max(2, (right - left) * percent / most)
        picture.text(left - 12, y + 4.5, tool, "end", "strong")
        picture.bar(left, y - 10, width, 20, colour, 3)
        share = f'<tspan class="strong">{percent:.1f} %</tspan><tspan dx="10">{failed:,} of {calls:,}</tspan>'
        picture.text(left + width + 10, y + 4.5, share)
    return picture.svg()


def shown(ms):
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s" if ms < 9950 else f"{ms / 1000:.0f} s"


def durations(rows):
    """From half of the calls to 95 of 100, on a logarithmic axis."""
    rows = sorted(rows, key=lambda row: (row[1], row[0]))
    colour, left, right, top, slot = COLOURS[0], 104, 812, 108, 38
    low, high = 1, 5.5
    x = lambda ms: left + (right - left) * (math.log10(ms) - low) / (high - low)
    bottom = top + slot * len(rows) - 12
    picture = Picture(bottom + 30, "How long tools take", "")
    picture.dot(22, 43.5, colour)
    picture.text(36, 48, "half of the calls take no longer")
    picture.dot(262, 43.5, colour, True)
    picture.text(276, 48, "95 of 100 take no longer")
    for tick, text in enumerate(("10 ms", "100 ms", "1 s", "10 s", "100 s"), low):
        picture.line(x(10**tick), top - 24, x(10**tick), bottom, "grid")
        picture.text(x(10**tick), bottom + 20, text, "middle")
    for number, (tool, half, most) in enumerate(rows):
        y = top + number * slot
        picture.text(left - 16, y + 4.5, tool, "end", "strong")
        picture.bar(x(half), y - 2, x(most) - x(half) - 5, 4, colour, opacity=0.45)
        picture.dot(x(half), y, colour)
        picture.dot(x(most), y, colour, True)
        picture.text(x(half), y - 11, shown(half), "middle")
        picture.text(x(most) + 13, y + 4.5, shown(most))
    return picture.svg()


PICTURES = {
    "cost": ("Tokens and cost by day and model.", cost),
    "tools": ("Tools by how often they fail.", failing),
    "durations": ("How long tools take: half of the calls, and 95 of 100.", durations),
}

with tempfile.TemporaryDirectory() as folder:
    tables = os.path.join(folder, "tables")
    export(tables, folder)
    engine = duckdb.connect()
    for table in ("sessions", "entries", "tool_calls", "usage"):
        parquet = f"read_parquet('{tables}/{table}/**/*.parquet', hive_partitioning=true)"
        engine.execute(f"CREATE VIEW {table} AS SELECT * FROM {parquet}")
    asked = questions()
    changed = []
    for name, (question, draw) in PICTURES.items():
        path = f"docs/fleet-{name}.svg"
        drawn = draw(engine.execute(asked[question]).fetchall())
        if not os.path.exists(path) or open(path).read() != drawn:
            changed.append(path)
            if "--check" not in flags:
                with open(path, "w") as file:
                    file.write(drawn)
if "--check" in flags and changed:
    sys.exit(f"no longer what the tables say: {', '.join(changed)}; tests/peer/plots.py draws them again")
print(f"plots: {len(PICTURES)} passed, 0 failed" if "--check" in flags else f"drawn again: {changed or 'none'}")
