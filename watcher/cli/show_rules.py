"""What a person sees of rules: listings, forms, trials on the archive, suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.text import Text

from watcher.cli.asking import ConceptShown, Listed, Mention, PatternShown, TopicShown, Trial
from watcher.cli.show import Screen
from watcher.suggesting import Alias, Suggestions, Wording
from watcher.text import canon, clean_line

WORDS_SHOWN = 30


def show_list(screen: Screen, rules: Sequence[Listed]) -> None:
    """Show a line a rule."""
    rows: list[dict[str, object]] = [asdict(rule) for rule in rules]
    if not screen.as_json:
        rows = [
            {**row, "languages": " ".join(rule.languages), "used_by": len(rule.used_by) or ""}
            for row, rule in zip(rows, rules, strict=True)
        ]
    columns = {
        "kind": "kind", "id": "id", "label": "label", "patterns": "patterns", "languages": "languages",
        "used_by": "topics", "where": "written in",
    }  # fmt: skip
    screen.rows(rows, columns, nothing="There are no rules of that kind.")


def show_rules(screen: Screen, found: Sequence[TopicShown | ConceptShown]) -> None:
    """Show everything there is to know of some rules."""
    if screen.as_json:
        screen.json([asdict(rule) for rule in found])
        return
    for rule in found:
        if isinstance(rule, TopicShown):
            _topic(screen, rule)
        else:
            _concept(screen, rule)


def _say(screen: Screen, *parts: str | tuple[str, str]) -> None:
    """Write one line; texts from outside are made harmless, and are no markup."""
    shown = Text()
    for part in parts:
        text, style = (part, "") if isinstance(part, str) else part
        shown.append(canon(text).replace("\n", " "), style)
    screen.console.print(shown)


def _concept(screen: Screen, rule: ConceptShown) -> None:
    what = " ".join(filter(None, (rule.kind, rule.entity_kind, rule.gender, rule.wikidata)))
    _say(screen, (rule.id, "bold"), f"  {rule.label}  ", (f"{what}, {rule.where}", "dim"))
    if rule.used_by:
        _say(screen, f"  used by {', '.join(rule.used_by)}")
    for language in dict.fromkeys(pattern.language for pattern in rule.patterns):
        _say(screen, f"  {language or 'any language'}")
        for pattern in rule.patterns:
            if pattern.language == language:
                _pattern(screen, pattern)
    for name, guards in (("not after", rule.not_after), ("not before", rule.not_before)):
        if guards:
            _say(screen, f"  {name}  {', '.join(guards)}")
    _say(screen)


def _pattern(screen: Screen, pattern: PatternShown) -> None:
    mark = "not " if pattern.excluded else ""
    _say(screen, f"    {mark}", (pattern.pattern, "bold"))
    for reading in dict.fromkeys(pattern.readings):
        _say(screen, ("      " + "  +  ".join(" | ".join(forms) for forms in reading), "dim"))


def _topic(screen: Screen, rule: TopicShown) -> None:
    _say(screen, (rule.id, "bold"), f"  {rule.label}  ", (f"topic, {rule.where}", "dim"))
    _say(screen, "  gate")
    for line in rule.gate:
        _say(screen, f"    {line}")
    _say(screen, f"  score, core from {rule.alert_at:g}, mention from {rule.digest_at:g}")
    for line in rule.score:
        _say(screen, f"    {line}")
    if rule.again_if_new:
        _say(screen, f"  told again with a new {', '.join(rule.again_if_new)}")
    if rule.news:
        _say(screen, "  told again when a story is about it for the first time")
    for name, examples in (("must match", rule.match), ("must not match", rule.no_match)):
        _say(screen, f"  {name}")
        for example in examples:
            _say(screen, f"    {clean_line(example, 160)}")
    _say(screen)


def show_trial(screen: Screen, trial: Trial) -> None:
    """Show what a pattern finds in the archive."""
    if screen.as_json:
        screen.json(asdict(trial))
        return
    new = trial.matched - trial.known
    counts = f"{trial.mentions} times in {trial.matched} of {trial.articles} articles; {new} of them are no hits yet"
    _say(screen, (trial.pattern, "bold"), f"  {counts}")
    if trial.words:
        words = [f"{word} ×{count}" for word, count in trial.words.items()]
        more = f" … and {len(words) - WORDS_SHOWN} more" if len(words) > WORDS_SHOWN else ""
        _say(screen, f"words  {', '.join(words[:WORDS_SHOWN])}{more}")
    for mention in trial.found:
        _mention(screen, mention)
    if len(trial.found) < trial.matched:
        _say(screen, f"… and in {trial.matched - len(trial.found)} more articles: --limit {trial.matched} shows all")


def _mention(screen: Screen, mention: Mention) -> None:
    level = f", {mention.level}" if mention.level else ""
    seen = screen.time(mention.seen_at.isoformat())
    _say(screen)
    _say(screen, f"{seen}  {mention.outlet} ({mention.language}{level})  {clean_line(mention.title, 120)}")
    _say(screen, f"  …{mention.before}", (mention.text, "bold yellow"), f"{mention.after}…")
    _say(screen, (f"  {mention.url}", "dim"))


def show_suggestions(screen: Screen, found: Suggestions) -> None:
    """Show what the rules may lack, each with a line to copy and where it belongs."""
    if screen.as_json:
        screen.json(asdict(found))
        return
    if not found.aliases and not found.wordings:
        screen.say("Nothing to suggest.")
    _part(screen, "Names that the rules may not know", found.aliases)
    for alias in found.aliases:
        _alias(screen, alias)
    _part(screen, "Wordings that the rules may not know", found.wordings)
    for wording in found.wordings:
        _wording(screen, wording)


def _part(screen: Screen, heading: str, found: Sequence[object]) -> None:
    if found:
        screen.say(f"[bold]{heading}[/]\n")


def _alias(screen: Screen, alias: Alias) -> None:
    forms = ", ".join(f"{form} ×{count}" for form, count in alias.forms)
    articles = f"{alias.articles} article{'s' * (alias.articles != 1)}"
    _say(
        screen,
        (alias.word, "bold yellow"),
        f"  {alias.name}? Like {alias.like} ({alias.similarity:.0%}), in {articles}",
    )
    _say(screen, f"  {forms}  «{clean_line(alias.sentence, 200)}»")
    _line(screen, alias.line, alias.where, alias.url)


def _wording(screen: Screen, wording: Wording) -> None:
    because = "copies a hit" if wording.because == "copy" else "gate open"
    _say(
        screen,
        (wording.topic, "bold"),
        f"  {because}, {clean_line(wording.miss, 160)}  {clean_line(wording.title, 120)}",
    )
    _say(screen, f"  «{clean_line(wording.sentence, 300)}»")
    if wording.original:
        _say(screen, (f"  the hit: «{clean_line(wording.original, 300)}»", "dim"))
    if wording.words:
        _say(screen, f"  words  {', '.join(wording.words)}")
    _line(screen, wording.line, wording.where, wording.url)


def _line(screen: Screen, line: str, where: str, url: str) -> None:
    if line:
        _say(screen, ("    " + line, "green"))
    if where:
        _say(screen, (f"    → {where}", "dim"))
    _say(screen, (f"    {url}", "dim"))
    _say(screen)
