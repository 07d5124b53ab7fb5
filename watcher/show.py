"""What a person sees on a terminal: tables, explanations, status. Text from outside is made harmless first."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TextIO
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from watcher.errors import Problem
from watcher.evaluate import Report
from watcher.matching import Explanation, TopicExplanation
from watcher.model import ArticleText, Match
from watcher.store.queries import Row, Status
from watcher.text import clean_line

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

    @property
    def live(self) -> bool:
        """Somebody is looking: progress may be shown."""
        return self._out.isatty() and not self.as_json

    def json(self, value: object) -> None:
        """Write one JSON document."""
        self._out.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")

    def say(self, text: str = "") -> None:
        """Write a line, which may hold Rich markup of our own."""
        self.console.print(text)

    def time(self, text: object) -> str:
        """Show a moment of the database in the user's time zone."""
        if not isinstance(text, str) or not text:
            return ""
        return datetime.fromisoformat(text).astimezone(self._zone).strftime("%d %b %H:%M")

    def rows(self, rows: Sequence[Row], columns: Mapping[str, str], *, nothing: str) -> None:
        """Show a listing: the columns named, or all of every row as JSON.

        Args:
            columns: name of a column to its heading; names that end in ``_at`` are moments.
            nothing: what to say when there are no rows.
        """
        if self.as_json:
            self.json(rows)
            return
        if not rows:
            self.say(nothing)
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in columns.values():
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(*(Text(self._cell(name, row.get(name))) for name in columns))
        # Width matters only to eyes: in a pipe no line is broken.
        Console(file=self._out, highlight=False, width=None if self._out.isatty() else 10_000).print(table)

    def _cell(self, name: str, value: object) -> str:
        if value is None:
            return ""
        if name.endswith("_at"):
            return self.time(value)
        if isinstance(value, float):
            return f"{value:g}"
        return clean_line(str(value), 400)

    def marked(self, text: str, marks: Sequence[tuple[int, int]]) -> Text:
        """Evidence with its matched words in bold."""
        shown = Text(text.replace("\n", " "))
        for start, end in marks:
            shown.stylize("bold yellow", start, end)
        return shown

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
                        shown = Text(f"  {name:<16}{self._cell(name, value)}")
                        self.console.print(shown)
                self.say()

    def explanation(self, source: str, text: ArticleText, found: Explanation, note: str) -> None:
        """Show what the rules say of a text, and why."""
        judgement = found.judgement
        if self.as_json:
            self.json({"source": source, "note": note, "text": asdict(text), **asdict(found)})
            return
        self.console.print(Text(clean_line(text.title or source), style="bold"))
        self.say(f"{judgement.language}, {len(text.text)} characters, rules {judgement.rules_hash[:12]}")
        if note:
            self.console.print(Text(clean_line(note), style="yellow"))
        verdict = f"[green]{judgement.level}[/]" if judgement.level else "[red]no topic fires[/]"
        self.say(f"{verdict}\n")
        for topic in found.topics:
            if topic.score.level is not None:
                self._fired(topic, text)
        silent = [topic for topic in found.topics if topic.score.level is None]
        for topic in silent:
            self._silent(topic)
        if judgement.facts:
            self.say("[bold]facts[/]")
            for fact in judgement.facts:
                speaker = f" by {fact.speaker}" if fact.speaker else ""
                value = f"{fact.kind} {fact.value} {fact.unit}".rstrip() + speaker
                self.console.print(Text(f"  {value}  ← «{clean_line(fact.text, 120)}»"))

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

    def _silent(self, topic: TopicExplanation) -> None:
        score = topic.score
        self.console.print(Text.assemble((score.topic, "bold"), f"  {clean_line(score.miss, 200)}"))
        for miss in topic.misses[:MISSES_SHOWN]:
            where = f"  «{clean_line(miss.text, 100)}»" if miss.text else ""
            self.console.print(Text(f"    {miss.concept}: «{miss.pattern}» {miss.detail}{where}", style="dim"))

    def report(self, report: Report, *, errors: bool) -> None:
        """Show the figures of an evaluation; with ``errors``, what went wrong in each article."""
        wrong = [error.as_dict() for error in report.errors]
        if self.as_json:
            self.json({**report.as_dict(), **({"errors": wrong} if errors else {})})
            return
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
            self.console.print(Text(f"\n{error['id']} {error['language']} {clean_line(str(error['title']))}", "bold"))
            if error["level"]:
                self.say(f"  level: true {error['level']['true']}, found {error['level']['found']}")
            for side in ("extra", "missed"):
                for kind, names in error[side].items():
                    if names:
                        self.console.print(Text(f"  {side} {kind}: {', '.join(map(str, names))}"))
            if error["borderline"]:
                self.console.print(Text(f"  borderline: {clean_line(error['borderline'])}", style="dim"))

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

    def status(self, status: Status, now: datetime) -> None:
        """Show how the watch is doing."""
        if self.as_json:
            self.json(status_dict(status))
            return
        self.say("[green]healthy[/]" if status.healthy else "[red]needs attention[/]")
        for problem in status.problems:
            self.say(f"  [red]•[/] {escape(clean_line(problem))}")
        counts = ", ".join(f"{number} {health}" for health, number in sorted(status.feeds.items())) or "none yet"
        self.say(f"feeds       {counts}")
        self.say(f"articles    {status.articles}, of which {status.unread} are still to be read")
        self.say(f"hits        {status.hits}, {status.hits_today} in the last 24 h")
        states = ", ".join(f"{number} {state}" for state, number in sorted(status.deliveries.items())) or "none yet"
        self.say(f"deliveries  {states}")
        if status.latency is not None:
            self.say(f"latency     p50 {status.latency[0]:.1f} s, p95 {status.latency[1]:.1f} s from seen to accepted")
        beat = status.beats.get("daemon")
        self.say(f"daemon      {f'alive {span(now - beat)} ago' if beat else 'never started'}")
        if status.failing:
            self.say("failing feeds")
            for row in status.failing:
                detail = clean_line(str(row["last_detail"]), 120)
                self.say(
                    f"  {escape(str(row['feed_id']))}: {escape(detail)}, next try {self.time(row['next_poll_at'])}"
                )


def status_dict(status: Status) -> dict[str, object]:
    """The status as plain data."""
    return {
        "healthy": status.healthy,
        "problems": list(status.problems),
        "feeds": dict(status.feeds),
        "failing": list(status.failing),
        "slowest": list(status.slowest),
        "overdue_seconds": status.overdue.total_seconds(),
        "unread": status.unread,
        "articles": status.articles,
        "hits": status.hits,
        "hits_24h": status.hits_today,
        "deliveries": dict(status.deliveries),
        "oldest_pending_seconds": status.oldest_pending.total_seconds(),
        "paused": list(status.paused),
        "beats": {name: at.isoformat() for name, at in status.beats.items()},
        "latency_seconds": None
        if status.latency is None
        else {"p50": round(status.latency[0], 3), "p95": round(status.latency[1], 3)},
        "wal_bytes": status.wal_bytes,
    }


def span(time: timedelta) -> str:
    """A length of time in the largest unit that fits."""
    seconds = max(0, int(time.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
