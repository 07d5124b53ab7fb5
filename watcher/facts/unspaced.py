"""Facts in scripts whose words the tokenizer does not keep whole: Chinese, Japanese, Korean, Hindi, Bengali, Thai.

A few counters (点, 項目, 개항, सूत्री, …) are looked for in the text itself, and what stands right before them is read
as a number. Each occurrence looks at a few characters around it, so the cost stays linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from watcher.facts.numbers import han_number
from watcher.facts.page import MAX_FACTS, Page
from watcher.facts.tables import rows, words
from watcher.model import Fact
from watcher.text import fold

_SCRIPTS: Final = re.compile("[\u0900-\u0eff\u3005-\u9fff\uac00-\ud7af]")
_STOPS: Final = "。！？!?\n।"
_AROUND: Final = 40
_HAN: Final = frozenset("〇零一二三四五六七八九十两兩廿卅")
_COUNTERS: Final = frozenset(" -\u2011個个개の")
_LOW, _HIGH = 2, 99

_POINTS: Final = words("""
点 點 項 项 条 條 カ条 か条 ヶ条 ヵ条 ポイント 要點 要点 개항 개조 개조항 항목 조항 포인트 सूत्र बिंदु बिन्दु दफ़ा দফা ข้อ ประเด็น
""")
_PLAN: Final = words("""
计划 計劃 計畫 方案 和平 提案 协议 協議 草案 框架 建议 建議 文件 文本 計画 合意 案 構想
평화 계획 제안 합의 초안 종전 구상 योजना प्रस्ताव शांति समझौत পরিকল্পনা প্রস্তাব শান্তি แผน ข้อเสนอ สันติภาพ
""")
_CHANGED: Final = words("减 減 缩 縮 削 剩 降至 변경 축소 줄 घटा कम কমি ลด เหลือ")
_UKRAINE: Final = words(
    fold("""
