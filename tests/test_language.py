"""The language of articles and sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.watching import article, term, watch
from watcher.matching import compile_watch, detect_language

SENTENCES = {
    "en": "The president said that security guarantees for the country were not on the table yet.",
    "uk": "Президент заявив, що гарантії безпеки для країни ще не обговорювали на цій зустрічі.",
    "ru": "Президент заявил, что гарантии безопасности для страны ещё не обсуждали на этой встрече.",
    "de": "Der Präsident sagte, dass über die Sicherheitsgarantien für das Land noch nicht gesprochen wurde.",
    "fr": "Le président a déclaré que les garanties de sécurité pour le pays ne sont pas encore sur la table.",
    "pl": "Prezydent powiedział, że gwarancje bezpieczeństwa dla tego kraju nie są jeszcze omawiane.",
    "es": "El presidente dijo que las garantías de seguridad para el país no se han discutido todavía.",
    "it": "Il presidente ha detto che le garanzie di sicurezza per il paese non sono ancora in discussione.",
    "pt": "O presidente disse que as garantias de segurança para o país ainda não foram discutidas.",
    "ro": "Președintele a spus că garanțiile de securitate pentru țară nu sunt încă discutate.",
    "cs": "Prezident řekl, že o bezpečnostních zárukách pro zemi se zatím nejednalo.",
    "sk": "Prezident povedal, že o bezpečnostných zárukách pre krajinu sa ešte nerokovalo.",
    "tr": "Cumhurbaşkanı, ülke için güvenlik garantilerinin henüz görüşülmediğini ve bunun önemli olduğunu söyledi.",
    "ar": "قال الرئيس إن الضمانات الأمنية للبلاد لم تناقش بعد.",
    "zh": "总统表示，目前尚未讨论对该国的安全保障问题。",
    "ja": "大統領は、この国の安全の保証についてはまだ話し合われていないと述べた。",
    "ko": "대통령은 아직 안전 보장에 대해 논의하지 않았다고 말했다.",
    "be": "Прэзідэнт заявіў, што гарантыі бяспекі для краіны яшчэ не абмяркоўвалі.",
    "bg": "Президентът заяви, че гаранциите за сигурност на страната все още не са обсъждани.",
    "sr": "Председник је рекао да се о безбедносним гаранцијама за земљу још није разговарало.",
    "nl": "De president zei dat er nog niet over de veiligheidsgaranties voor het land is gesproken.",
    "sv": "Presidenten sade att säkerhetsgarantierna för landet inte har diskuterats än.",
    "fi": "Presidentti sanoi, että maan turvatakuista ei ole vielä keskusteltu.",
    "hu": "Az elnök azt mondta, hogy az ország biztonsági garanciáiról még nem tárgyaltak.",
    "el": "Ο πρόεδρος είπε ότι οι εγγυήσεις ασφαλείας δεν έχουν συζητηθεί ακόμη.",
    "he": "הנשיא אמר כי הערבויות הביטחוניות טרם נדונו.",
    "fa": "رئیس جمهور گفت که تضمین‌های امنیتی برای این کشور هنوز بررسی نشده است.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_tells_its_language(language: str) -> None:
    """One sentence is enough."""
    assert detect_language(SENTENCES[language]) == language


def test_the_declared_language_decides_when_the_text_does_not() -> None:
    """Names alone say nothing; what the feed declares is believed."""
    assert detect_language("Trump, Rubio, Witkoff", "de-AT") == "de"


def test_a_text_speaks_against_what_is_declared() -> None:
    """A feed that declares the wrong language is not believed."""
    assert detect_language(SENTENCES["ru"], "uk") == "ru"
    assert detect_language(SENTENCES["fr"], "en") == "fr"


@pytest.mark.parametrize(("text", "declared", "language"), [("", "", "und"), ("123 !", "uk", "uk"), ("Xyz", "", "und")])
def test_nothing_known(text: str, declared: str, language: str) -> None:
    """Without any evidence it is the declared language or unknown."""
    assert detect_language(text, declared) == language


def test_a_quote_in_another_language_is_labelled() -> None:
    """Each match carries the language of its sentence, not of the article."""
    matcher = compile_watch(watch(term("guarantees", "гаранти*\nгаранті*")))
    judgement = matcher.judge(article(f"{SENTENCES['uk']} {SENTENCES['uk']} «{SENTENCES['ru']}»"))
    assert judgement.language == "uk"
    assert [match.language for match in judgement.matches] == ["uk", "uk", "ru"]


@given(st.text(), st.text(max_size=8))
def test_any_text_has_an_answer(text: str, declared: str) -> None:
    """Nothing makes it fail."""
    assert detect_language(text, declared) or not declared.strip()
