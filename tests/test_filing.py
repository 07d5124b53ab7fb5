"""Hits go into stories and each story is told once to everybody: restarts, routes, mutes and merges."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.builders import entry, poll_decision
from watcher.cli.app import app
from watcher.config import Config
from watcher.errors import UsageError
from watcher.matching import Context, Matcher
from watcher.model import (
    ArticleText,
    Feed,
    FeedId,
    Outlet,
    OutletClass,
    OutletId,
    ReadOutcome,
    Route,
    Settings,
    Target,
    TargetName,
)
from watcher.pipeline.filing import Filing
from watcher.pipeline.flow import read_record
from watcher.pipeline.watch import Watch
from watcher.render.alert import Renderer
from watcher.store import Log, Outbox, Store
from watcher.stories import glossary_of
from watcher.text import canon

ROOT = Path(__file__).parents[1]
START = datetime(2025, 11, 26, 14, 2, tzinfo=UTC)
DESK, PHONE = TargetName("desk"), TargetName("phone")

LEAK = (
    "Rubio tells allies: security guarantees for Ukraine only after a peace deal",
    (
        "Marco Rubio told European allies on 25 November that the US wants a peace agreement before it gives "
        "Ukraine security guarantees. The plan has 28 points, two diplomats said of the call."
    ),
)
LEAK_UK = (
    "Рубіо сказав союзникам: гарантії безпеки Україні лише після мирної угоди",
    (
        "Держсекретар Марко Рубіо сказав європейським союзникам 25 листопада, що США хочуть мирної угоди до "
        "того, як дадуть Україні гарантії безпеки, пише Politico. План має 28 пунктів."
    ),
)
DENIAL = (
    "State Department denied that security guarantees for Ukraine come after a peace deal",
    (
        "The State Department denied the report that Marco Rubio told European allies on 25 November of "
        "security guarantees for Ukraine after a peace deal. The plan has 28 points."
    ),
)
OTHER = (
    "Macron: 26 countries will give security guarantees to Ukraine and send 15,000 troops",
    "In Brussels on 3 December Emmanuel Macron named 26 countries of the coalition of the willing.",
)


class Newsroom:
    """A store with filing, under the shipped rules; articles come in one by one."""

    def __init__(self, path: Path, config: Config, matcher: Matcher, routes: tuple[Route, ...]) -> None:
        self.path = path
        self.store = Store(path)
        self.filing = Filing(self.store)
        self.now = START
        self._matcher = matcher
        self._count = 0
        names = dict.fromkeys(target for route in routes for target in route.targets)
        self.watch = Watch(
            settings=Settings(),
            outlets={},
            feeds={},
            targets={name: Target(name, "json://localhost", "text", "json") for name in names},
            routes=routes,
            topics=len(config.watch.topics),
            entity_names={each.id: each.name for each in config.watch.entities},
            renderer=Renderer("Europe/Kyiv"),
            glossary=glossary_of(config.watch, ()),
        )

    def restart(self) -> None:
        """Forget all that is only in memory."""
        self.store.close()
        self.store = Store(self.path)
        self.filing = Filing(self.store)

    def read(self, text: tuple[str, str], by: str = "", *, kind: OutletClass = "national", **job: Any) -> str:
        """An outlet publishes an article, and it is read; return its address."""
        self._count += 1
        self.now += timedelta(minutes=10)
        by = by or f"Paper {self._count}"
        outlet = Outlet(OutletId(by.lower()), by, by.lower(), "int", "en", kind)
        feed = Feed(FeedId(by.lower()), outlet.id, f"https://{self._count}.example/feed")
        self.watch.outlets[outlet.id] = outlet  # type: ignore[index]
        outlets, feeds = tuple(self.watch.outlets.values()), (feed,)
        self.store.sync_watch(outlets, feeds, {}, self.now)
        item = replace(entry(str(self._count)), url=f"https://{self._count}.example/a", published_at=self.now)
        self.store.record_polls([poll_decision(item, feed=feed)], self.now)
        (due,) = self.store.due_articles(self.now, 5)
        self.judge(replace(due, **job), text)
        return item.url

    def judge(self, job: Any, text: tuple[str, str]) -> None:
        """Read an article, again perhaps."""
        article = ArticleText(canon(text[0]), "", canon(text[1]), "page")
        outcome = ReadOutcome(job, article, self._matcher.judge(article, Context(published_at=self.now)))
        record = read_record(self.watch, outcome, now=self.now, rng=random.Random(1))
        self.filing.record(self.watch, [record], self.now)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as conn:
            return conn.execute(sql).fetchall()

    def told(self, target: TargetName = DESK) -> list[tuple[str, str]]:
        """(kind, what was new) of what a target gets, in order."""
        return self.rows(
            f"""SELECT kind, news FROM deliveries JOIN alerts ON alerts.id = alert_id
            WHERE target = '{target}' ORDER BY deliveries.id"""
        )


@pytest.fixture
def routes() -> tuple[Route, ...]:
    return (Route("all", (DESK,)),)


@pytest.fixture
def newsroom(tmp_path: Path, config: Config, matcher: Matcher, routes: tuple[Route, ...]) -> Iterator[Newsroom]:
    room = Newsroom(tmp_path / "watcher.db", config, matcher, routes)
    yield room
    room.store.close()


def test_a_story_is_told_once_and_the_rest_is_folded(newsroom: Newsroom) -> None:
    """Copies and further reports make no alert; the ledger says why."""
    for text in (LEAK, LEAK, LEAK_UK):
        newsroom.read(text)
    newsroom.read(OTHER)
    assert [kind for kind, _ in newsroom.told()] == ["new", "new"]
    assert newsroom.rows("SELECT count(*), count(DISTINCT story_id) FROM hits") == [(4, 2)]
    reasons = [reason for (reason,) in newsroom.rows("SELECT reason FROM events WHERE kind = 'folded' ORDER BY id")]
    assert [reason.split(";")[0] for reason in reasons] == ["nothing new in a story that was told"] * 2
    assert "a copy of https://1.example/a" in reasons[0]
    with Log(newsroom.path) as log:
        stories = log.stories(limit=9, only_open=True)
        found = log.story(1)
    assert [(row["reports"], row["sources"], row["first_source"], row["alerts"]) for row in stories] == [
        (1, 1, "Paper 4", 1),
        (3, 2, "Paper 1", 1),
    ]
    assert found is not None
    assert [(row["told"], bool(row["reason"])) for row in found["reports"]] == [("new", False), *[(None, True)] * 2]


def test_a_target_that_was_never_told_hears_of_the_next_report(newsroom: Newsroom) -> None:
    """A delivery that was given up has told nobody; once one has arrived, the rest is folded as ever."""
    newsroom.read(LEAK)
    newsroom.store.bury_orphans([], newsroom.now)
    newsroom.read(LEAK_UK)
    assert newsroom.told() == [("new", ""), ("new", "")]
    newsroom.read(LEAK_UK, "Another")
    assert len(newsroom.told()) == 2


def test_what_may_have_arrived_counts_as_told(newsroom: Newsroom) -> None:
    """It is dead because it must not be repeated, and so must not its story."""
    newsroom.read(LEAK)
    newsroom.store.claim_deliveries(newsroom.now, [DESK])
    newsroom.store.recover_deliveries(newsroom.now, [DESK])
    newsroom.read(LEAK_UK)
    assert newsroom.told() == [("new", "")]


def test_something_new_is_an_update_with_the_history_of_the_story(newsroom: Newsroom) -> None:
    """A denial is told in the thread of the story, with what was told before."""
    newsroom.read(LEAK, "Politico")
    newsroom.read(LEAK_UK)
    newsroom.read(DENIAL)
    assert newsroom.told() == [("new", ""), ("update", "denied by US State Department")]
    first, update = newsroom.rows("SELECT thread, plain FROM deliveries ORDER BY id")
    assert first[0] == update[0]
    assert "New: denied by US State Department" in update[1]
    assert "3 reports, 2 independent sources, first: Politico, 26 Nov 2025, 16:12 EET" in update[1]
    assert f"Before: 26 Nov 2025, 16:12 EET: {LEAK[0]}" in update[1]


def test_a_restart_between_any_two_reports_changes_nothing(
    tmp_path: Path, config: Config, matcher: Matcher, routes: tuple[Route, ...]
) -> None:
    """What is in the database is enough to go on with: same stories, same alerts, byte for byte."""
    dumps = []
    for restarts in (False, True):
        home = tmp_path / str(restarts)
        home.mkdir()
        room = Newsroom(home / "watcher.db", config, matcher, routes)
        for text in (LEAK, OTHER, LEAK_UK, DENIAL, LEAK):
            room.read(text)
            if restarts:
                room.restart()
        tables = ("stories", "story_reports", "claims", "alerts", "deliveries", "events")
        dumps.append([room.rows(f"SELECT * FROM {table}") for table in tables])
        room.store.close()
    assert dumps[0] == dumps[1]


def test_an_article_that_is_read_again_is_not_told_again(newsroom: Newsroom) -> None:
    """A better text of the same article stays in its story; only what is new in it is told."""
    newsroom.read(LEAK)
    (job,) = [replace(job) for job in [_due_again(newsroom)]]
    newsroom.judge(job, LEAK)
    assert newsroom.told() == [("new", "")]
    newsroom.judge(job, (LEAK[0], LEAK[1].replace("28", "19")))
    assert newsroom.told() == [("new", ""), ("update", "19-point plan")]


def _due_again(newsroom: Newsroom) -> Any:
    with closing(sqlite3.connect(newsroom.path)) as conn, conn:
        conn.execute("UPDATE articles SET next_read_at = seen_at")
    (job,) = newsroom.store.due_articles(newsroom.now, 1)
    return job


def test_what_could_not_be_written_is_not_remembered(newsroom: Newsroom) -> None:
    """When the transaction fails, the story is as it was, and the article is told when it is read again."""
    newsroom.read(LEAK)
    with closing(sqlite3.connect(newsroom.path)) as conn, conn:
        conn.execute("CREATE TRIGGER refuse BEFORE INSERT ON alerts BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(Exception, match="no"):
        newsroom.read(DENIAL)
    with closing(sqlite3.connect(newsroom.path)) as conn, conn:
        conn.execute("DROP TRIGGER refuse")
    (job,) = newsroom.store.due_articles(newsroom.now, 1)
    newsroom.judge(job, DENIAL)
    assert newsroom.told() == [("new", ""), ("update", "denied by US State Department")]


def test_a_muted_story_is_silent_until_then(newsroom: Newsroom) -> None:
    """Its hits are in the log, with the reason; afterwards its news is told again."""
    newsroom.read(LEAK)
    until = newsroom.now + timedelta(hours=2)
    with Outbox(newsroom.path) as outbox:
        assert outbox.mute_stories([1, 99], until) == [1]
    newsroom.read(DENIAL)
    assert newsroom.told() == [("new", "")]
    assert newsroom.rows("SELECT kind FROM events WHERE hit_id = 2") == [("muted",)]
    newsroom.now = until
    newsroom.read((LEAK[0], LEAK[1].replace("28", "19")))
    assert newsroom.told() == [("new", ""), ("update", "19-point plan")]


def test_stories_are_listed_shown_and_muted_by_command(newsroom: Newsroom) -> None:
    """What a person sees of a story, and how one is made silent while the daemon runs."""
    for text in (LEAK, LEAK_UK, DENIAL):
        newsroom.read(text)
    state = str(newsroom.path.parent)

    def watcher(*command: str) -> str:
        done = CliRunner().invoke(app, ["stories", *command, "--state", state])
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    (story,) = json.loads(watcher("--json"))
    assert (story["reports"], story["alerts"], story["state"]) == (3, 2, "open")
    assert story == json.loads(watcher("list", "--open", "--json"))[0]
    shown = watcher("show", "1")
    assert all(words in shown for words in (LEAK[0][:20], "nothing new in a story that was told", "update"))
    assert "1 story muted until" in watcher("mute", "1", "--for", "12h")
    assert json.loads(watcher("--json"))[0]["muted_until"]
    assert "1 story no longer muted" in watcher("unmute", "1")
    assert json.loads(watcher("--json"))[0]["muted_until"] is None
    assert isinstance(CliRunner().invoke(app, ["stories", "show", "9", "--state", state]).exception, UsageError)


def test_hits_that_may_not_be_told_are_in_their_story(newsroom: Newsroom) -> None:
    """What was published before the first poll is not told; a fresh report of it is, as new."""
    newsroom.read(LEAK, quiet_reason="older than the first run")
    assert newsroom.told() == []
    newsroom.read(LEAK_UK)
    assert newsroom.told() == [("new", "")]
    assert newsroom.rows("SELECT count(DISTINCT story_id) FROM hits") == [(1,)]


@pytest.mark.parametrize("routes", [(Route("all", (DESK,)), Route("sure", (PHONE,), min_sources=2))])
def test_a_route_may_wait_for_a_second_source(newsroom: Newsroom) -> None:
    """Who waits for two sources is told when there are two, as of something new; official texts need no second one."""
    newsroom.read(LEAK, "Politico")
    newsroom.read(LEAK_UK)  # cites Politico
    assert newsroom.told(PHONE) == []
    newsroom.read((REPORTS["de"][0], REPORTS["de"][1].replace(", berichtet Politico", "")), "Ukrinform")
    assert (newsroom.told(PHONE), newsroom.told(DESK)) == ([("new", "")], [("new", "")])
    newsroom.read(OTHER, "EU Council", kind="official")
    assert [kind for kind, _ in newsroom.told(PHONE)] == ["new", "new"]


def test_the_nth_source_is_told_when_the_configuration_asks_for_it(newsroom: Newsroom) -> None:
    """Also of a story that was open before; once it is taken back, the count is only shown."""
    uncited = {
        "uk": (LEAK_UK[0], LEAK_UK[1].replace(", пише Politico", "")),
        "de": (REPORTS["de"][0], REPORTS["de"][1].replace(", berichtet Politico", "")),
        "fr": (REPORTS["fr"][0], REPORTS["fr"][1].replace(", selon Politico", "")),
    }
    newsroom.read(LEAK, "Politico")
    newsroom.read(uncited["uk"], "Ukrinform")
    assert newsroom.told() == [("new", "")]
    newsroom.watch = replace(newsroom.watch, settings=Settings(sources_at=(3, 4)))
    newsroom.read(uncited["de"], "Kurier")
    assert newsroom.told()[1:] == [("update", "3rd independent source: Kurier")]
    newsroom.watch = replace(newsroom.watch, settings=Settings())
    newsroom.read(uncited["fr"], "Dépêche")
    assert len(newsroom.told()) == 2
    assert newsroom.rows("SELECT reports, sources FROM stories") == [(4, 4)]


@pytest.mark.parametrize(("days", "kinds"), [(3, ["new", "new"]), (5, ["new"])])
def test_a_story_is_open_for_as_long_as_the_configuration_says(newsroom: Newsroom, days: int, kinds: list[str]) -> None:
    """The same report four days later is a new story, or a part of the old one."""
    newsroom.watch = replace(newsroom.watch, settings=Settings(story_window=timedelta(days=days)))
    newsroom.read(LEAK, "Politico")
    newsroom.now += timedelta(days=4)
    newsroom.read(LEAK_UK)
    assert [kind for kind, _ in newsroom.told()] == kinds


def again(newsroom: Newsroom, url: str, text: tuple[str, str]) -> None:
    """An article is read again, and its text is another one."""
    with closing(sqlite3.connect(newsroom.path)) as conn, conn:
        conn.execute("UPDATE articles SET next_read_at = seen_at")
    (job,) = [job for job in newsroom.store.due_articles(newsroom.now, 99) if job.url == url]
    newsroom.judge(job, text)


FESTIVAL = ("Harbour festival", "Boats of all sizes came to the harbour, and the weather was fine.")
UNCITED = (LEAK_UK[0], LEAK_UK[1].replace(", пише Politico", ""))
SIZES = "SELECT reports, sources, first_source, state FROM story_log"


@pytest.mark.parametrize("restart", [False, True])
def test_a_hit_that_is_withdrawn_counts_no_longer(newsroom: Newsroom, restart: bool) -> None:
    """Neither among the reports of its story nor among the sources; it counts again when it matches again."""
    first = newsroom.read(UNCITED, "Ukrinform")
    newsroom.read(LEAK, "Politico")
    last = newsroom.read(DENIAL, "Kurier")
    assert newsroom.rows(SIZES) == [(3, 3, "Ukrinform", "open")]
    again(newsroom, first, FESTIVAL)
    again(newsroom, last, FESTIVAL)
    if restart:
        newsroom.restart()
    assert newsroom.rows(SIZES) == [(1, 1, "Politico", "open")]
    assert newsroom.rows("SELECT hits FROM story_log") == [(1,)]
    again(newsroom, first, UNCITED)
    assert newsroom.rows(SIZES) == [(2, 2, "Ukrinform", "open")]
    assert newsroom.told() == [("new", ""), ("update", "denied by US State Department")]


def test_a_story_without_any_hit_left_is_closed(newsroom: Newsroom) -> None:
    """It is opened again, but not told again, when its article matches after all."""
    url = newsroom.read(LEAK, "Politico")
    again(newsroom, url, FESTIVAL)
    assert newsroom.rows(SIZES) == [(0, 0, "", "closed")]
    newsroom.restart()
    again(newsroom, url, LEAK)
    assert newsroom.rows(SIZES) == [(1, 1, "Politico", "open")]
    assert newsroom.told() == [("new", "")]


def test_a_source_that_turns_out_to_cite_another_is_none_of_its_own(newsroom: Newsroom) -> None:
    """The summary of a feed may not say whose news it is; the page does."""
    newsroom.read(LEAK, "Politico")
    url = newsroom.read(UNCITED, "Ukrinform")
    assert newsroom.rows(SIZES) == [(2, 2, "Politico", "open")]
    again(newsroom, url, LEAK_UK)
    assert newsroom.rows(SIZES) == [(2, 1, "Politico", "open")]


def test_a_merge_is_on_record(newsroom: Newsroom) -> None:
    """When stories turn out to be one, their hits are together, and rows say what became of the other one."""
    newsroom.read(
        ("Rubio in Geneva: peace plan and security guarantees for Ukraine on 25 November", "Talks in Geneva.")
    )
    newsroom.read(
        ("Peace plan for Ukraine has 19 points", "Two diplomats said that 600,000 troops are in it, says Kyiv.")
    )
    before = newsroom.rows("SELECT count(DISTINCT story_id) FROM hits")
    newsroom.read(
        (
            "Rubio in Geneva: peace plan and security guarantees for Ukraine have 19 points on 25 November",
            "Talks in Geneva: the peace plan for Ukraine has 19 points, 600,000 troops are in it, two diplomats said.",
        )
    )
    merged = newsroom.rows("SELECT count(*) FROM stories WHERE merged_into IS NOT NULL AND closed_at IS NOT NULL")
    assert before == [(2,)]
    assert merged == newsroom.rows("SELECT count(*) FROM events WHERE kind = 'story_merged'") == [(1,)]
    assert newsroom.rows("SELECT count(DISTINCT story_id) FROM hits") == [(1,)]
    assert [kind for kind, _ in newsroom.told()].count("new") == 2


# --- the event that this watch was made for, as 20 outlets in 8 languages would carry it ----------------------------

REPORTS = {
    "en": LEAK,
    "uk": LEAK_UK,
    "ru": (
        "Рубио сказал союзникам: гарантии безопасности Украине только после мирного соглашения",
        (
            "Госсекретарь Марко Рубио сказал европейским союзникам 25 ноября, что США хотят мирного соглашения до "
            "того, как дадут Украине гарантии безопасности, пишет Politico. В плане 28 пунктов."
        ),
    ),
    "de": (
        "Rubio zu Verbündeten: Sicherheitsgarantien für die Ukraine erst nach Friedensabkommen",
        (
            "Marco Rubio sagte den europäischen Verbündeten am 25. November, die USA wollten ein "
            "Friedensabkommen, bevor sie der Ukraine Sicherheitsgarantien geben, berichtet Politico. Der Plan hat "
            "28 Punkte."
        ),
    ),
    "fr": (
        "Rubio aux alliés : des garanties de sécurité pour l'Ukraine seulement après un accord de paix",
        (
            "Marco Rubio a dit aux alliés européens le 25 novembre que les Etats-Unis veulent un accord de paix "
            "avant de donner des garanties de sécurité à l'Ukraine, selon Politico. Le plan compte 28 points."
        ),
    ),
    "pl": (
        "Rubio do sojuszników: gwarancje bezpieczeństwa dla Ukrainy dopiero po porozumieniu pokojowym",
        (
            "Marco Rubio powiedział europejskim sojusznikom 25 listopada, że USA chcą porozumienia pokojowego, "
            "zanim dadzą Ukrainie gwarancje bezpieczeństwa, pisze Politico. Plan ma 28 punktów."
        ),
    ),
    "es": (
        "Rubio a los aliados: garantías de seguridad para Ucrania solo tras un acuerdo de paz",
        (
            "Marco Rubio dijo a los aliados europeos el 25 de noviembre que EE UU quiere un acuerdo de paz antes "
            "de dar a Ucrania garantías de seguridad, según Politico. El plan tiene 28 puntos."
        ),
    ),
    "it": (
        "Rubio agli alleati: garanzie di sicurezza per l'Ucraina solo dopo un accordo di pace",
        (
            "Marco Rubio ha detto agli alleati europei il 25 novembre che gli Usa vogliono un accordo di pace "
            "prima di dare all'Ucraina garanzie di sicurezza, secondo Politico. Il piano ha 28 punti."
        ),
    ),
}
CUT = (
    "Peace plan for Ukraine cut from 28 to 19 points",
    (
        "The peace plan that Marco Rubio spoke of with European allies on 25 November was cut from 28 to 19 "
        "points; security guarantees for Ukraine come after a peace agreement."
    ),
)
WHITE_HOUSE = (
    "Statement on security guarantees for Ukraine and the peace plan",
    (
        "Any peace agreement will have full security guarantees for Ukraine. Marco Rubio told European allies "
        "so on 25 November. The plan has 28 points."
    ),
)


def test_the_event_over_two_days_is_one_new_alert_and_an_update_for_each_material_change(newsroom: Newsroom) -> None:
    """Twenty outlets, eight languages, copies, a denial, an official statement, a shorter plan: four alerts in all."""
    told = []
    newsroom.read(LEAK, "Politico")
    told.append(len(newsroom.told()))
    for number, text in enumerate([*list(REPORTS.values())[1:], LEAK, LEAK, *REPORTS.values()]):
        newsroom.read(text, f"Outlet {number}")
    told.append(len(newsroom.told()))
    newsroom.now = START + timedelta(hours=9)
    for by in ("Outlet 3", "Outlet 5"):
        newsroom.read(DENIAL, by)
    told.append(len(newsroom.told()))
    newsroom.now = START + timedelta(hours=20)
    newsroom.read(WHITE_HOUSE, "The White House", kind="official")
    newsroom.read(REPORTS["uk"], "Outlet 18")
    told.append(len(newsroom.told()))
    newsroom.now = START + timedelta(hours=40)
    for by in ("Financial Times", "Outlet 2", "Outlet 7"):
        newsroom.read(CUT, by)
    assert told == [1, 1, 2, 3]
    assert newsroom.told() == [
        ("new", ""),
        ("update", "denied by US State Department"),
        ("update", "official text: The White House"),
        ("update", "19-point plan"),
    ]
    assert newsroom.rows("SELECT count(DISTINCT story_id) FROM hits") == [(1,)]


POINTS = (
    "Кислиця: із 28 пунктів мирного плану України залишилося 19",
    (
        "Марко Рубіо і європейські союзники 25 листопада говорили про гарантії безпеки України та мирний план, "
        "сказав перший заступник міністра Сергій Кислиця."
    ),
)


def test_a_topic_that_is_news_is_told_in_a_story_that_was_told_of_something_else(newsroom: Newsroom) -> None:
    """That guarantees are to come after the deal is told, once, whatever the first report of the story was about."""
    newsroom.read(POINTS, "Ukrinform")
    newsroom.read(LEAK, "Politico")
    newsroom.read(LEAK_UK)
    assert newsroom.rows("SELECT count(DISTINCT story_id) FROM hits") == [(1,)]
    assert newsroom.told() == [("new", ""), ("update", "Deal first, guarantees later")]


@pytest.mark.parametrize("closed_before", [False, True])
def test_a_hit_stays_in_its_story_when_that_is_closed(newsroom: Newsroom, closed_before: bool) -> None:
    """What was folded in is not told as new when its text changes long after; the ledger says why."""
    newsroom.read(LEAK, "Politico")
    url = newsroom.read(LEAK_UK, "Ukrinform")
    newsroom.now += timedelta(days=10)
    if closed_before:
        newsroom.read(OTHER)
        newsroom.restart()
    told = newsroom.told()
    again(newsroom, url, (LEAK_UK[0], LEAK_UK[1] + " Оновлено."))
    assert newsroom.told() == told
    assert newsroom.rows("SELECT DISTINCT story_id FROM hits WHERE id < 3") == [(1,)]
    (last,) = newsroom.rows("SELECT kind, reason FROM events WHERE hit_id = 2 ORDER BY id DESC LIMIT 1")
    assert last == ("folded", "read again; its story was told, and is closed")


def test_old_reports_that_are_found_now_are_one_story(newsroom: Newsroom) -> None:
    """A story is open after its reports were found, also when they were published before its window."""
    for hours, text in ((81, LEAK), (80, LEAK_UK), (79, REPORTS["de"])):
        newsroom.read(text, published_at=newsroom.now - timedelta(hours=hours))
    assert newsroom.told() == [("new", "")]
    assert newsroom.rows("SELECT count(*) FROM stories") == [(1,)]


@pytest.mark.parametrize("restart", [False, True])
def test_what_only_quiet_reports_had_is_told_when_another_one_has_it(newsroom: Newsroom, restart: bool) -> None:
    """What stood in a feed before the first poll was told nobody: a denial, an official text, another number."""
    cut = (LEAK[0], LEAK[1].replace("28", "19"))
    newsroom.read(LEAK, "Politico")
    for text, by in ((DENIAL, "Kurier"), (cut, "Dépêche")):
        newsroom.read(text, by, quiet_reason="older than the first run")
    newsroom.read(WHITE_HOUSE, "The White House", kind="official", quiet_reason="older than the first run")
    assert newsroom.told() == [("new", "")]
    if restart:
        newsroom.restart()
    newsroom.read(DENIAL, "Ukrinform")
    newsroom.read(cut, "Reuters")
    newsroom.read(WHITE_HOUSE, "The White House", kind="official")
    assert newsroom.told()[1:] == [
        ("update", "denied by US State Department"),
        ("update", "19-point plan"),
        ("update", "official text: The White House"),
    ]
