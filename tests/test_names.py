"""The forms of names, and the inflected forms that a watch must find."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.watching import article, entity, forms_watch, watch
from watcher.matching import Matcher, compile_watch
from watcher.matching.names import DECLINED, forms
from watcher.model import EntityId

DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[list[str]]:
    """The rows of a table of test data, without its head."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t"))[1:]


@pytest.mark.parametrize(
    ("word", "language", "gender", "expected"),
    [
        ("Зеленський", "uk", "m", "зеленський зеленського зеленському зеленським"),
        ("Умєров", "uk", "m", "умєров умєрова умєрову умєрові умєровим"),
        ("Кислиця", "uk", "m", "кислиця кислиці кислицю кислицею"),
        ("Єрмак", "uk", "m", "єрмак єрмака єрмаку єрмакові єрмаком"),
        ("Трамп", "uk", "m", "трамп трампа трампу трампові трампом"),
        ("Київ", "uk", "", "київ києва києву києві києвом"),
        ("Харків", "uk", "", "харків харкова харкову харкові харковом"),
        ("Одеса", "uk", "", "одеса одеси одесі одесу одесою"),
        ("Росія", "uk", "", "росія росії росію росією"),
        ("Америка", "uk", "", "америка америки америці америку америкою"),
        ("Кремль", "uk", "", "кремль кремля кремлю кремлем кремлі"),
        ("Порошенко", "uk", "m", "порошенко порошенка порошенку порошенком"),
        ("Сергій", "uk", "m", "сергій сергія сергію сергієм"),
        ("Каллас", "uk", "f", "каллас"),
        ("Мелоні", "uk", "f", "мелоні"),
        ("Зеленский", "ru", "m", "зеленский зеленского зеленскому зеленским зеленском"),
        ("Лавров", "ru", "m", "лавров лаврова лаврову лавровым лаврове"),
        ("Путин", "ru", "m", "путин путина путину путиным путине"),
        ("Женева", "ru", "", "женева женевы женеве женеву женевой"),
        ("Украина", "ru", "", "украина украины украине украину украиной"),
        ("Россия", "ru", "", "россия россии россию россией"),
        ("Песков", "ru", "m", "песков пескова пескову песковым пескове"),
        ("Рубио", "ru", "m", "рубио"),
        ("Zełenski", "pl", "m", "zełenski zełenskiego zełenskiemu zełenskim"),
        ("Trump", "pl", "m", "trump trumpa trumpowi trumpem trumpie"),
        ("Rubio", "pl", "m", "rubio rubia rubiowi rubiem"),
        ("Tusk", "pl", "m", "tusk tuska tuskowi tuskiem tusku"),
        ("Genewa", "pl", "", "genewa genewy genewie genewę genewą"),
        ("Ukraina", "pl", "", "ukraina ukrainy ukrainie ukrainę ukrainą"),
        ("Rosja", "pl", "", "rosja rosji rosję rosją"),
        ("Moskwa", "pl", "", "moskwa moskwy moskwie moskwę moskwą"),
        ("Starmer", "pl", "m", "starmer starmera starmerowi starmerem starmerze"),
        ("Trump", "de", "m", "trump trumps"),
        ("Merz", "de", "m", "merz"),
        ("Weißes", "de", "", "weißes weiße weißen weißem"),
        ("Trump", "cs", "m", "trump trumpa trumpovi trumpem"),
        ("Zelenskyj", "cs", "m", "zelenskyj zelenského zelenskému zelenským"),
        ("Ženeva", "cs", "", "ženeva ženevy ženevě ženevu ženevou"),
        ("Ukrajina", "cs", "", "ukrajina ukrajiny ukrajině ukrajinu ukrajinou"),
        ("Kyjev", "cs", "", "kyjev kyjeva kyjevu kyjevem kyjevě"),
        ("Rusko", "cs", "", "rusko ruska rusku ruskem"),
        ("Trump", "en", "m", "trump"),
    ],
)
def test_the_forms_of_a_name(word: str, language: str, gender: str, expected: str) -> None:
    """All case forms are made from the dictionary form."""
    assert set(expected.split()) <= set(forms(word, language, gender))


@pytest.mark.parametrize(
    ("word", "language", "gender", "unwanted"),
    [
        ("Умеров", "ru", "m", "умер"),
        ("Зеленский", "ru", "m", "зеленская"),
        ("Зеленський", "uk", "m", "зеленська"),
        ("Zełenski", "pl", "m", "zełenska"),
        ("Трамп", "uk", "m", "трамплін"),
        ("Каллас", "uk", "f", "калласа"),
    ],
)
def test_forms_that_are_not_made(word: str, language: str, gender: str, unwanted: str) -> None:
    """A form of another word, or of the other gender, is not among them."""
    assert unwanted not in forms(word, language, gender)


def test_a_family_name_without_gender_has_the_forms_of_both() -> None:
    """When nothing is said of the gender, women and men of the name are found."""
    assert {"зеленська", "зеленської", "зеленського"} <= set(forms("Зеленський", "uk"))


@pytest.mark.parametrize("language", DECLINED)
def test_every_word_has_itself_among_its_forms(language: str) -> None:
    """Whatever the ending, the word itself is a form, and all forms are small and not empty."""
    for ending in "а я о е и і й ь ы у ю э б к ж ц ч ш a e i o u y á é í ý ů k ch sz ł ń ś x z ß s 5".split():  # noqa: SIM905
        made = forms("Ква" + ending if ending > "z" else "Kwa" + ending, language)
        assert made[0]
        assert all(form == form.lower() and len(form) > 1 for form in made)


def test_rules_show_prints_all_forms() -> None:
    """The analyst sees what was generated."""
    matcher = compile_watch(watch(entity("umerov", uk="Умєров", en="Umerov")))
    lists = {entry.language: entry for entry in matcher.forms("umerov")}
    assert "умєрова" in lists["uk"].words[0]
    assert lists["en"].words == (("umerov",),)
    assert matcher.entity_name(EntityId("umerov")) == "Umerov"


CONCEPTS = {
    "Andriy Yermak": "yermak",
    "Crimea": "crimea",
    "Donald Trump": "trump",
    "Donetsk": "donetsk",
    "Geneva": "geneva",
    "Luhansk": "luhansk",
    "Marco Rubio": "rubio",
    "NATO": "nato",
    "Rustem Umerov": "umerov",
    "Serhiy Kyslytsia": "kyslytsia",
    "Steve Witkoff": "witkoff",
    "Volodymyr Zelensky": "zelensky",
}


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    """A small watch for the concepts of the table of forms."""
    return compile_watch(forms_watch())


def test_all_inflected_forms_are_found(matcher: Matcher) -> None:
    """389 of 389 forms in six languages."""
    missed = [
        row
        for row in rows("forms.tsv")
        if CONCEPTS.get(row[1], row[1]) not in {m.concept for m in matcher.judge(article(row[2])).matches}
    ]
    assert not missed


def test_lookalikes_are_not_found(matcher: Matcher) -> None:
    """At most 1 of 110 phrases that look alike is taken for a mention."""
    taken = [
        (row, [m.text for m in ms]) for row in rows("lookalikes.tsv") if (ms := matcher.judge(article(row[1])).matches)
    ]
    assert len(taken) <= 1, taken
