"""What matching costs: compile, tokenise, judge, with more and more patterns; and the worst texts.

Run ``python -m benchmarks.matching``; with ``--check`` it fails when a ratio is beyond its limit. Times of one run can
be compared with each other, not with those of other machines.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from watcher.matching import Matcher, compile_watch
from watcher.matching.definitions import ConditionDef, PatternDef, ScoreDef, Source, TermDef, TopicDef, WatchDef
from watcher.model import ArticleText, TermId, TopicId
from watcher.text import tokenize

_T = TypeVar("_T")
SOURCE = Source("bench.yml", 1, "")
SYLLABLES = (
    ["ба", "ве", "гі", "до", "жу", "за", "ки", "ло", "мі", "не", "по", "ра", "со", "ту", "фе", "хо", "цу", "ча", "ші"],
    ["ba", "ce", "di", "fo", "gu", "ha", "li", "mo", "ne", "po", "ra", "so", "tu", "ve", "ki", "ja", "wo", "zu", "xe"],
)
SIZES = ((200, 1_000), (2_000, 1_000), (20_000, 1_000))
FIRING = 5  # topics that the articles make fire, whatever the number of patterns
GROWTH_LIMIT = 1.3
TOKENISE_LIMIT = 3.0
ARTICLE = (
    "Довгострокові гарантії безпеки для України обговорили в Женеві, заявив Зеленський журналістам у середу. "
    "За словами дипломатів, документ налічував двадцять вісім пунктів, а після переговорів залишилося дев'ятнадцять. "
    "Європейські союзники просять записати зобов'язання так, щоб їх не можна було відкликати одним рішенням. "
    "Погода в столиці лишається хмарною, рух транспорту на лівому березі відновили після ремонту мосту. "
)


def word(rng: random.Random, least: int = 4) -> str:
    """A made-up word; those of patterns are long, so that few are in an article."""
    return "".join(rng.choices(SYLLABLES[rng.random() < 0.2], k=rng.randint(least, 6)))


def term(rng: random.Random, number: int, patterns: int) -> TermDef:
    """A term of so many patterns of all kinds; each tenth has a word of the article in it."""
    lines = []
    for i in range(patterns):
        left = rng.choice(["гарант", "безпек", "документ", "столиц"]) if i % 10 == 9 else word(rng)
        lines.append(rng.choice([f"{left}* ~4 {word(rng)}*", f"{left} {word(rng)}", f"{word(rng)}*", f"*{word(rng)}*"]))
    written = tuple(PatternDef(line, "uk", SOURCE) for line in lines)
    return TermDef(TermId(f"t{number}"), f"Term {number}", written, SOURCE)


def watch(patterns: int, topics: int, seed: int = 1) -> WatchDef:
    """A watch of so many patterns, in terms of ten, and topics that each need a term and a context."""
    rng = random.Random(seed)
    context = (PatternDef("україн*", "uk", SOURCE), PatternDef("зеленськ*", "uk", SOURCE))
    guarantees = (PatternDef("гаранті* ~4 безпек*", "uk", SOURCE),)
    terms = [
        TermDef(TermId("context"), "Context", context, SOURCE),
        TermDef(TermId("guarantees"), "Guarantees", guarantees, SOURCE),
        *(term(rng, i, 10) for i in range(patterns // 10)),
    ]
    ids = [str(t.id) for t in terms[2:]]
    named = ["guarantees"] * FIRING + [ids[i % len(ids)] for i in range(topics - FIRING)]
    return WatchDef((), tuple(terms), tuple(topic(i, name) for i, name in enumerate(named)))


def topic(number: int, concept: str) -> TopicDef:
    """A topic that needs a term and the context."""
    leaves = tuple(ConditionDef("item", SOURCE, name) for name in (concept, "context"))
    lines = (
        ScoreDef((concept,), 6, 5, 3, 12, SOURCE),
        ScoreDef(("context",), 2, 1, 1, 4, SOURCE),
    )
    when = ConditionDef("all", SOURCE, items=leaves)
    return TopicDef(TopicId(f"k{number}"), f"Topic {number}", when, lines, 5, 3, SOURCE)


def article(seed: int, size: int = 5_000) -> ArticleText:
    """An article of so many characters: sentences that match between others of words that do not."""
    rng = random.Random(seed)
    pieces = [ARTICLE]
    while sum(map(len, pieces)) < size:
        pieces.append(" ".join(word(rng, 2) for _ in range(12)).capitalize() + ". ")
        if rng.random() < 0.15:
            pieces.append(ARTICLE)
    return ArticleText("Гарантії безпеки для України", ARTICLE[:110], "".join(pieces)[:size], "page")


def best(work: Callable[[], object], seconds: float = 0.25) -> float:
    """The least processor time of a call, in seconds: others disturb it, nothing makes it faster."""
    end, least = time.perf_counter() + seconds, float("inf")
    while time.perf_counter() < end:
        begin = time.thread_time()
        work()
        least = min(least, time.thread_time() - begin)
    return least


def per_article(judge: Callable[[ArticleText], object], articles: list[ArticleText]) -> float:
    """Milliseconds per article, each at its best; old objects are out of the collector's sight, as in a worker."""
    gc.collect()
    gc.freeze()
    return 1_000 * sum(best(lambda a=a: judge(a)) for a in articles) / len(articles)  # type: ignore[misc]


