"""What is wrong, and what is doubtful, in a watch: each with file, line, field and remedy.

Errors are those of :func:`watcher.matching.compiler.compile_rules`: they keep a watch from being used. Warnings do not:
patterns that say the same as another one, stems so short that they match ordinary words, things that nothing uses,
topics without examples, people whose gender is left open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from watcher.errors import Problem
from watcher.matching.compiler import Written, compile_rules, naming_of
from watcher.matching.definitions import EntityDef, PatternDef, Source, TermDef, TopicDef, WatchDef
from watcher.matching.names import DECLINED, forms
from watcher.matching.patterns import Atom, PatternError, Slot, Variant, parse
from watcher.matching.tables import SlotTable
from watcher.matching.topics import leaves

SHORT_STEM = 4
"""In Latin, Greek and Cyrillic; three letters of a script without vowels, or of syllables, say more."""
COMMON_SHARE = 0.005
"""A stem that fits more than this share of the distinct words of recent articles matches too much."""


def lint(watch: WatchDef, vocabulary: Collection[str] = ()) -> list[Problem]:
    """Every error and warning, in the order of files and lines.

    Args:
        watch: what was written.
        vocabulary: the distinct folded words of recent articles, to find stems that fit too many; may be empty.
    """
    rules, errors = compile_rules(watch)
    written = rules.patterns if rules is not None else _readable(watch)
    warnings = [
        *_short_stems(written),
        *_common_stems(written, vocabulary),
        *_redundant(written),
        *_unused(watch),
        *(problem for topic in watch.topics for problem in _topic(topic)),
        *(problem for entity in watch.entities for problem in _gender(entity)),
    ]
    return sorted([*errors, *warnings], key=lambda problem: (problem.file, problem.line, problem.severity))


def _warning(source: Source, message: str, remedy: str) -> Problem:
    return Problem(source.file, source.line, source.field, message, remedy, severity="warning")


def _readable(watch: WatchDef) -> tuple[Written, ...]:
    """The patterns that can be read, of a watch that cannot be compiled."""
    written = []
    for entity in watch.entities:
        written += [_read(entity.id, name, entity) for name in entity.names]
    for term in watch.terms:
        written += [_read(term.id, pattern, None) for pattern in term.patterns]
        written += [replace(_read(term.id, pattern, None), excluded=True) for pattern in term.excluded]
    return tuple(pattern for pattern in written if pattern.variants)


def _read(concept: str, pattern: PatternDef, entity: EntityDef | None) -> Written:
    try:
        variants = parse(pattern.text, naming_of(entity, pattern.language) if entity else None)
    except PatternError:
        variants = ()
    return Written(concept, pattern.text, pattern.language, pattern.source, variants)


def _atoms(written: Written) -> dict[Atom, None]:
    return dict.fromkeys(atom for v in written.variants for slot in v.slots for atom in slot)


def _shortest(stem: str) -> int:
    """How many letters of its script a stem should have at least."""
    if "\u0600" <= stem[0] <= "\u06ff":
        return 0  # without vowels, three letters of Arabic are a root
    if any("\u2e80" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7a3" for letter in stem):
        return 2  # a syllable or a word each
    return SHORT_STEM


def _short_stems(patterns: Iterable[Written]) -> Iterator[Problem]:
    for written in patterns:
        for atom in _atoms(written):
            alone = all(len(variant.slots) == 1 for variant in written.variants)
            if atom.kind != "exact" and alone and len(atom.text) < _shortest(atom.text):
                yield _warning(written.source, f"“{atom}” is a short stem", "add letters, or write the words out")


def _common_stems(patterns: Sequence[Written], vocabulary: Collection[str]) -> Iterator[Problem]:
    if not vocabulary:
        return
    stems = {atom for written in patterns for atom in _atoms(written) if atom.kind != "exact"}
    table = SlotTable(frozenset([atom]) for atom in stems)
    numbers = Counter(
        slot for fitting in table.look_up(sorted(vocabulary)) if fitting is not None for slot in fitting.all
    )
    for written in patterns:
        for atom in _atoms(written):
            count = numbers[table.number(frozenset([atom]))] if atom.kind != "exact" else 0
            if count > COMMON_SHARE * len(vocabulary):
                share = 100 * count / len(vocabulary)
                message = f"“{atom}” fits {count} of the words of recent articles ({share:.1f} %)"
                yield _warning(written.source, message, "make the stem longer")


# --- patterns that say what another one says already ------------------------------------------------------------


def _redundant(patterns: Iterable[Written]) -> Iterator[Problem]:
    groups: dict[tuple[str, str, bool], list[Written]] = {}
    for written in patterns:
        # The same word under two languages is no repeat: it says which language it was found in.
        groups.setdefault((written.concept, written.language, written.excluded), []).append(written)
    for group in groups.values():
        for i, written in enumerate(group):
            for j, other in enumerate(group):
                if i != j and _covers(other, written) and not (j > i and _covers(written, other)):
                    same = f"“{other.text}” ({other.source.file}:{other.source.line})"
                    yield _warning(
                        written.source, f"“{written.text}” finds nothing that {same} does not", "leave it out"
                    )
                    break


def _covers(wide: Written, narrow: Written) -> bool:
    return all(any(_variant_covers(w, n) for w in wide.variants) for n in narrow.variants)


def _variant_covers(wide: Variant, narrow: Variant) -> bool:
    if tuple(map(len, wide.parts)) != tuple(map(len, narrow.parts)):
        return False
    joins = all(
        w.distance >= n.distance and w.ordered <= n.ordered for w, n in zip(wide.joins, narrow.joins, strict=True)
    )
    return joins and all(_slot_covers(w, n) for w, n in zip(wide.slots, narrow.slots, strict=True))


def _slot_covers(wide: Slot, narrow: Slot) -> bool:
    return narrow <= wide or all(any(_atom_covers(w, n) for w in wide) for n in narrow)


def _atom_covers(wide: Atom, narrow: Atom) -> bool:
    if wide.case != "any" and (wide.case, wide.shape) != (narrow.case, narrow.shape):
        return False
    if wide.kind == "infix":
        return wide.text in narrow.text
    if narrow.kind not in {"exact", wide.kind}:
        return False
    if wide.kind == "prefix":
        return narrow.text.startswith(wide.text)
    return narrow.text.endswith(wide.text) if wide.kind == "suffix" else narrow.text == wide.text


# --- things that nothing uses, and things left open -------------------------------------------------------------


def _unused(watch: WatchDef) -> Iterator[Problem]:
    used = {word for topic in watch.topics for leaf in leaves(topic.when) for word in leaf.text.split()}
    used |= {name for topic in watch.topics for line in topic.score for name in line.concepts}
    unused: list[TermDef] = [term for term in watch.terms if term.id not in used] if watch.topics else []
    for term in unused:
        yield _warning(term.source, f"no topic uses the term “{term.id}”", "use it in a topic, or leave it out")


def _topic(topic: TopicDef) -> Iterator[Problem]:
    if not topic.match or not topic.no_match:
        what = "that must match" if not topic.match else "that must not match"
        yield _warning(topic.source, f"“{topic.id}” has no examples {what}", "add some under examples:")
    if not topic.score:
        yield _warning(topic.source, f"“{topic.id}” has no score", "without points it never fires")
    scored = {name for line in topic.score for name in line.concepts if max(line.title, line.lead, line.body) > 0}
    wanted = {word for leaf in leaves(topic.when) for word in leaf.text.split()[:3:2]}
    if topic.score and not scored & wanted:
        yield _warning(topic.source, f"“{topic.id}” gives no points for what its gate asks for", "score it")


def _gender(entity: EntityDef) -> Iterator[Problem]:
    if entity.kind != "person" or entity.gender:
        return
    for name in entity.names:
        last = name.text.split()[-1] if name.text.split() else ""
        if (
            name.language in DECLINED
            and last.isalpha()
            and len(forms(last, name.language)) > len(forms(last, name.language, "m"))
        ):
            yield _warning(entity.source, f"“{entity.id}” stands for women and men of this name", "add gender: m or f")
            return
