"""What the rules may lack: names in other spellings, wordings of copies, open gates; never what they know."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from tests.builders import NOW
from tests.watching import ukraine_watch
from watcher.matching import Context, compile_pattern, compile_watch
from watcher.model import Archived, ArticleId, ArticleText, Level, NearMiss, TopicId
from watcher.reading import near_miss
from watcher.suggesting import suggest
from watcher.suggesting.names import sound
from watcher.text import canon

MATCHER = compile_watch(ukraine_watch())
FILLER = (
    "The delegations met in a hotel by the lake until late at night. Reporters waited in the rain for a statement"
    " that did not come. A spokeswoman told them that the talks would go on in the morning, with breakfast at eight."
)


def archived(
    text: str, title: str = "", *, language: str = "en", name: str = "", level: Level | None = None
) -> Archived:
    """An article as the store gives it: what the rules say of it is what is stored with it."""
    name = name or str(abs(hash((text, title))) % 10**9)
    article = ArticleText(canon(title), "", canon(text), "page", language)
    judgement = MATCHER.judge(article, Context(language=language))
    near = near_miss(judgement)
    return Archived(
        id=ArticleId(1),
        url=f"https://wire.example/{name}",
        outlet="Harbour Wire",
        outlet_class="wire",
        feed_tags=(),
        seen_at=NOW,
        published_at=NOW,
        text=article,
        level=level or judgement.level,
        near=NearMiss(near.topic, near.gate, near.score, near.digest_at, near.miss) if near else None,
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Кислиця", "Kyslytsia"),
        ("Кислица", "Kislitsa"),
        ("Хегсет", "Hegseth"),
        ("Зеленский", "Zelenskyy"),
        ("Єрмак", "Iermak"),
    ],
)
def test_transliterations_of_a_name_sound_alike(one: str, other: str) -> None:
    """Whatever the system."""
    assert sound(one).rstrip("ai") == sound(other).rstrip("ai")


class TestNames:
    def test_a_spelling_that_is_near_a_known_name_is_suggested(self) -> None:
        """With its forms, an article, and the line that would add it."""
        texts = [
            "Україна просить гарантій безпеки, сказав Кислітца в Женеві.",
            "Гарантії безпеки для України: Кислітцу питали про мирний план.",
        ]
        (alias,) = suggest(MATCHER, [archived(text, language="uk") for text in texts]).aliases
        assert (alias.entity, alias.language, alias.articles) == ("kyslytsia", "uk", 1)
        assert dict(alias.forms) == {"Кислітца": 1, "Кислітцу": 1}
        assert "Женеві" in alias.sentence
        assert yaml.safe_load(alias.line) == {"uk": f"Кислиця, {alias.word}"}
        assert alias.where.startswith("watch.yml:")

    def test_the_line_is_for_the_language_of_the_article(self) -> None:
        """A language that has no names yet begins with this one."""
        text = "Guaranties de sécurité: security guarantees for Ukraine, dit Zelinsky."
        (alias,) = suggest(MATCHER, [archived(text, language="fr")]).aliases
        assert yaml.safe_load(alias.line) == {"fr": "Zelinsky"}

    @pytest.mark.parametrize(
        "words",
        [
            "said Rubio",  # known
            "said Rivera",  # like none
            "the umerof of the day",  # no capital
            "the Umerof, the umerof",  # a common word at times
            "said RUBIOO",  # a heading
            "said Umerof Rubio",  # a first name
        ],
    )
    def test_other_words_are_not(self, words: str) -> None:
        """Known names, strange names, common words."""
        assert suggest(MATCHER, [archived(f"Ukraine wants security guarantees, {words}.")]).aliases == ()

    def test_articles_that_came_near_nothing_are_not_looked_at(self) -> None:
        """They are about something else, where names are alike by chance."""
        assert suggest(MATCHER, [], [archived("Umerof scored twice.")]).aliases == ()


class TestCopies:
    HIT = f"Ukraine was promised firm security guarantees by its allies on Wednesday. {FILLER}"
    COPY = f"Ukraine was promised firm security pledges by its allies on Wednesday. {FILLER}"

    def test_what_stands_instead_of_the_words_that_matched_is_suggested(self) -> None:
        """With both sentences, the term, and a pattern that finds it."""
        hit, copy = archived(self.HIT), archived(self.COPY)
        assert (hit.level, copy.level) == ("core", None)
        (wording,) = suggest(MATCHER, [hit], [copy]).wordings
        assert (wording.because, wording.topic, wording.term) == ("copy", "security_guarantees", "security_guarantees")
        assert wording.line == "security pledges"
        assert compile_pattern(wording.line).judge(copy.text).matches
        assert wording.original.startswith("Ukraine was promised firm security guarantees")
        assert wording.sentence.startswith("Ukraine was promised firm security pledges")
        assert "watch.yml:" in wording.where
        assert "en of the term" in wording.where

    def test_near_misses_are_looked_at_too(self) -> None:
        """They come with the hits."""
        copy = replace(archived(self.COPY), near=NearMiss(TopicId("security_guarantees"), True, 1, 3, "score 1 of 3"))
        assert [w.line for w in suggest(MATCHER, [archived(self.HIT), copy]).wordings] == ["security pledges"]

    def test_each_wording_is_suggested_once(self) -> None:
        """However many copies there are."""
        copies = [archived(self.COPY, f"Copy {number}", name=f"copy-{number}") for number in range(5)]
        assert len(suggest(MATCHER, [archived(self.HIT)], copies).wordings) == 1

    def test_an_article_of_its_own_is_no_copy(self) -> None:
        """Whatever it is about."""
        other = archived(f"Ukraine was promised pledges. {FILLER.replace('the', 'some').replace('in', 'at')}")
        assert suggest(MATCHER, [archived(self.HIT)], [other]).wordings == ()

    def test_rules_that_have_learnt_meanwhile_suggest_nothing(self) -> None:
        """What was a miss when it was read may match now."""
        copy = replace(archived(self.HIT, "Later"), level=None)
        assert suggest(MATCHER, [archived(self.HIT)], [copy]).wordings == ()


class TestOpenGates:
    def test_the_telling_sentence_is_shown(self) -> None:
        """With the words that no rule knows, and how far the score was."""
        text = "A quiet day. Nothing new. Security guarantees for Ukraine were pondered. Gaza too."
        near = archived(text)
        assert near.near is not None
        assert near.near.gate
        (wording,) = suggest(MATCHER, [near]).wordings
        assert (wording.because, wording.line) == ("gate", "")
        assert wording.miss.startswith("score ")
        assert wording.sentence
        assert wording.where

    def test_limits_are_kept(self) -> None:
        """At most so many of each kind."""
        near = [
            archived(f"A quiet day. Nothing new. Security guarantees for Ukraine in {number}. Gaza.", name=str(number))
            for number in range(5)
        ]
        assert all(each.near for each in near)
        assert len(suggest(MATCHER, near, limit=2).wordings) == 2


class TestNearMiss:
    @pytest.mark.parametrize(
        ("text", "topic"),
        [
            ("A quiet day. Nothing new. Security guarantees for Ukraine. Gaza.", "security_guarantees"),  # points
            ("They want security guarantees.", "security_guarantees"),  # one condition, points enough
            ("Ukraine had a quiet day.", None),  # one condition, but no points to speak of
            ("The harbour festival drew a crowd.", None),
            ("Ukraine wants security guarantees.", None),  # a hit
        ],
    )
    def test_near_is_an_open_gate_or_one_condition(self, text: str, topic: str | None) -> None:
        """A gate that was open; or points enough, and one condition of the gate not met."""
        near = near_miss(MATCHER.judge(ArticleText("", "", text, "page", "en")))
        assert (near and near.topic) == topic
