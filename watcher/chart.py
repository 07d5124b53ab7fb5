"""The chart of a digest, drawn by Matplotlib in a process of its own.

Matplotlib and NumPy take 70 MB and a second to load, for one picture a day: so the hub does not load them. They are in
the extra ``chart``; without them a digest goes out without its picture.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

DEADLINE = 30.0
_WIDTH, _HEIGHT, _DPI = 5.46, 1.7, 200
# Seen on white and on black: the mail is shown on either, and the picture has no background of its own.
_INK = "#7f8a99"


class ChartError(Exception):
    """The chart could not be drawn; the text says why."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars on top of each other, one for each day.

    Attributes:
        counts: a row for each series, a number for each day.
        colours: of the series.
    """

    first_day: date
    counts: tuple[tuple[int, ...], ...]
    colours: tuple[str, ...]


async def draw(bars: Bars) -> bytes:
    """The bars as a PNG.

    Raises:
        ChartError: Matplotlib is not installed, fails, or takes longer than :data:`DEADLINE`.
    """
    wanted = json.dumps([bars.first_day.isoformat(), bars.counts, bars.colours]).encode()
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "watcher.chart", stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        async with asyncio.timeout(DEADLINE):
            png, complaint = await process.communicate(wanted)
    except TimeoutError:
        raise ChartError(f"the chart was not drawn within {DEADLINE:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not png:
        lines = complaint.decode("utf-8", "replace").strip().splitlines()
        raise ChartError(lines[-1] if lines else f"the process ended with {process.returncode}")
    return png


def paint(first_day: date, counts: Sequence[Sequence[int]], colours: Sequence[str]) -> bytes:
    """The bars as a PNG, drawn in this process."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - only where it is drawn
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    days = range(len(counts[0]))
    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    below = [0] * len(days)
    for row, colour in zip(counts, colours, strict=False):
        axes.bar(days, row, bottom=below, width=0.74, color=colour)
        below = [low + count for low, count in zip(below, row, strict=True)]
    axes.set_ylim(0, max(4, *below) * 1.05)
    axes.set_xlim(-0.6, len(days) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    labels = [_label(first_day + timedelta(days=day), first=day == 0) for day in days]
    axes.set_xticks(list(days), labels)
    axes.tick_params(colors=_INK, labelsize=7.5, length=0)
    axes.grid(axis="y", color=_INK, alpha=0.3, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    target = io.BytesIO()
    figure.savefig(target, format="png", transparent=True, metadata={"Software": None})
    return target.getvalue()


def _label(day: date, *, first: bool) -> str:
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{day.day}\n{months[day.month - 1]}" if first or day.day == 1 else str(day.day)


def main() -> None:
    """Read what is to be drawn from standard input, write the picture to standard output."""
    first, counts, colours = json.load(sys.stdin)
    sys.stdout.buffer.write(paint(date.fromisoformat(first), counts, colours))


if __name__ == "__main__":
    main()
