"""What a person sees on a terminal: tables, explanations, status. Text from outside is made harmless first."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TextIO
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from watcher.redaction import Redactor
from watcher.wording import one_line

if TYPE_CHECKING:
    from watcher.errors import Problem
    from watcher.evaluate import Report
    from watcher.matching import Explanation, TopicExplanation
    from watcher.matching.explanation import Miss
    from watcher.model import ArticleText, Match

Row = dict[str, object]

MATCHES_SHOWN = 12
MISSES_SHOWN = 2
CONTEXT = 40


class Screen:
    """Writes for people, or JSON for programs.

    Args:
        as_json: write JSON instead of tables.
        zone: IANA name of the time zone in which moments are shown.
        out: standard output when None.
    """

    def __init__(self, *, as_json: bool = False, zone: str = "UTC", out: TextIO | None = None) -> None:
        self.as_json = as_json
        self._zone = ZoneInfo(zone)
        self._out = out if out is not None else sys.stdout
        self.console = Console(file=self._out, highlight=False, soft_wrap=True)
        self._redactor = Redactor()

    @property
    def live(self) -> bool:
        """Somebody is looking: progress may be shown."""
        return self._out.isatty() and not self.as_json

    def hide(self, secrets: Sequence[str]) -> None:
        """Leave these out of all that is shown."""
        self._redactor.know(secrets)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show that something is being done, on a terminal only, and take it away afterwards."""
        if not self.live:
            yield
            return
        with self.console.status(f"{what} …"):
            yield

    def json(self, value: object) -> None:
        """Write one JSON document."""
        text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
        self._out.write(self._redactor.redact(text) + "\n")

    def say(self, text: str = "") -> None:
        """Write a line, which may hold Rich markup of our own."""
        self.console.print(text)

    def lines(self, lines: Iterable[Sequence[tuple[str, str]]]) -> None:
        """Write lines, each of parts with their style; the parts are no markup."""
        for line in lines:
            self.console.print(Text.assemble(*line))

    def moment(self, moment: datetime) -> str:
        """Show a moment in the user's time zone."""
        return moment.astimezone(self._zone).strftime("%d %b %H:%M")

    def time(self, text: object) -> str:
        """Show a moment of the database in the user's time zone."""
        return self.moment(datetime.fromisoformat(text)) if isinstance(text, str) and text else ""

    def rows(self, rows: Sequence[Row], columns: Mapping[str, str], *, nothing: str, below: Sequence[str] = ()) -> None:
        """Show a listing: the columns named, or all of every row as JSON.

        Args:
            columns: name of a column to its heading; names that end in ``_at`` are moments.
            nothing: what to say when there are no rows.
            below: columns with long texts, which move below their row, the first one first, where the terminal is too
                narrow for the table.
        """
        if self.as_json:
            self.json(rows)
            return
        if not rows:
            self.say(nothing)
            return
        cells = [{name: self._cell(name, row.get(name)) for name in columns} for row in rows]
        shown = {name for name in columns if any(cell[name] for cell in cells)}
        widths = {
            name: max(cell_len(columns[name]), *(cell_len(cell[name]) for cell in cells))
            for name in columns if name in shown
        }  # fmt: skip
        beside = self._beside(widths, below)
        self.console.print(Text(_padded({name: columns[name] for name in beside}, beside, widths), style="bold"))
        for cell in cells:
            self.console.print(Text(_padded(cell, beside, widths)))
            self._indented([cell[name] for name in widths if name not in beside and cell[name]])

    def _beside(self, widths: Mapping[str, int], below: Sequence[str]) -> list[str]:
        """The columns that stay in the table. Width matters only to eyes: in a pipe no line is broken."""
        beside = list(widths)
        for name in below if self._out.isatty() else ():
            if sum(widths[each] + 2 for each in beside) - 2 <= self.console.width:
                break
            beside = [each for each in beside if each != name]
        return beside

    def _indented(self, texts: Sequence[str]) -> None:
        """Long texts below their row, broken between words; an address stays whole, so that it can be clicked."""
        room = max(20, self.console.width - 4)
        joined = "; ".join(texts)
        if texts and cell_len(joined) <= room and "://" not in joined:
            texts = [joined]
        for text in texts:
            lines = Text(text).wrap(self.console, room) if "://" not in text else [Text(text)]
            for line in lines:
                self.console.print(Text.assemble("    ", line))

    def _cell(self, name: str, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, float):
            return f"{value:g}"
        if isinstance(value, str) and (name == "at" or name.endswith("_at")):
            return self.time(value)
        return self._redactor.redact(one_line(str(value), 400))

    def trace(self, found: Mapping[str, Sequence[Row]]) -> None:
        """Show the life of one article, part by part."""
        if self.as_json:
            self.json(found)
            return
        for part, rows in found.items():
            self.say(f"[bold]{part}[/]" if rows else f"[bold]{part}[/]  none")
            for row in rows:
                for name, value in row.items():
                    if value not in (None, ""):
                        shown = Text(f"  {name:<18}{self._cell(name, value)}")
                        self.console.print(shown)
                self.say()

    def explanation(self, source: str, text: ArticleText, found: Explanation, note: str) -> None:
        """Show what the rules say of a text, and why."""
        judgement = found.judgement
        if self.as_json:
            parts = {"judgement": _named(judgement), "topics": _named(found.topics)}
            self.json({"source": source, "note": note, "text": asdict(text), **parts})
            return
        self.console.print(Text(one_line(text.title or source), style="bold"))
        self.say(f"{judgement.language}, {len(text.text)} characters, rules {judgement.rules_hash[:12]}")
        if note:
            self.console.print(Text(one_line(note), style="yellow"))
        verdict = f"[green]{judgement.level}[/]" if judgement.level else "[red]no topic fires[/]"
        self.say(f"{verdict}\n")
        for topic in found.topics:
            if topic.score.level is not None:
                self._fired(topic, text)
        told: set[Miss] = set()
        for topic in found.topics:
            if topic.score.level is None:
                self._silent(topic, told)
        if judgement.facts:
            self.say("[bold]facts[/]")
            for fact in judgement.facts:
                speaker = f" by {fact.speaker}" if fact.speaker else ""
                value = f"{fact.kind} {fact.value} {fact.unit}".rstrip() + speaker
                self.console.print(Text(f"  {value}  ← «{one_line(fact.text, 120)}»"))

    def _fired(self, topic: TopicExplanation, text: ArticleText) -> None:
        score = topic.score
        at = score.alert_at if score.level == "core" else score.digest_at
        self.say(f"[bold]{escape(score.topic)}[/]  score {score.score:g} ≥ {at:g} → [green]{score.level}[/]")
        for line in score.lines:
            counted = ", ".join(f"{number} in {zone}" for zone, number in line.mentions.items() if number)
            cap = f", at most {line.cap:g}" if line.cap is not None and line.points != line.raw else ""
            if counted:
                self.say(f"  {line.points:+g}  {escape(' '.join(line.concepts))}: {escape(counted)}{cap}")
        for match in topic.matches[:MATCHES_SHOWN]:
            self.console.print(self._in_context(match, text))
        if len(topic.matches) > MATCHES_SHOWN:
            self.say(f"    … and {len(topic.matches) - MATCHES_SHOWN} more")
        self.say()

    @staticmethod
    def _in_context(match: Match, text: ArticleText) -> Text:
        whole = {"title": text.title, "summary": text.summary, "text": text.text}[match.field]
        before = whole[max(0, match.start - CONTEXT) : match.start]
        after = whole[match.end : match.end + CONTEXT]
        language = f" ({match.pattern_language})" if match.pattern_language else ""
        return Text.assemble(
            f"    {match.zone:<6}…{before}".replace("\n", " "),
            (match.text.replace("\n", " "), "bold yellow"),
            f"{after}…  ".replace("\n", " "),
            (f"{match.label}, pattern «{match.pattern}»{language}", "dim"),
        )

    def _silent(self, topic: TopicExplanation, told: set[Miss]) -> None:
        """What a topic lacked; a near miss that several topics wanted is told under the first of them."""
        score = topic.score
        self.console.print(Text.assemble((score.topic, "bold"), f"  {one_line(topic.nearest, 200)}"))
        nearest = topic.misses[:MISSES_SHOWN]
        for miss in nearest:
            if miss not in told:
                where = f"  «{one_line(miss.text, 100)}»" if miss.text else ""
                self.console.print(Text(f"    {miss.concept}: «{miss.pattern}» {miss.detail}{where}", style="dim"))
        if above := [miss.concept for miss in nearest if miss in told]:
            self.console.print(Text(f"    as above: {', '.join(above)}", style="dim"))
        told.update(nearest)

    def report(self, report: Report, *, errors: bool) -> None:
        """Show the figures of an evaluation; with ``errors``, what went wrong in each article."""
        wrong = [error.as_dict() for error in report.errors]
        if self.as_json:
            self.json({**report.as_dict(), **({"errors": wrong} if errors else {})})
            return
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in ("", "precision", "recall", "F1", "right", "extra", "missed"):
            table.add_column(heading, justify="left" if not heading else "right")
        figures = report.as_dict()
        for name in ("level.core", "level.relevant", "topics", "entities", "plan_points", "stories"):
            row = figures[name]
            parts = (f"{row[part]:.3f}" for part in ("precision", "recall", "f1"))
            table.add_row(name, *parts, *(str(row[part]) for part in ("hits", "extra", "missed")))
        self.console.print(table)
        self.say(f"alerts per story {report.alerts_per_story:.2f}, articles {report.articles}")
        for error in wrong if errors else ():
            self.console.print(Text(f"\n{error['id']} {error['language']} {one_line(str(error['title']))}", "bold"))
            if error["level"]:
                self.say(f"  level: true {error['level']['true']}, found {error['level']['found']}")
            for side in ("extra", "missed"):
                for kind, names in error[side].items():
                    if names:
                        self.console.print(Text(f"  {side} {kind}: {', '.join(map(str, names))}"))
            if error["borderline"]:
                self.console.print(Text(f"  borderline: {one_line(error['borderline'])}", style="dim"))

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show what is wrong with a configuration, a line each with its remedy."""
        for problem in problems:
            colour = "red" if problem.severity == "error" else "yellow"
            where = f"{problem.file}:{problem.line}" if problem.line else problem.file
            field = f"{problem.field}: " if problem.field else ""
            line = f"[{colour}]{problem.severity}[/] {escape(where)} {escape(field)}{escape(problem.message)}"
            self.say(line)
            if problem.remedy:
                self.say(f"      [dim]{escape(problem.remedy)}[/]")


def _padded(cells: Mapping[str, str], names: Sequence[str], widths: Mapping[str, int]) -> str:
    return "  ".join(cells[name] + " " * (widths[name] - cell_len(cells[name])) for name in names).rstrip()


def _named(value: object) -> object:
    """Plain values for JSON: objects and named tuples as what their fields are called."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _named(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: _named(part) for name, part in zip(value._fields, value, strict=True)}
    if isinstance(value, Mapping):
        return {key: _named(part) for key, part in value.items()}
    return [_named(part) for part in value] if isinstance(value, (tuple, list)) else value
