"""Facts: plan versions, quantities, dates and deadlines, stances, in all the languages of the watch."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.facts import KINDS, FactCues, find_facts
from watcher.facts.numbers import compound, han_number
from watcher.facts.page import MAX_FACTS
from watcher.matching.definitions import FactsDef
from watcher.model import EntityId, Fact, Field
from watcher.text import MAX_CHARS, canon, tokenize

DATA = Path(__file__).parent / "data" / "facts.jsonl"
PUBLISHED = datetime(2025, 11, 24, 9, 0, tzinfo=UTC)  # a Monday
NAMES = {
    "umerov": ("Umerov", "Умєров", "Umerow", "Umierow"),
    "rubio": ("Rubio", "Рубио", "Рубіо"),
    "zelensky": ("Zelensky",),
    "trump": ("Trump",),
    "witkoff": ("Witkoff", "Віткофф"),
}
MONEY = {"usd", "eur", "rub", "uah", "gbp"}


def speakers_of(text: str) -> list[tuple[int, int, EntityId]]:
    """The known names of a text, as the matcher would give them."""
    return [
        (text.index(name), text.index(name) + len(name), EntityId(entity))
        for entity, names in NAMES.items()
        for name in names
        if name in text
    ]


def facts_of(text: str, *, title: str = "", published: datetime | None = PUBLISHED) -> tuple[Fact, ...]:
    """The facts of a text, with a title or without."""
    fields: dict[Field, str] = {"title": canon(title), "text": canon(text)}
    return find_facts(
        {field: (value, tokenize(value)) for field, value in fields.items()},
        published_at=published,
        speakers={field: speakers_of(value) for field, value in fields.items()},
    )


def points(text: str, title: str = "") -> list[int]:
    """The plan versions in a text, each once, by size."""
    return sorted({int(fact.value) for fact in facts_of(text, title=title) if fact.kind == "plan_points"})


def of_kinds(text: str, *kinds: str) -> list[Fact]:
    """The facts of some kinds in a text."""
    return [fact for fact in facts_of(text) if fact.kind in kinds]


RECORDS = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]


def answer(record: Mapping[str, Any]) -> list[Any]:
    """What is found in a labelled sentence, in the form of its label."""
    facts = facts_of(record["text"])
    match record["kind"]:
        case "plan_points":
            return sorted({int(fact.value) for fact in facts if fact.kind == "plan_points"}, reverse=True)
        case "quantity":
            found = [fact for fact in facts if fact.kind == "quantity"]
            return [{"value": int(f.value), "unit": "money" if f.unit in MONEY else f.unit} for f in found]
        case "date":
            return [f"{fact.kind} {fact.value}" for fact in facts if fact.kind in {"date", "deadline"}]
        case _:
            verbs = {"deny": "denies", "confirm": "confirms"}
            return [part for f in facts if f.kind == "stance" for part in (verbs[f.value], f"@{f.speaker}")]


@pytest.mark.parametrize("record", RECORDS, ids=[record["text"] for record in RECORDS])
def test_labelled_sentences(record: dict[str, Any]) -> None:
    """Every labelled sentence gives exactly the facts expected of it."""
    assert answer(record) == record["expected"]


POINTS: list[tuple[str, str, list[int]]] = [
    ("en", "The two sides cut the document from 28 points to 19", [19, 28]),
    ("en", "A twenty-eight-point peace plan for Ukraine", [28]),
    ("en", "Of the original 28 points, only 19 remain", [19, 28]),
    ("en", "The 28-point US draft was trimmed to 19 in Geneva", [19, 28]),
    ("en", "The Ukraine peace plan had 28 points. Now only 19 remain.", [19, 28]),
    ("en", "Instead of 28 points, the new draft has 19 points", [19, 28]),
    ("en", "Kyiv agreed to 12 of the 28 points of the plan", [28]),
    ("en", "Zelensky's 10-point peace formula", [10]),
    ("en", "Unlike Gaza's 20-point plan, the 28-point plan for Ukraine was leaked", [28]),
    ("en", "Trump's 20-point plan for Gaza was accepted by Hamas", []),
    ("en", "The central bank raised rates by 25 basis points", []),
    ("en", "Support for the plan rose 12 percentage points in Ukraine", []),
    ("en", "Putin's aides prepared 28 talking points", []),
    ("en", "Trump has a 12-point lead in the polls", []),
    ("en", "Ukraine opened 24 crossing points", []),
    ("en", "The 7th point of the plan concerns Crimea", []),
    ("en", "Point 7 of the peace plan for Ukraine concerns Crimea", []),
    ("en", "Three points of the plan for Ukraine remain open", []),
    ("en", "A three-point plan for Ukraine was put forward", [3]),
    ("en", "Europe's 24-point counter-proposal and the 28-point plan", [24, 28]),
    ("en", "The number of points fell: between 24 and 28 points are in the draft", [24, 28]),
    ("en", "In 2025 points of contention remained in the plan", []),
    ("en", "The Dow fell 28 points as peace plan talks stalled", []),
    ("uk", "План скоротили з 28 до 19 пунктів", [19, 28]),
    ("uk", "План із двадцяти восьми пунктів", [28]),
    ("uk", "28‑пунктний план США щодо України", [28]),
    ("uk", "план з 28-ми пунктів для України", [28]),
    ("uk", "Мирний план із дев'ятнадцяти пунктів", [19]),
    ("uk", "двадцятипунктний мирний план", [20]),
    ("uk", "Замість 28 пунктів у документі залишилося 19", [19, 28]),
    ("uk", "Росіяни захопили 19 населених пунктів України", []),
    ("uk", "Закрито 24 пункти пропуску на кордоні України", []),
    ("uk", "План передбачає відновлення 28 населених пунктів", []),
    ("uk", "28-й пункт плану стосується амністії", []),
    ("uk", "ставка зросла на 28 базисних пунктів", []),
    ("ru", "План из двадцати восьми пунктов передали Киеву", [28]),
    ("ru", "двадцативосьмипунктный план", [28]),
    ("ru", "Документ сократили с 28 до 22 пунктов", [22, 28]),
    ("ru", "Из 28 пунктов согласованы 22 пункта мирного плана", [22, 28]),
    ("ru", "Под контроль перешли 12 населённых пунктов Украины", []),
    ("ru", "Индекс РТС вырос на 28 пунктов", []),
    ("ru", "план Трампа по сектору Газа из 20 пунктов", []),
    ("ru", "20-пунктный мирный план по Украине", [20]),
    ("be", "Мірны план з 28 пунктаў для Украіны", [28]),
    ("de", "Der Friedensplan wurde von 28 auf 19 Punkte gekürzt", [19, 28]),
    ("de", "ein zwanzig Punkte umfassender Entwurf für die Ukraine", [20]),
    ("de", "Trumps 28-Punkteplan für die Ukraine", [28]),
    ("de", "Statt 28 enthält der Friedensplan nun 19 Punkte", [19, 28]),
    ("de", "Der Gaza-Plan mit 20 Punkten", []),
    ("de", "Der DAX gewann 28 Punkte", []),
    ("de", "Plan mit achtundzwanzig Punkten", [28]),
    ("de", "ein 28 Punkte umfassender Plan für die Ukraine, aus dem 19 wurden", [28]),
    ("fr", "Un plan de paix en vingt-huit points pour l'Ukraine", [28]),
    ("fr", "le plan américain, passé de 28 à 19 points", [19, 28]),
    ("fr", "Le plan de 28 points a été réduit à 19", [19, 28]),
    ("fr", "plan en quatre-vingt-dix points pour l'Ukraine", [90]),
    ("fr", "L'OM compte 28 points au classement", []),
    ("fr", "le taux a augmenté de 25 points de base", []),
    ("fr", "le plan en 20 points pour Gaza", []),
    ("pl", "Plan pokojowy z dwudziestu ośmiu punktów", [28]),
    ("pl", "Dwudziestopunktowy plan pokojowy", [20]),
    ("pl", "Plan skrócono z 28 do 19 punktów", [19, 28]),
    ("pl", "Legia ma 28 punktów w tabeli", []),
    ("pl", "stopa wzrosła o 25 punktów bazowych", []),
    ("pl", "20-punktowy plan dla Strefy Gazy", []),
    ("es", "El plan de paz de veintiocho puntos para Ucrania", [28]),
    ("es", "El plan pasó de 28 a 19 puntos", [19, 28]),
    ("es", "El Madrid suma 28 puntos en la liga", []),
    ("es", "los 20 puntos del plan para Gaza", []),
    ("es", "subió 25 puntos básicos", []),
    ("it", "Il piano di pace in 28 punti per l'Ucraina", [28]),
    ("it", "Il piano in ventotto punti è stato ridotto a 19", [19, 28]),
    ("it", "La Juventus ha 28 punti in classifica", []),
    ("it", "il piano in venti punti per Gaza", []),
    ("pt", "O plano de paz de 28 pontos para a Ucrânia", [28]),
    ("pt", "O plano de vinte e oito pontos foi reduzido para 19", [19, 28]),
    ("pt", "O Benfica soma 28 pontos no campeonato", []),
    ("ro", "Planul de pace în 28 de puncte pentru Ucraina", [28]),
    ("ro", "planul cu douăzeci și opt de puncte", [28]),
    ("ro", "Planul a fost redus de la 28 la 19 puncte", [19, 28]),
    ("ro", "FCSB are 28 de puncte în clasament", []),
    ("cs", "Mírový plán o 28 bodech pro Ukrajinu", [28]),
    ("cs", "osmadvacetibodový plán", [28]),
    ("cs", "Plán byl zkrácen z 28 na 19 bodů", [19, 28]),
    ("cs", "Sparta má v tabulce 28 bodů", []),
    ("sk", "28-bodový mierový plán pre Ukrajinu", [28]),
    ("sk", "plán s dvadsiatimi ôsmimi bodmi, teda 28 bodov", [28]),
    ("tr", "Ukrayna için 28 maddelik barış planı", [28]),
    ("tr", "Yirmi sekiz maddelik plan", [28]),
    ("tr", "Plan 28 maddeden 19 maddeye indirildi", [19, 28]),
    ("tr", "Galatasaray 28 puan topladı", []),
    ("tr", "Gazze için 20 maddelik plan", []),
    ("ar", "خطة السلام المكونة من 28 بندا بشأن أوكرانيا", [28]),
    ("ar", "الخطة الأمريكية من ٢٨ نقطة", [28]),
    ("ar", "خطة ترامب ذات النقاط الـ28 لأوكرانيا", [28]),
    ("ar", "خطة من ثمانية وعشرين بندا لأوكرانيا", [28]),
    ("ar", "خطة ترامب لغزة من 20 نقطة", []),
    ("ar", "تم تقليص الخطة من 28 إلى 19 نقطة", [19, 28]),
    ("zh", "美国提出28点和平计划", [28]),
    ("zh", "乌克兰和平计划从28点缩减至19点", [19, 28]),
    ("zh", "二十八點和平計畫", [28]),
    ("zh", "特朗普的加沙20点和平计划", []),
    ("zh", "会议将于晚上8点举行，讨论和平计划", []),
    ("zh", "湖人队得分28点", []),
    ("ja", "ウクライナ28項目の和平案", [28]),
    ("ja", "ウクライナの和平案は19項目に削減された", [19]),
    ("ja", "ガザの20項目の和平計画", []),
    ("ko", "우크라이나 28개 조항 평화안", [28]),
    ("ko", "28개항 종전 구상", [28]),
    ("ko", "가자지구 20개 조항 평화 구상", []),
    ("hi", "यूक्रेन के लिए 28 सूत्री शांति योजना", [28]),
    ("hi", "यूक्रेन के लिए २८-सूत्रीय शांति योजना", [28]),
    ("hi", "गाजा के लिए 20 सूत्री शांति योजना", []),
    ("bn", "ইউক্রেনের জন্য ২৮ দফা শান্তি পরিকল্পনা", [28]),
    ("th", "แผนสันติภาพ 28 ข้อ สำหรับยูเครน", [28]),
    ("nl", "Het 28-puntenplan voor Oekraïne", [28]),
    ("nl", "Het plan met achtentwintig punten werd teruggebracht tot 19", [19, 28]),
    ("nl", "Ajax heeft 28 punten in de eredivisie", []),
    ("sv", "USA:s 28-punktsplan för Ukraina", [28]),
    ("sv", "En plan med tjugoåtta punkter", [28]),
    ("sv", "Planen har kortats från 28 till 19 punkter", [19, 28]),
    ("da", "En fredsplan med 28 punkter for Ukraine", [28]),
    ("da", "28-punktsplanen for Ukraine", [28]),
    ("no", "Fredsplanen på 28 punkter", [28]),
    ("no", "En fredsplan med tjueåtte punkter", [28]),
    ("fi", "Yhdysvaltain 28-kohtainen rauhansuunnitelma Ukrainalle", [28]),
    ("fi", "28 kohdan rauhansuunnitelma", [28]),
    ("fi", "kahdenkymmenenkahdeksan kohdan suunnitelma", [28]),
    ("hu", "Trump 28 pontos béketerve Ukrajna számára", [28]),
    ("hu", "A huszonnyolc pontos terv", [28]),
    ("hu", "A 28 pontból álló béketerv", [28]),
    ("el", "Το ειρηνευτικό σχέδιο 28 σημείων για την Ουκρανία", [28]),
    ("el", "σχέδιο είκοσι οκτώ σημείων", [28]),
    ("el", "Το σχέδιο μειώθηκε από 28 σε 19 σημεία", [19, 28]),
    ("he", "תוכנית 28 הנקודות לאוקראינה", [28]),
    ("he", "תוכנית בת 28 סעיפים לאוקראינה", [28]),
    ("he", "תוכנית 20 הנקודות לעזה", []),
    ("hr", "Mirovni plan od 28 točaka za Ukrajinu", [28]),
    ("hr", "plan od dvadeset i osam točaka", [28]),
    ("sr", "Мировни план од 28 тачака за Украјину", [28]),
    ("sr", "Mirovni plan od 28 tačaka smanjen je na 19", [19, 28]),
    ("sr", "Zvezda ima 28 bodova u ligi", []),
    ("sl", "Mirovni načrt v 28 točkah za Ukrajino", [28]),
    ("sl", "načrt z 28 točkami", [28]),
    ("bg", "Мирният план от 28 точки за Украйна", [28]),
    ("bg", "план от двадесет и осем точки", [28]),
    ("bg", "28-точковият мирен план", [28]),
    ("mk", "Мировниот план од 28 точки за Украина", [28]),
    ("lt", "28 punktų taikos planas Ukrainai", [28]),
    ("lt", "dvidešimt aštuonių punktų planas", [28]),
    ("lv", "28 punktu miera plāns Ukrainai", [28]),
    ("lv", "divdesmit astoņu punktu plāns", [28]),
    ("et", "28-punktiline rahuplaan Ukraina jaoks", [28]),
    ("et", "kahekümne kaheksa punkti plaan", [28]),
    ("ka", "28-პუნქტიანი სამშვიდობო გეგმა უკრაინისთვის", [28]),
    ("ka", "ოცდარვაპუნქტიანი გეგმა", [28]),
    ("ca", "El pla de pau de 28 punts per a Ucraïna", [28]),
    ("fa", "طرح ۲۸ ماده‌ای صلح اوکراین", [28]),
    ("vi", "Kế hoạch hòa bình 28 điểm cho Ukraine", [28]),
    ("id", "Rencana perdamaian 28 poin untuk Ukraina", [28]),
    ("sq", "Plani i paqes me 28 pika për Ukrainën", [28]),
    ("az", "Ukrayna üçün 28 bəndlik sülh planı", [28]),
]


@pytest.mark.parametrize(("language", "text", "expected"), POINTS)
def test_plan_versions(language: str, text: str, expected: list[int]) -> None:
    """Versions of the Ukraine plan are found in every language; other points are not."""
    assert points(text) == expected


QUANTITIES: list[tuple[str, list[str]]] = [
    ("The US wants Ukraine's army cut to 600,000 troops", ["600000 troops"]),
    ("eine 800.000-Mann-Armee", ["800000 troops"]),
    ("800\u202f000 soldats", ["800000 troops"]),
    ("шістсот тисяч військових", ["600000 troops"]),
    ("600-тысячная армия", ["600000 troops"]),
    ("армію обмежать до 800 тисяч", ["800000 troops"]),
    ("sechshunderttausend Soldaten", ["600000 troops"]),
    ("six hundred thousand soldiers", ["600000 troops"]),
    ("800 mil efectivos", ["800000 troops"]),
    ("100 mil millones de dólares", ["100000000000 usd"]),
    ("100 milliards d'euros d'avoirs", ["100000000000 eur"]),
    ("€210 billion of frozen assets", ["210000000000 eur"]),
    ("210 Mrd. Euro", ["210000000000 eur"]),
    ("1,5 млрд євро", ["1500000000 eur"]),
    ("security guarantees for 15 years", ["15 years"]),
    ("гарантії на 20 років", ["20 years"]),
    ("a 34-year-old soldier", []),
    ("two sides agreed on 90% of the text", ["90 percent"]),
    ("обмін 1200 військовополонених", ["1200 prisoners"]),
    ("return of 19,000 children", ["19000 children"]),
    ("35 countries of the coalition", ["35 countries"]),
    ("2 600 km² de territoire", ["2600 km2"]),
    ("6 000 square kilometres", ["6000 km2"]),
    ("force of 15,000-30,000 troops", ["15000 troops", "30000 troops"]),
    ("60万军队", ["600000 troops"]),
    ("1000亿美元资产", ["100000000000 usd"]),
    ("60만 명의 병력", ["600000 troops"]),
    ("100 مليار دولار", ["100000000000 usd"]),
    ("800.000 de militari", ["800000 troops"]),
    ("100 miliardi di euro", ["100000000000 eur"]),
    ("2 million people fled their homes", ["2000000 people"]),
    ("sto miliardów dolarów", ["100000000000 usd"]),
    ("He won 3 of 5 sets in 2024", []),
    ("800 bin asker", ["800000 troops"]),
    ("600 tisíc vojáků", ["600000 troops"]),
]


@pytest.mark.parametrize(("text", "expected"), QUANTITIES)
def test_quantities(text: str, expected: list[str]) -> None:
    """Numbers with units are read in every spelling of thousands, decimals and multipliers."""
    assert [f"{fact.value} {fact.unit}" for fact in of_kinds(text, "quantity")] == expected


DATES: list[tuple[str, list[str]]] = [
    ("by Nov. 27", ["deadline 2025-11-27"]),
    ("talks on 23 November", ["date 2025-11-23"]),
    ("avant le 27 novembre", ["deadline 2025-11-27"]),
    ("d'ici au 27 novembre", ["deadline 2025-11-27"]),
    ("do 27 listopada 2025", ["deadline 2025-11-27"]),
    ("do 27. listopadu", ["deadline 2025-11-27"]),
    ("rok je 27. listopada", ["deadline 2025-10-27"]),
    ("до четверга", ["deadline 2025-11-27"]),
    ("antes del 27 de noviembre", ["deadline 2025-11-27"]),
    ("entro il 27 novembre", ["deadline 2025-11-27"]),
    ("até 27 de novembro", ["deadline 2025-11-27"]),
    ("până la 27 noiembrie", ["deadline 2025-11-27"]),
    ("27 Kasım'a kadar", ["deadline 2025-11-27"]),
    ("قبل 27 نوفمبر", ["deadline 2025-11-27"]),
    ("11月27日前", ["deadline 2025-11-27"]),
    ("11월 27일까지", ["deadline 2025-11-27"]),
    ("on 6 January", ["date 2026-01-06"]),
    ("by Thanksgiving", ["deadline 2025-11-27"]),
    ("on Thursday", []),
    ("last Thursday", []),
    ("27.11.2025", ["date 2025-11-27"]),
    ("2025-11-27", ["date 2025-11-27"]),
    ("February 30", []),
    ("March of 28 people", []),
    ("the deadline slipped from November 27", ["deadline 2025-11-27"]),
    ("vor dem 27. November", ["deadline 2025-11-27"]),
    ("к 27 ноября", ["deadline 2025-11-27"]),
    ("до Дня подяки", ["deadline 2025-11-27"]),
    ("inflation of 1.28 percent", []),
    ("in November 2025", []),
]


@pytest.mark.parametrize(("text", "expected"), DATES)
def test_dates_and_deadlines(text: str, expected: list[str]) -> None:
    """Days are resolved to the year nearest to the publication; words like "by" make deadlines of them."""
    assert [f"{fact.kind} {fact.value}" for fact in of_kinds(text, "date", "deadline")] == expected


STANCES: list[tuple[str, str, str]] = [
    ("Trump rejected the plan", "reject", "trump"),
    ("Rubio did not confirm the report", "not_confirm", "rubio"),
    ("The report was denied by Rubio", "deny", "rubio"),
    ("Рубіо підтвердив зустріч", "confirm", "rubio"),
    ("Trump, who met Witkoff, denied it", "deny", "trump"),
    ("Sources close to Rubio denied it", "deny", ""),
    ("Rubio's aide denied it", "deny", ""),
    ("Rubio weist den Bericht zurück", "reject", "rubio"),
    ("Rubio dément", "deny", "rubio"),
    ("Trump exige una respuesta", "demand", "trump"),
    ("Trump a respins planul", "reject", "trump"),
    ("Officials confirmed it", "confirm", ""),
    ("نفى Rubio ذلك", "deny", "rubio"),
    ("Trump yalanladı", "deny", "trump"),
    ("Рубио не подтвердил", "not_confirm", "rubio"),
    ("Trump nie odrzucił planu", "not_reject", "trump"),
    ("Rubio ha smentito", "deny", "rubio"),
    ("Trump threatens to cut aid", "threaten", "trump"),
    ("Trump popřel", "deny", "trump"),
]


@pytest.mark.parametrize(("text", "value", "speaker"), STANCES)
def test_stances(text: str, value: str, speaker: str) -> None:
    """A verb of stance is given to the one who speaks, or to nobody."""
    assert [(fact.value, fact.speaker) for fact in of_kinds(text, "stance")] == [(value, speaker)]


def test_a_date_without_year_needs_the_publication_date() -> None:
    """Without a publication date only dates with their year are found."""
    found = facts_of("by November 27, or by November 28, 2025", published=None)
    assert [fact.value for fact in found] == ["2025-11-28"]


def test_the_article_tells_which_war_a_plan_is_for() -> None:
    """A sentence that names no country follows the rest of its article."""
    assert points("The plan has 20 points.", title="Hamas studies the Gaza plan") == []
    assert points("The plan has 20 points.", title="Zelensky studies the plan for Ukraine") == [20]


def test_an_article_on_ukraine_may_say_points_alone() -> None:
    """Bare points ("the 28 points") count in an article on Ukraine, the points of a game there do not."""
    title = "Zelensky: a hard choice for Ukraine"
    assert points("It is the 28 points or a hard winter.", title=title) == [28]
    assert points("The team scored 28 points in the game.", title=title) == []


def test_a_long_text_that_never_names_ukraine_has_no_plan_version() -> None:
    """The 12-point plan of a town is not ours."""
    assert points("The mayor has a 12-point plan for the town. " + "The council met again on the matter. " * 8) == []


def test_spans_are_slices_with_confidence() -> None:
    """A fact says where it stands, in the words of the text."""
    (fact,) = of_kinds("Kyiv got the 28-point plan", "plan_points")
    assert (fact.field, fact.text, fact.value) == ("text", "28-point", "28")
    assert 0.9 < fact.confidence <= 1


def test_only_wanted_kinds_are_found() -> None:
    """The definition says which kinds of fact to look for."""
    text = "The 28-point plan, by November 27"
    fields: dict[Field, Any] = {"text": (text, tokenize(text))}
    found = find_facts(fields, published_at=PUBLISHED, definition=FactCues(kinds=("deadline",)))
    assert [fact.kind for fact in found] == ["deadline"]


def test_further_cues_of_a_watch_are_recognised() -> None:
    """A word for points that the tables lack can be given, and so can a verb or a unit."""
    text = "A 28-clause plan; 40 widgets; Kyiv poohpoohed it"
    fields: dict[Field, Any] = {"text": (text, tokenize(text))}
    cues = (("points", "en", "clause"), ("unit.widgets", "en", "widget*"), ("stance.reject", "en", "poohpooh*"))
    found = find_facts(fields, published_at=None, definition=FactsDef(cues=cues))
    assert [(fact.kind, fact.value) for fact in found] == [
        ("plan_points", "28"),
        ("quantity", "40"),
        ("stance", "reject"),
    ]


@pytest.mark.parametrize(("word", "value"), [("二十八", 28), ("廿八", 28), ("十", 10), ("十九", 19), ("百", None)])
def test_han_numerals(word: str, value: int | None) -> None:
    """Chinese numerals are read up to 99."""
    assert han_number(word) == value


@pytest.mark.parametrize(
    ("word", "value"),
    [("двадцятивосьмипунктний", 28), ("zwanzigpunkteplan", 20), ("dwudziestoośmiopunktowy", 28), ("dvacetibodový", 20)],
)
def test_numbers_in_one_word_with_their_points(word: str, value: int) -> None:
    """A number and its points may be one word."""
    found = compound(word)
    assert found is not None
    assert found[0] == value


# --- safety ------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "28",
        "19",
        "٢٨",
        "²",
        "600",
        "000",
        "1,5",
        "27.11.",
        "28-point",
        "points",
        "пунктів",
        "plan",
        "cut",
        "to",
        "from",
        "remain",
        "not",
        "не",
        "denied",
        "Trump",
        "by",
        "until",
        "до",
        "November",
        "27",
        "may",
        "Mon",
        "Thursday",
        "дев'ять",
        "п'ять",
        "quatre",
        "vingt",
        "dix",
        "twenty",
        "二十八点",
        "计划",
        "11月27日",
        "60万军队",
        "28개",
        "조항",
        "सूत्री",
        "$100bn",
        "3.5",
        "mln",
        "%",
        "—",
        "«",
        "»",
        ".",
        ",",
        "2025",
        "١",
        "ال28",
        "النقاط",
        "بندا",
        "28-maddelik",
        "пункт",
        "punktów",
        "de",
        "of",
        "in",
    ],
)
TEXTS = st.one_of(
    st.text(max_size=300), st.lists(PIECES, max_size=80).map(" ".join), st.lists(PIECES, max_size=80).map("".join)
)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_any_text_gives_bounded_facts_that_slice_to_their_text(raw: str) -> None:
    """Nothing raises, every span is a slice of the text, and no kind has more facts than the bound."""
    text = canon(raw)
    facts = facts_of(raw)
    assert all(fact.text == text[fact.start : fact.end] and fact.start < fact.end for fact in facts)
    assert {fact.kind for fact in facts} <= set(KINDS)
    assert all(fact.value for fact in facts)
    assert len(facts) <= 4 * MAX_FACTS * len(KINDS)


HOSTILE = {
    "digits in groups": "600 000 000 ",
    "points": "28 points ",
    "points without an end": "28 points to 19 remain plan ",
    "months": "27 November ",
    "verbs": "denied Trump ",
    "number words": "twenty eight ",
    "one word": "a",
    "han": "二十八点计划",
    "korean": "28개 조항 평화안 ",
    "apostrophes": "дев'ять п'ять ",
    "compounds": "двадцятивосьмипунктний ",
    "millions": "5 million million ",
    "dots": "27.11.",
}


class Counter(dict[str, int]):
    """Counts the lines that run in the package of the facts."""

    def trace(self, frame: Any, event: str, _arg: object) -> Any:
        if "watcher/facts" not in frame.f_code.co_filename:
            return None
        self["lines"] = self.get("lines", 0) + (event == "line")
        return self.trace


def work(text: str) -> int:
    """How many lines of the package run for a text, or for the most that is read of it."""
    tokens = tokenize(text)
    speakers: list[tuple[int, int, EntityId]] = [
        (place, place + 5, EntityId("trump")) for place in range(0, len(text), 13) if text.startswith("Trump", place)
    ]
    counter = Counter()
    before = sys.gettrace()
    sys.settrace(counter.trace)
    try:
        find_facts({"text": (text, tokens)}, published_at=PUBLISHED, speakers={"text": speakers})
    finally:
        sys.settrace(before)
    return counter.get("lines", 0)


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_work_grows_with_the_text(piece: str) -> None:
    """Four times the text is at most about four times the work, also for text made to be slow."""
    find_facts({"text": (piece, tokenize(piece))}, published_at=PUBLISHED)
    small, large = work(piece * (4_000 // len(piece))), work(piece * (16_000 // len(piece)))
    assert large <= 4.6 * small + 2_000


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_longest_text_gives_few_facts(piece: str) -> None:
    """A text of the greatest length that is read gives at most the bound of facts of a kind."""
    text = (piece * (MAX_CHARS // len(piece) + 1))[:MAX_CHARS]
    facts = find_facts({"text": (text, tokenize(text))}, published_at=PUBLISHED)
    for kind in KINDS:
        assert sum(fact.kind == kind for fact in facts) <= 4 * MAX_FACTS
