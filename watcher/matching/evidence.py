"""What is kept of an article that was judged: each mention as a row, and the sentence that says most."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Literal

from watcher.matching.compiler import Compiled, Written
from watcher.matching.language import language_of
from watcher.matching.scanning import FieldScan
from watcher.matching.topics import FIELDS, Hit, Topic
from watcher.model import Evidence, Field, Match, TopicId, TopicScore
from watcher.text import Tokens

EVIDENCE_CHARS = 400

_Credit = tuple[Literal["term", "entity", "fact"], str, str, str, str]
_Scans = Mapping[Field, FieldScan]
_Hits = Mapping[str, Sequence[Hit]]
_ORDER = attrgetter("rank", "concept")


class Clerk:
    """Writes down what was found, by compiled rules."""

    def __init__(self, rules: Compiled) -> None:
        self._credits = [_credit(rules, written) for written in rules.patterns]
        self._topic_weights: dict[TopicId, dict[str, float]] = {
            topic.definition.id: _concept_weights(topic) for topic in rules.topics
        }

    def matches(self, scans: _Scans, hits: _Hits, language: str) -> tuple[Match, ...]:
        """All mentions as rows to keep, in the order of the article."""
        ordered = sorted([hit for found in hits.values() for hit in found], key=_ORDER)
        sentences = dict.fromkeys([(hit.field, hit.sentence) for hit in ordered])
        languages = {
            (name, sentence): _sentence_language(scans[name].tokens, sentence, language) for name, sentence in sentences
        }
        texts = {name: scan.text for name, scan in scans.items()}
        return tuple([self._match(hit, texts[hit.field], languages[hit.field, hit.sentence]) for hit in ordered])

    def _match(self, hit: Hit, text: str, language: str) -> Match:
        credit = self._credits[hit.pattern] if hit.pattern >= 0 else _fact_credit(hit)
        kind, concept, label, pattern, listed = credit
        _, name, zone, _, _, start, end, *_ = hit
        # The constructor of a named tuple with so many fields takes four times as long.
        return tuple.__new__(
            Match, (kind, concept, label, name, zone, start, end, text[start:end], pattern, listed, language)
        )

    def evidence(self, scans: _Scans, hits: _Hits, fired: Sequence[TopicScore]) -> Evidence | None:
        """The sentence with the weightiest mentions of the strongest topic; of the title only when it is far ahead."""
        weights = self._weights(fired[:1])
        places: dict[tuple[Field, int], dict[str, float]] = {}
        for concept, points in weights.items():
            for hit in hits.get(concept, ()):
                places.setdefault((hit.field, hit.sentence), {})[concept] = points
        if not places:
            return None
        values = {place: sum(found.values()) * (0.5 if place[0] == "title" else 1) for place, found in places.items()}
        name, sentence = max(values, key=lambda place: (values[place], -FIELDS.index(place[0]), -place[1]))
        shown = self._weights(fired)
        marks = [hit for c in shown for hit in hits.get(c, ()) if hit.field == name and hit.sentence == sentence]
        best = {concept for concept in weights if concept in places[name, sentence]}
        return _cut_out(scans[name], sentence, marks, [hit for hit in marks if hit.concept in best])

    def _weights(self, scores: Iterable[TopicScore]) -> dict[str, float]:
        """The most that a mention of each concept can add to the topics."""
        weights: dict[str, float] = {}
        for score in scores:
            for concept, points in self._topic_weights[score.topic].items():
                weights[concept] = max(points, weights.get(concept, 0.0))
        return weights


def _credit(rules: Compiled, written: Written) -> _Credit:
    """What the matches of a pattern have in common: kind, concept, label, pattern, its language."""
    concept = rules.concepts[written.concept]
    return concept.kind, concept.id, concept.label, written.text, written.language


def _fact_credit(hit: Hit) -> _Credit:
    name = hit.concept.removeprefix("fact.")
    return "fact", name, name.replace("_", " "), hit.value, ""


def _concept_weights(topic: Topic) -> dict[str, float]:
    """The most that a mention of each concept can add to a topic; none for what adds nothing."""
    weights: dict[str, float] = {}
    for score in topic.definition.score:
        top = max(score.title, score.lead, score.body)
        for concept in score.concepts if top > 0 else ():
            weights[concept] = max(top, weights.get(concept, 0.0))
    return weights


def _sentence_language(tokens: Tokens, sentence: int, prior: str) -> str:
    first = bisect_left(tokens.sentences, sentence)
    last = min(bisect_right(tokens.sentences, sentence), first + 30)
    return language_of(tokens.words[first:last], prior)


def _cut_out(scan: FieldScan, sentence: int, marks: Sequence[Hit], best: Sequence[Hit]) -> Evidence:
    """The sentence, cut to a window around the best mentions when it is long, with all marks that fit into it."""
    start, end = scan.tokens.sentence_spans[sentence]
    if end - start > EVIDENCE_CHARS:
        start, end = _window(scan, start, end, best or marks)
    merged: list[tuple[int, int]] = []
    for first, last in sorted({(hit.start, hit.end) for hit in marks}):
        first, last = max(first, start), min(last, end)  # noqa: PLW2901 - clipped to the window
        if first >= last:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    shifted = tuple((first - start, last - start) for first, last in merged)
    return Evidence(scan.text[start:end], scan.name, start, shifted)


def _window(scan: FieldScan, start: int, end: int, marks: Sequence[Hit]) -> tuple[int, int]:
    """At most EVIDENCE_CHARS of a long sentence, from word to word, around its first mentions."""
    tokens = scan.tokens
    first = min(hit.start for hit in marks)
    last = max(hit.end for hit in marks if hit.end - first <= EVIDENCE_CHARS) if len(marks) > 1 else marks[0].end
    room = max(0, EVIDENCE_CHARS - (last - first)) // 2
    low, high = max(start, min(first - room, end - EVIDENCE_CHARS)), 0
    low = (
        start
        if low == start
        else tokens.starts[min(bisect_left(tokens.starts, low), bisect_left(tokens.starts, first))]
    )
    high = min(end, low + EVIDENCE_CHARS)
    if high < end:
        word = bisect_right(tokens.ends, high) - 1
        high = max(tokens.ends[word], low + 1) if word >= 0 and tokens.ends[word] > low else high
    return low, high
