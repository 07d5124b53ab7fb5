"""Small watches for tests, written as an analyst would."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from watcher.matching.definitions import (
    ConditionDef,
    EntityDef,
    EntityKind,
    ExampleDef,
    PatternDef,
    ScoreDef,
    Source,
    TermDef,
    TopicDef,
    WatchDef,
)
from watcher.model import ArticleText, EntityId, TermId, TopicId
from watcher.text import canon

_LINES = count(1)


def source(field: str = "") -> Source:
    """A new line of a file that is not there."""
    return Source("watch.yml", next(_LINES), field)


def patterns(text: str, language: str = "") -> tuple[PatternDef, ...]:
    """One pattern a line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return tuple(PatternDef(line, language, source(language)) for line in lines)


def term(id_: str, text: str = "", *, excluded: str = "", label: str = "", **languages: str) -> TermDef:
    """A term; patterns by language as keywords, or without a language."""
    listed = patterns(text) + tuple(p for language, lines in languages.items() for p in patterns(lines, language))
    return TermDef(TermId(id_), label or id_, listed, source(id_), patterns(excluded))


def entity(id_: str, kind: EntityKind = "person", gender: str = "m", **rest: str) -> EntityDef:
    """An entity; names by language as keywords, separated by commas, and not_after, not_before the same way."""
    before, after = (patterns(rest.pop(key, "").replace(",", "\n")) for key in ("not_after", "not_before"))
    names = tuple(p for language, text in rest.items() for p in patterns(text.replace(",", "\n"), language))
    return EntityDef(EntityId(id_), id_.title(), kind, names, source(id_), gender, "", before, after)


def condition(tree: Any) -> ConditionDef:
    """A gate from what YAML would give: text, or a mapping of all, any, none, at_least_N; a mapping of many is all."""
    if isinstance(tree, str):
        return ConditionDef("item", source("when"), text=tree)
    nodes = []
    for key, items in tree.items():
        at_least = int(key.rpartition("_")[2]) if key.startswith("at_least") else 0
        op: Any = "at_least" if at_least else key
        nodes.append(ConditionDef(op, source("when"), "", tuple(map(condition, items)), at_least))
    return nodes[0] if len(nodes) == 1 else ConditionDef("all", source("when"), "", tuple(nodes))


def score(concepts: str, *points: float, cap: float | None = None) -> ScoreDef:
    """A line of a score: one number for all zones, or three for title, lead and body."""
    title, lead, body = points if len(points) == 3 else points * 3
    return ScoreDef(tuple(concepts.split()), title, lead, body, cap, source("score"))


def topic(id_: str, when: Any, *lines: ScoreDef, alert_at: float = 5, digest_at: float = 3, **rest: Any) -> TopicDef:
    """A topic; ``match`` and ``no_match`` are lists of texts."""
    match, no_match = (tuple(ExampleDef(t, source(key)) for t in rest.pop(key, ())) for key in ("match", "no_match"))
    return TopicDef(
        TopicId(id_),
        id_,
        condition(when),
        lines,
        alert_at,
        digest_at,
        source(id_),
        match=match,
        no_match=no_match,
        **rest,
    )


def watch(*parts: EntityDef | TermDef | TopicDef, **rest: Any) -> WatchDef:
    """A watch of these parts."""
    return WatchDef(
        tuple(p for p in parts if isinstance(p, EntityDef)),
        tuple(p for p in parts if isinstance(p, TermDef)),
        tuple(p for p in parts if isinstance(p, TopicDef)),
        **rest,
    )


def article(text: str = "", title: str = "", summary: str = "") -> ArticleText:
    """An article with its texts made canonical."""
    return ArticleText(canon(title), canon(summary), canon(text), "page")


