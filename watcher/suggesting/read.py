"""An article with its words and what the rules, as they are now, say of it."""

from __future__ import annotations

from collections.abc import Iterator

from watcher.matching import Context, Matcher
from watcher.matching.definitions import Source
from watcher.model import Archived, Field, Judgement, Match


class Read:
    """An article, judged anew.

    Attributes:
        scans: its fields, with the places of what the rules know.
    """

    def __init__(self, matcher: Matcher, article: Archived) -> None:
        self.article = article
        self.language = article.text.language
        context = Context(
            feed_tags=article.feed_tags,
            outlet_class=article.outlet_class,
            published_at=article.published_at or article.seen_at,
            language=self.language,
        )
        self.scans = matcher.scan(article.text)
        self.judgement: Judgement = matcher.judged(self.scans, context)
        self._names = {(match.field, match.start) for match in self.judgement.matches if match.kind == "entity"}

    def sentence(self, match: Match) -> tuple[Field, int]:
        """The place of the sentence that a match stands in."""
        tokens = self.scans[match.field].tokens
        return match.field, tokens.sentences[self.word(match)]

    def word(self, match: Match) -> int:
        """The number of the first word of a match."""
        return next(i for i, end in enumerate(self.scans[match.field].tokens.ends) if end > match.start)

    def text_of(self, place: tuple[Field, int]) -> str:
        """The text of a sentence, on one line."""
        scan = self.scans[place[0]]
        start, end = scan.tokens.sentence_spans[place[1]]
        return " ".join(scan.text[start:end].split())

    def words_of(self, place: tuple[Field, int]) -> list[str]:
        """The words of a sentence."""
        tokens = self.scans[place[0]].tokens
        return [word for word, sentence in zip(tokens.words, tokens.sentences, strict=True) if sentence == place[1]]

    def places(self) -> Iterator[tuple[Field, int]]:
        """All sentences."""
        for name, scan in self.scans.items():
            for number in range(len(scan.tokens.sentence_spans)):
                yield name, number

    def is_first_name(self, field: Field, number: int) -> bool:
        """Whether a known name comes right after a word."""
        starts = self.scans[field].tokens.starts
        return number + 1 < len(starts) and (field, starts[number + 1]) in self._names

    def unknown(self) -> Iterator[tuple[Field, int, str, str]]:
        """Words that no rule knows: field, number of the word, the word folded and as it is written."""
        for name, scan in self.scans.items():
            known = {word for words in scan.postings.values() for word in words}
            tokens = scan.tokens
            for i, word in enumerate(tokens.words):
                if i not in known and word.isalpha():
                    yield name, i, word, scan.text[tokens.starts[i] : tokens.ends[i]]


def written_at(source: Source) -> str:
    """A place in the configuration, as people look for it."""
    return f"{source.file}:{source.line}"