乌克兰 烏克蘭 乌 俄 基辅 基輔 泽连斯基 澤倫斯基 普京 普丁 克里姆林 ウクライナ ロシア キーウ ゼレンスキ プーチン
우크라 러시아 키이우 젤렌스키 푸틴 यूक्रेन रूस जेलेंस्की ज़ेलेंस्की पुतिन ইউক্রেন রাশিয়া ยูเครน รัสเซีย ukrain
""")
)
_ELSEWHERE: Final = words("""
加沙 加薩 哈马斯 哈瑪斯 以色列 巴勒斯坦 台湾 臺灣 伊朗 ガザ ハマス イスラエル イラン 가자 하마스 이스라엘 이란
गाजा गाज़ा हमास इजराइल इज़राइल গাজা হামাস ইসরায়েল กาซา ฮามาส อิสราเอล
""")
_GAME: Final = words("""
得分 篮板 籃板 比赛 比賽 指数 指數 上涨 下跌 股 試合 得点 경기 득점 지수 코스피 सेंसेक्स निफ्टी अंक बाजार
""")
_CLOCK_BEFORE: Final = words("上午 下午 晚上 凌晨 中午 日 時 时 早上 夜 午後 午前")
_CLOCK_AFTER: Final = words("分 半 钟 鐘 整 左右 許")
_UNITS: Final = """
x/troops: 军队 軍隊 士兵 兵力 军人 軍人 大军 兵 部队 部隊 軍 军 병력 병사 군인 सैनिक সৈন্য ทหาร
x/usd: 美元 ドル 달러 डॉलर ডলার ดอลลาร์
x/eur: 欧元 歐元 ユーロ 유로 यूरो
x/prisoners: 战俘 戰俘 俘虏 俘虜 捕虜 포로
x/children: 儿童 兒童 子ども 子供 아동 어린이
x/percent: % パーセント 퍼센트 प्रतिशत
x/years: 年期 年間 年的 년간 साल
"""
_UNIT_WORDS: Final = tuple((word, unit) for _, unit, spec in rows(_UNITS) for word in words(spec))
_SCALES: Final = {
    scale: 10**power
    for power, scales in (
        (3, "千 천 हजार"),
        (4, "万 萬 만"),
        (5, "लाख"),
        (7, "करोड़"),
        (8, "亿 億 억"),
        (9, "अरब"),
        (12, "兆 조"),
    )
    for scale in words(scales)
}
_BY_AFTER: Final = words("前 之前 以前 为止 為止 截止 まで 까지")
_BY_BEFORE: Final = words("截止 最后期限 最後期限 期限 截至")
_DEADLINE_NEAR: Final = words("最后期限 最後期限 期限 限期 기한 시한 마감 최후통첩 最后通牒 最後通牒")
_UNIT_REACH: Final = 8


@dataclass(frozen=True, slots=True)
class _Script:
    """A page with its folded text, which has the same positions."""

    page: Page
    text: str

    def around(self, place: int, size: int = _AROUND) -> tuple[str, str]:
        """The text before and after a position, up to the ends of the sentence, at most so many characters each."""
        before, after = self.text[max(0, place - size) : place], self.text[place : place + size]
        for stop in _STOPS:
            before = before.rpartition(stop)[2]
            after = after.partition(stop)[0]
        return before, after


def find_unspaced(pages: Sequence[Page], kinds: frozenset[str], published: date | None) -> Iterator[Fact]:
    """Plan versions, quantities and dates of the pages that have such a script at all."""
    scripts = [_Script(page, fold(page.text)) for page in pages if not page.text.isascii() and _has_script(page)]
    ukraine = bool(scripts) and any(_any(_UKRAINE, page.text) for page in pages)
    for script in scripts:
        if "plan_points" in kinds:
            yield from _points(script, ukraine)
        if "quantity" in kinds:
            yield from _quantities(script)
        if kinds & {"date", "deadline"}:
            yield from _dates(script, published)


def _has_script(page: Page) -> bool:
    """Whether the text has a letter of one of these scripts."""
    return _SCRIPTS.search(page.text) is not None


def _any(words: Sequence[str], text: str) -> bool:
    return any(word in text for word in words)


def _occurrences(text: str, word: str) -> Iterator[int]:
    at, count = text.find(word), 0
    while at >= 0 and count < 4 * MAX_FACTS:
        yield at
        count += 1
        at = text.find(word, at + len(word))


def _fact(
    script: _Script, kind: str, value: str, chars: tuple[int, int], unit: str = "", confidence: float = 0.9
) -> Fact:
    return script.page.fact_at(kind, value, chars, unit, "", confidence)


# --- plan versions -----------------------------------------------------------------------------------------------


def _points(script: _Script, ukraine: bool) -> Iterator[Fact]:
    found: dict[int, Fact] = {}
    for word in _POINTS:
        for place in _occurrences(script.text, word):
            number = _number_before(script.text, place)
            if number and number[1] not in found and _is_plan(script, number[1], place, len(word), ukraine):
                value, start = number
                found[start] = _fact(script, "plan_points", str(value), (start, place + len(word)))
    yield from sorted(found.values(), key=lambda fact: fact.start)[:MAX_FACTS]


def _number_before(text: str, place: int) -> tuple[int, int] | None:
    """The number from 2 to 99 that ends at a position, a blank or hyphen apart, and where it starts."""
    end = place
    while end > 0 and place - end < 2 and text[end - 1] in _COUNTERS:
        end -= 1
    start = end
    while start > 0 and end - start < 5 and text[start - 1].isdecimal():
        start -= 1
    if start < end:
        value = int(text[start:end])
        part = start > 1 and text[start - 1] in ".,:/第" and (text[start - 2].isdecimal() or text[start - 1] == "第")
        return (value, start) if _LOW <= value <= _HIGH and not part and text[start] != "0" else None
    while start > 0 and end - start < 4 and text[start - 1] in _HAN:
        start -= 1
    han = han_number(text[start:end]) if start < end and text[start - 1 : start] != "第" else None
    return (han, start) if han is not None and _LOW <= han <= _HIGH else None


def _is_plan(script: _Script, start: int, place: int, size: int, ukraine: bool) -> bool:
    before, _ = script.around(start)
    _, after = script.around(place + size)
    sentence = before + after
    value = script.text[start:place].strip()
    if _any(_ELSEWHERE, sentence) and not _any(_UKRAINE, sentence):
        return False
    if _any(_GAME, sentence) or before.endswith(_CLOCK_BEFORE) or after.startswith(_CLOCK_AFTER):
        return False
    if _any(_PLAN, after[:14]) or _any(_PLAN, before[-14:]) or _any(_CHANGED, sentence):
        return ukraine or len(script.text) < 100 or not _any(_ELSEWHERE, script.text)
    return ukraine and len(value) >= 2 and _any(_PLAN, sentence)


# --- quantities --------------------------------------------------------------------------------------------------


def _quantities(script: _Script) -> Iterator[Fact]:
    """``60万军队``, ``1000亿美元``, ``60만 명의 병력``."""
    count, until = 0, -1
    for place in script.page.digits:
        start = script.page.starts[place]
        if start < until or count >= MAX_FACTS:
            continue
        found = _amount(script.text, start)
        unit = _unit(script, found[1]) if found else ""
        if found and unit:
            value, end = found
            until, count = end, count + 1
            yield _fact(script, "quantity", f"{value.normalize():f}", (start, end), unit, 0.8)


def _amount(text: str, start: int) -> tuple[Decimal, int] | None:
    """Digits, then scales such as 万, and where the last scale ends; None without a scale."""
    end = start
    while (
        end < len(text)
        and end - start < 16
        and (text[end].isdecimal() or (text[end] in ".," and text[end + 1 : end + 2].isdecimal()))
    ):
        end += 1
    digits = text[start:end].replace(",", "")
    if digits.count(".") > 1 or not digits:
        return None
    value, scaled = Decimal(digits), False
    for _ in range(2):
        at = end + (text[end : end + 1] == " ")
        scale = next((word for word in _SCALES if text.startswith(word, at)), "")
        if not scale:
            break
        value, end, scaled = value * _SCALES[scale], at + len(scale), True
    return (value, end) if scaled else None


def _unit(script: _Script, end: int) -> str:
    _, after = script.around(end, _UNIT_REACH)
    clause = after.partition(",")[0].partition("，")[0].partition("、")[0]
    places = [(clause.find(word), unit) for word, unit in _UNIT_WORDS if word in clause]
    return min(places)[1] if places else ""


# --- dates -------------------------------------------------------------------------------------------------------


def _dates(script: _Script, published: date | None) -> Iterator[Fact]:
    """``11月27日``, ``2025年11月27日``, ``11월 27일``; a deadline when 前 or 까지 follows."""
    count = 0
    for sign, day_sign, year_sign in (("月", "日号號", "年"), ("월", "일", "년")):
        for place in _occurrences(script.text, sign):
            found = _day(script.text, place, day_sign, year_sign)
            day = _nearest(found, published) if found else None
            if found and day and count < MAX_FACTS:
                count += 1
                kind = "deadline" if _is_deadline(script, found[3], found[4]) else "date"
                yield _fact(script, kind, day.isoformat(), (found[3], found[4]))


def _day(text: str, place: int, day_sign: str, year_sign: str) -> tuple[int | None, int, int, int, int] | None:
    """Year or None, month, day, start and end of the date around a word for month."""
    month, start = _digits_before(text, place)
    at = place + 1 + (text[place + 1 : place + 2] == " ")
    end = at
    while end < len(text) and end - at < 2 and text[end].isdecimal():
        end += 1
    if month is None or end == at or text[end : end + 1] not in day_sign or not text[end : end + 1]:
        return None
    blank = start - (text[start - 1 : start] == " ")
    year = None
    if text[blank - 1 : blank] == year_sign:
        year, year_start = _digits_before(text, blank - 1)
        start = year_start if year else start
    return year, month, int(text[at:end]), start, end + 1


def _digits_before(text: str, place: int) -> tuple[int | None, int]:
    start = place
    while start > 0 and place - start < 4 and text[start - 1].isdecimal():
        start -= 1
    return (int(text[start:place]) if start < place else None), start


def _nearest(found: tuple[int | None, int, int, int, int], published: date | None) -> date | None:
    year, month, day, *_ = found
    if year is None and published is None:
        return None
    base = published.year if published else 0
    days = []
    for candidate in [year] if year else [base - 1, base, base + 1]:
        try:
            days.append(date(candidate, month, day))
        except ValueError:
            continue
    return min(days, key=lambda each: abs((each - published).days) if published else 0, default=None)


def _is_deadline(script: _Script, start: int, end: int) -> bool:
    before, _ = script.around(start)
    _, after = script.around(end)
    return after.lstrip().startswith(_BY_AFTER) or before.endswith(_BY_BEFORE) or _any(_DEADLINE_NEAR, before + after)