def timed(work: Callable[[], _T]) -> tuple[_T, float]:
    """What a call returns, and its processor time in milliseconds."""
    begin = time.thread_time()
    return work(), 1_000 * (time.thread_time() - begin)


def growth() -> Iterator[str]:
    """The table of sizes; yields what is beyond a limit."""
    articles = [article(seed) for seed in range(8)]
    tokens = per_article(lambda a: tokenize(a.text), articles)
    print(f"tokenise {tokens:.2f} ms per article of {len(articles[0].text):,} characters\n")
    print(f"{'patterns':>9} {'topics':>7} {'compile ms':>11} {'cold ms':>8} {'judge ms':>9} {'x tokenise':>11}")
    times = []
    for patterns, topics in SIZES:
        rules = watch(patterns, topics)
        matcher, compiled = timed(partial(compile_watch, rules))
        _, cold = timed(partial(matcher.judge, articles[0]))
        times.append(per_article(matcher.judge, articles))
        row = (
            f"{patterns:>9,} {topics:>7,} {compiled:>11.0f} {cold:>8.2f} {times[-1]:>9.2f} {times[-1] / tokens:>11.1f}"
        )
        print(row)
    if times[-1] / times[0] > GROWTH_LIMIT:
        yield f"judging grows with the patterns: {times[-1] / times[0]:.2f} times from {SIZES[0][0]} to {SIZES[-1][0]}"
    if times[1] / tokens > TOKENISE_LIMIT:
        yield f"judging takes {times[1] / tokens:.1f} times as long as cutting the text into words"


def hostile() -> Iterator[str]:
    """The worst texts of 200,000 characters."""
    matcher = compile_watch(watch(2_000, 1_000))
    texts = {
        "one matching phrase": "гарантії безпеки України " * 8_000,
        "one word": "гарантії " * 22_000,
        "no spaces": "гарантії" * 25_000,
        "no sentences": "гарантії слово безпеки " * 8_700,
        "full stops": "." * 200_000,
        "different words": " ".join(f"w{i}" for i in range(33_000)),
        "chinese": "安全保障" * 50_000,
    }
    print(f"\n{'text of 200,000 characters':<28} {'ms':>6}")
    for name, text in texts.items():
        taken = _once(matcher, text)
        print(f"{name:<28} {1_000 * taken:>6.0f}")
        if taken > 1:
            yield f"“{name}” takes {taken:.1f} s"


def _once(matcher: Matcher, text: str) -> float:
    return timed(lambda: matcher.judge(ArticleText("", "", text[:200_000], "page")))[1] / 1_000


def shipped() -> None:
    """The rules in ``config``, on the same articles."""
    from watcher.config import load  # noqa: PLC0415 - only this part reads files

    directory = Path(__file__).parent.parent / "config"
    if not (directory / "topics.yml").exists():
        return
    rules = load(directory, {}).watch
    matcher, compiled = timed(partial(compile_watch, rules))
    articles = [article(seed) for seed in range(8)]
    count = len(matcher.rules.patterns)
    print(f"\nshipped watch: {count:,} patterns and names, compile {compiled:.0f} ms,", end=" ")
    times, tokens = per_article(matcher.judge, articles), per_article(lambda a: tokenize(a.text), articles)
    print(f"judge {times:.2f} ms per article with facts, {times / tokens:.1f} times as long as tokenising")


def main() -> int:
    """Print all tables; with --check, 1 when something is beyond its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a ratio is beyond its limit")
    arguments = parser.parse_args()
    beyond = [*growth(), *hostile()]
    shipped()
    for line in beyond:
        print(f"beyond its limit: {line}")
    return 1 if beyond and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