def ukraine_watch() -> WatchDef:
    """The worked example: two topics, their terms, and some people and places."""
    return watch(
        entity("zelensky", en="Zelensk*", uk="Зеленський", ru="Зеленский", de="Selensk*, Zelensk*", pl="Zełenski",
               not_after="Olena, Олена, Олени, Олену, Елена, Елены"),
        entity("rubio", en="Rubio", uk="Рубіо", ru="Рубио", de="Rubio", pl="Rubio"),
        entity("kyslytsia", en="Kyslyts*", uk="Кислиця", ru="Кислица", de="Kyslyz*", pl="Kysłycia", not_before="смаку"),
        entity("umerov", en="Umerov", uk="Умєров, Умеров", ru="Умеров", de="Umjerow, Umerow", pl="Umierow, Umerow"),
        entity("nato", "body", "", en="=NATO, =Nato", uk="=НАТО, =HATO", ru="=НАТО, =HATO", fr="=OTAN, =Otan"),
        entity("geneva", "place", "", en="Geneva", uk="Женева", ru="Женева", de="Genf, Genfer", pl="Genewa",
               not_before="Motor, Convention*, конвенц*"),
        term(
            "security_guarantees",
            en="security {guarantee*|assurance*|umbrella}\n{guarantee*|assurance*} ~4 security\n"
            "article 5 >2 {guarantee*|assurance*}",
            uk="гаранті* ~4 безпек*\nбезпеков* {гаранті*|запевнен*}\nгаранті* ~4 {статті|статтею|ст} 5",
            ru="гаранти* ~5 безопасност*\nгаранти* ~4 {статье|статьи|ст} 5",
            de="*sicherheitsgaranti*\nsicherheitszusage*\ngaranti* ~4 sicherheit",
            pl="gwarancj* ~4 bezpieczeństw*",
            zh="安全保障\n安全保证",
            ar="ضمان* امنية",
            excluded="social security guarantee*\nloan guarantee*",
        ),
        term(
            "peace_plan",
            en="peace {plan|plans|deal*|proposal*|blueprint|settlement*|framework}",
            uk="мирн* {план*|угод*}\nплан* {миру|врегулюванн*|трампа}",
            ru="мирн* {план*|соглашени*|предложени*}\nплан* {мира|урегулировани*|трампа}",
            de="*friedenspl*\n*friedensabkommen*",
        ),
        term("ukraine", en="ukrain*\nkyiv\nkiev", uk="україн*\nкиїв*\nкиєв*", ru="украин*\nкиев*", de="*ukrain*\nkiew*",
             zh="乌克兰", ar="أوكرانيا"),
        term("other_wars", en="gaza\nhamas", uk="хамас*", de="gaza*\nhamas"),
        topic(
            "security_guarantees",
            {"all": ["security_guarantees", {"any": ["ukraine", "zelensky", "umerov", "nato", "feed.ukraine"]}]},
            score("security_guarantees", 6, 5, 3, cap=12),
            score("ukraine", 2, 1, 1, cap=3),
            score("zelensky rubio umerov kyslytsia", 2, 1, 1, cap=4),
            score("nato peace_plan fact.plan_points", 1, cap=3),
            score("other_wars", -3),
            match=[
                "Без надійних гарантій безпеки для України угода нічого не варта",
                "С гарантиями безопасности Украине всё сложно",
                "Über Sicherheitsgarantien für die Ukraine wird verhandelt",
                "Kyiv wants Article 5-like guarantees",
            ],
            no_match=[
                "Social Security guarantees a minimum pension",
                "Магазин дає гарантію. Безпека понад усе.",
            ],
        ),
        topic(
            "peace_plan",
            {
                "all": [
                    {"any": ["fact.plan_points", "peace_plan"]},
                    {"any": ["ukraine", "zelensky", "rubio", "umerov", "kyslytsia", "feed.ukraine"]},
                ],
                "none": ["other_wars"],
            },
            score("fact.plan_points", 5, 5, 4, cap=10),
            score("peace_plan", 5, 4, 3, cap=9),
            score("zelensky rubio umerov kyslytsia geneva ukraine", 2, 1, 1, cap=4),
            again_if_new=("plan_points", "deadline"),
            match=[
                "Кислиця: із 28 пунктів лишилося 19",
                "План из двадцати восьми пунктов передали Киеву",
                "Ukraine gets a 24-point European peace plan",
            ],
            no_match=["Росіяни захопили 19 населених пунктів України", "LeBron scored 28 points"],
        ),
    )  # fmt: skip


def with_more(small: WatchDef, id_: str, **languages: str) -> TermDef:
    """A term of a watch with further patterns."""
    old = next(t for t in small.terms if t.id == id_)
    return replace(old, patterns=old.patterns + term(id_, **languages).patterns)


def forms_watch() -> WatchDef:
    """A watch for the concepts of ``forms.tsv``: names that are declined, and phrases with wildcards."""
    small = ukraine_watch()
    return watch(
        *(e for e in small.entities if e.id != "geneva"),
        entity("geneva", "place", "", en="Geneva", uk="Женева", ru="Женева", de="Genf, Genfer", pl="Genewa",
               fr="Genève"),
        entity("yermak", en="Yermak", uk="Єрмак", ru="Ермак", de="Jermak", pl="Jermak"),
        entity("trump", en="Trump", uk="Трамп", ru="Трамп", de="Trump", pl="Trump", fr="Trump"),
        entity("witkoff", en="Witkoff", uk="Віткофф", ru="Уиткофф, Виткофф", de="Witkoff", pl="Witkoff"),
        entity("crimea", "place", "", en="Crimea", uk="Крим", ru="Крым", de="Krim", pl="Krym", fr="Crimée",
               not_before="Congo"),
        entity("donetsk", "place", "", uk="Донецьк", ru="Донецк", de="Donezk", pl="Donieck"),
        entity("luhansk", "place", "", uk="Луганськ", ru="Луганск", de="Luhansk", pl="Ługańsk"),
        with_more(small, "security_guarantees", de="sicherheits garantie*",
                  fr="{garantie|garanties} de sécurité\n{garantie|garanties} sécuritaire*"),
        with_more(small, "peace_plan", fr="{plan|plans|accord|accords} de paix", pl="{plan*|porozumieni*} pokojow*"),
        term("frozen_assets", en="frozen russian asset*", uk="заморожен* ~2 актив*", ru="заморожен* ~2 актив*",
             de="eingefroren* russisch* vermögen*", fr="{avoir*|actif*} russe* {gelé*|immobilisé*}",
             pl="zamroż* rosyjsk* aktyw*", excluded="актив* замороженої"),
        term("amnesty", en="amnesty\namnesties", uk="амністі*", ru="амнисти*", de="amnestie*", fr="amnistie*",
             pl="amnesti*"),
        term("children", en="abducted ukrainian? children", uk="викраден* {діти|дітей|дітям|дітьми}",
             ru="похищенн* {дети|детей|детям|детьми}", de="verschleppte* kinder*",
             fr="{enfant|enfants} ukrainien*? enlevé*", pl="uprowadzon* {dzieci|dzieciom|dziećmi}"),
        term("prisoners", en="all for all"),
    )  # fmt: skip
