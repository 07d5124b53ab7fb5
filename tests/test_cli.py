"""The command line as people and scripts use it: in a process of its own."""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import FEED, NOW, OUTLET, entry, judgement, poll_decision, read_record
from tests.servers.dribble import dribbling
from tests.servers.web import WebServer, rss
from tests.world import RELEVANT, World, page, write_config
from watcher.alerting.planning import Settlement
from watcher.cli.show import Screen
from watcher.cli.show_status import status_lines
from watcher.model import TargetName
from watcher.store import Health, Log, Store

ROOT = Path(__file__).parent.parent
LABELLED = {
    "id": "a1", "url": "", "lang": "en", "title": RELEVANT["en"][0], "text": RELEVANT["en"][1], "date": "2025-11-26",
    "relevant": "core", "topics": ["security_guarantees"], "entities": ["Marco Rubio"], "plan_points": [], "story": "s",
    "borderline": "",
}  # fmt: skip


def watcher(*arguments: str | Path, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "watcher", *map(str, arguments)],
        input=stdin, capture_output=True, text=True, check=False, cwd=cwd, env=env, timeout=100,
    )  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A configuration of one feed, in ``home/config``."""
    feeds = {"one": {"url": "http://127.0.0.1:9/one.xml", "id": "one"}}
    write_config(tmp_path, feeds, targets={"console": {"type": "console"}})
    return tmp_path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A database with a hit that was told, one that was not, and an article that did not match."""
    state = tmp_path / "state"
    state.mkdir()
    with Store(state / "watcher.db") as store:
        store.sync_watch([OUTLET], [FEED], {}, NOW)
        store.record_polls([poll_decision(entry("1"), entry("2"), entry("3"))], NOW)
        third, second, first = store.due_articles(NOW, 10)
        store.record_reads([read_record(first, "desk"), read_record(second, "mail")], NOW)
        store.record_reads([read_record(third, said=judgement(None))], NOW)
        (job,) = store.claim_deliveries(NOW, [TargetName("desk")])
        store.settle_delivery(job, Settlement("sent"), NOW)
        (job,) = store.claim_deliveries(NOW, [TargetName("mail")])
        store.settle_delivery(job, Settlement("dead", "mailbox does not exist", 550), NOW)
    return state


# --- configuration -----------------------------------------------------------------------------------------------


def test_the_shipped_configuration_has_no_error() -> None:
    """`watcher check` on what is shipped ends with 0."""
    done = watcher("check", "--config", ROOT / "config")
    assert done.returncode == 0, done.stdout
    assert "fine: " in done.stdout


def test_check_names_every_mistake(home: Path) -> None:
    """File, line, field and remedy of each, as text and as JSON; exit code 2."""
    feeds = home / "config" / "feeds.yml"
    feeds.write_text(feeds.read_text("utf-8").replace('"language": "en"', '"language": "english"'), "utf-8")
    topics = home / "config" / "topics.yml"
    topics.write_text(topics.read_text("utf-8").replace("alert_at: 5", "alert_att: 5"), "utf-8")
    done = watcher("check", "--config", home / "config")
    problems = json.loads(watcher("check", "--config", home / "config", "--json").stdout)

    assert done.returncode == 2
    assert "feeds.yml:1 outlets.times.language: " in done.stdout
    assert "did you mean `alert_at`?" in done.stdout
    errors = [problem for problem in problems if problem["severity"] == "error"]
    assert all(problem["file"] and problem["line"] and problem["field"] for problem in errors)


def test_an_example_that_fails_is_an_error(home: Path) -> None:
    """Examples of topics are run by `check`."""
    topics = home / "config" / "topics.yml"
    topics.write_text(topics.read_text("utf-8").replace("Social security", "Ukraine: the security"), "utf-8")
    done = watcher("check", "--config", home / "config")
    assert done.returncode == 2
    assert "topics.yml" in done.stdout


def test_init_writes_a_watch_that_can_be_checked(tmp_path: Path) -> None:
    """The starter and the copy of the shipped watch are fine as they are; nothing is overwritten."""
    for options in ([], ["--shipped"]):
        directory = tmp_path / ("shipped" if options else "starter")
        assert watcher("init", directory, *options).returncode == 0
        assert watcher("check", "--config", directory).returncode == 0
    again = watcher("init", tmp_path / "starter")
    assert again.returncode == 2
    assert "Traceback" not in again.stderr


def test_a_missing_configuration_says_what_to_do(tmp_path: Path) -> None:
    """One sentence, and the way out."""
    done = watcher("run", "--once", "--config", tmp_path / "none", "--state", tmp_path / "state")
    assert done.returncode == 2
    assert "watcher init" in done.stderr


# --- looking -----------------------------------------------------------------------------------------------------


def test_hits_can_be_narrowed(state: Path) -> None:
    """By level, topic, words and time; the newest first; JSON for programs."""
    rows = json.loads(watcher("hits", "--state", state, "--json").stdout)
    assert [row["url"] for row in rows] == ["https://wire.example/2", "https://wire.example/1"]
    assert "No hit matches." in watcher("hits", "--state", state, "--level", "mention").stdout
    assert "No hit matches." in watcher("hits", "--state", state, "--since", "1h").stdout
    narrowed = watcher("hits", "--state", state, "--search", "guarantees", "--topic", "security_guarantees", "--json")
    assert len(json.loads(narrowed.stdout)) == 2
    wrong = watcher("hits", "--state", state, "--since", "yesterday")
    assert (wrong.returncode, "yesterday" in wrong.stderr) == (2, True)


def test_a_hit_that_holds_no_more_says_so(state: Path) -> None:
    """It was told, so it stays in the log; the article was read again since, and no topic fires."""
    with Store(state / "watcher.db") as store:
        store.record_polls([poll_decision(entry("1", content_hash="edited"))], NOW)
        (job,) = store.due_articles(NOW, 10)
        store.record_reads([read_record(job, said=judgement(None))], NOW)

    assert watcher("hits", "--state", state).stdout.count("withdrawn") == 1
    rows = json.loads(watcher("hits", "--state", state, "--json").stdout)
    assert [(row["level"], bool(row["withdrawn_at"])) for row in rows] == [("core", False), ("core", True)]


def test_deliveries_are_listed_retried_and_dropped(state: Path, home: Path) -> None:
    """What is dead is seen, comes back, and can be given up."""
    dead = watcher("deliveries", "--state", state, "--status", "dead", "--json")
    assert [row["last_error"] for row in json.loads(dead.stdout)] == ["mailbox does not exist"]
    retry = watcher("deliveries", "retry", "--state", state, "--config", home / "config")
    assert "1 delivery made due now." in retry.stdout
    number = json.loads(watcher("deliveries", "--state", state, "--target", "mail", "--json").stdout)[0]["delivery_id"]
    assert "1 delivery dropped." in watcher("deliveries", "drop", str(number), "--state", state).stdout
    assert "dropped" in watcher("deliveries", "--state", state).stdout


def test_status_tells_a_person_and_a_program(state: Path) -> None:
    """Dead letters and a daemon that does not run: exit code 1, with the reasons."""
    done = watcher("status", "--state", state)
    assert done.returncode == 1
    assert "needs attention" in done.stdout
    assert "1 delivery is dead" in done.stdout
    figures = json.loads(watcher("status", "--state", state, "--json").stdout)
    assert (figures["hits"], figures["articles"], figures["healthy"]) == (2, 3, False)


def test_trace_and_feeds(state: Path) -> None:
    """The life of an article that did not match names the nearest miss; an unknown address is said to be one."""
    assert "score 1 of 3" in watcher("trace", "https://wire.example/3", "--state", state).stdout
    assert watcher("trace", "https://nowhere.example/", "--state", state).returncode == 2
    assert "wire-world" in watcher("feeds", "--state", state).stdout


def test_looking_before_the_first_run_says_what_to_do(tmp_path: Path) -> None:
    """No traceback, exit code 2."""
    for command in ("hits", "deliveries", "feeds", "status"):
        done = watcher(command, "--state", tmp_path)
        assert (done.returncode, "watcher run" in done.stderr) == (2, True)


def test_a_damaged_database_ends_with_78(tmp_path: Path, home: Path) -> None:
    """The advice is shown; the file is left alone."""
    state = tmp_path / "damaged"
    state.mkdir()
    (state / "watcher.db").write_bytes(b"not a database" * 1000)
    done = watcher("run", "--once", "--config", home / "config", "--state", state)
    assert done.returncode == 78
    assert "left as it is" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("hits", "--zone", "Mars/Olympus"),
        ("hits", "--zone", "/etc/passwd"),
        ("hits", "--level", "huge"),
        ("hits", "--limit", "99999999999999999999"),
        ("deliveries", "--status", "lost"),
        ("deliveries", "drop", "99999999999999999999"),
        ("deliveries", "drop", "9999"),
        ("rules", "list", "--kind", "word"),
        ("run", "--once", "--log-level", "loud"),
        ("run", "--once", "--state", "/dev/null"),
        ("check", "--write-schema", "/dev/null/schema"),
        ("demo", "--keep", "/dev/null/demo"),
        ("explain", "http://[::1"),
        ("trace", "\udcff"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(state: Path, arguments: tuple[str, ...]) -> None:
    """Exit code 2 and a sentence, never a traceback."""
    done = watcher(*arguments, cwd=state.parent)
    assert done.returncode == 2
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_a_delivery_that_is_not_there_changes_nothing(state: Path, home: Path) -> None:
    """One wrong id among others: it is named, and the others are left as they are."""
    rows = json.loads(watcher("deliveries", "--state", state, "--json").stdout)
    ids = {row["state"]: str(row["delivery_id"]) for row in rows}
    done = watcher("deliveries", "drop", ids["dead"], ids["sent"], "777", "--state", state)
    assert done.returncode == 2
    assert f"{ids['sent']} is sent; there is no delivery 777" in done.stderr
    assert json.loads(watcher("deliveries", "--state", state, "--json").stdout) == rows


@pytest.mark.parametrize("search", ["security-guarantees", '"security', "(guarantees", "security AND", "* guarantees"])
def test_plain_words_are_found_whatever_their_signs_mean(state: Path, search: str) -> None:
    """What is no full-text query is searched for as words."""
    with Log(state / "watcher.db") as log:
        assert len(log.hits(limit=9, search=search)) == 2


def test_words_without_spaces_between_are_found(tmp_path: Path) -> None:
    """Chinese, Japanese, Korean, Thai: a part of what the index takes for one word; latin words beside it too."""
    with Store(tmp_path / "watcher.db") as store:
        store.sync_watch([OUTLET], [FEED], {}, NOW)
        store.record_polls([poll_decision(entry("1"))], NOW)
        (job,) = store.due_articles(NOW, 10)
        said = read_record(job, "desk")
        text = replace(said.outcome.text, text="乌克兰要求安全保障。우크라이나는 안보보장을 원한다. NATO")
        store.record_reads([replace(said, outcome=replace(said.outcome, text=text))], NOW)
    with Log(tmp_path / "watcher.db") as log:
        found = {word: len(log.hits(limit=9, search=word)) for word in ("安全保障", "안보보장 nato", "停火")}
    assert found == {"安全保障": 1, "안보보장 nato": 1, "停火": 0}


def test_a_damaged_database_is_said_to_be_one(tmp_path: Path, home: Path) -> None:
    """Whatever is asked of it: exit code 78 and advice."""
    (tmp_path / "watcher.db").write_bytes(b"not a database" * 1000)
    for command in (["hits"], ["status"], ["status", "--json"], ["feeds"], ["rules", "try", "x"], ["deliveries"]):
        done = watcher(*command, "--state", tmp_path)
        assert (done.returncode, "Traceback" in done.stderr, "left as it is" in done.stderr) == (78, False, True)
    (tmp_path / "watcher.db").unlink()
    with closing(sqlite3.connect(tmp_path / "watcher.db")) as db:
        db.execute("CREATE TABLE hit_log (hit_id)")
    older = watcher("trace", "https://wire.example/1", "--state", tmp_path)
    assert (older.returncode, "older version" in older.stderr) == (1, True)
    (tmp_path / "watcher.db").write_bytes(b"")
    assert watcher("hits", "--state", tmp_path).returncode == 2


def test_the_check_of_a_container_loads_next_to_nothing(state: Path) -> None:
    """Without options and a terminal `watcher status` needs no parser of options, no tables and no model."""
    code = "import sys; sys.argv = ['watcher', 'status']; from watcher.__main__ import main\n"
    code += "try: main()\nfinally: sys.stderr.write(' '.join(sys.modules))"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "WATCHER_STATE": str(state)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 1
    assert done.stdout.startswith("needs attention")
    heavy = {"typer", "pydantic", "rich", "asyncio", "sqlite_utils", "ftfy", "watcher.text", "watcher.model"}
    assert not heavy & set(done.stderr.split())


def test_help_does_not_load_what_commands_need() -> None:
    """`watcher --help` answers at once."""
    code = "import sys; import watcher.cli.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"asyncio", "pydantic", "rich.console", "sqlite3", "watcher.model"} & set(done.stdout.split())


def test_runs_by_cron_are_healthy(state: Path) -> None:
    """Where `run --once` has ended within a day, no daemon is missed; later it is said to be missing."""
    with Store(state / "watcher.db") as store:
        store.beat("once", NOW)
    with Health(state / "watcher.db") as log:
        soon, late = log.status(NOW + timedelta(hours=5)), log.status(NOW + timedelta(hours=30))
    assert not [problem for problem in soon.problems if "once" in problem or "daemon" in problem]
    assert "'watcher run --once' last ended 30 h ago" in late.problems
    lines = ["".join(part for part, _ in line) for line in status_lines(soon, NOW + timedelta(minutes=95), str)]
    assert "run --once  ended 95 min ago" in lines


def test_a_daemon_that_is_silent_is_not_called_alive(state: Path) -> None:
    """The line on the daemon agrees with what is said above it."""
    with Store(state / "watcher.db") as store:
        store.beat("daemon", NOW)
    with Health(state / "watcher.db") as log:
        found = log.status(NOW)
    for minutes, said in ((1, "runs"), (95, "does not run")):
        lines = ["".join(p for p, _ in line) for line in status_lines(found, NOW + timedelta(minutes=minutes), str)]
        assert any(line.startswith(f"daemon      {said}") for line in lines)


def test_a_daemon_that_was_stopped_is_called_so_at_once(state: Path) -> None:
    """Until it is started again."""
    with Store(state / "watcher.db") as store:
        store.beat("daemon", NOW)
        store.beat("stopped", NOW + timedelta(seconds=5))
        with Health(store.path) as log:
            assert log.status(NOW + timedelta(minutes=1)).problems[0] == "the daemon was stopped 55 s ago"
        store.beat("daemon", NOW + timedelta(minutes=1))
        with Health(store.path) as log:
            assert not any("stopped" in problem for problem in log.status(NOW + timedelta(minutes=1)).problems)


class Terminal(io.StringIO):
    """A terminal to write on."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("width", "below"), [(40, ["title", "topics", "url"]), (100, ["url"]), (200, [])])
def test_a_table_that_is_too_wide_moves_its_long_texts_below(
    width: int, below: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address first, then the others; words stay whole, and nothing is lost."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    row: dict[str, object] = {
        "level": "core", "title": "Guarantees before the peace plan is signed", "topics": "guarantees, plan",
        "url": "https://wire.example/2026/11/25/guarantees-before-the-plan.html?page=1",
    }  # fmt: skip
    Screen(out=out).rows([row], {name: name for name in row}, nothing="", below=("url", "topics", "title"))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    lines = shown.splitlines()
    heading = lines[0].split()
    assert [name for name in row if name not in heading] == below
    assert all(str(value) in " ".join(shown.split()) for value in row.values())
    assert all(len(line) <= width or "://" in line for line in lines)


def test_nothing_shown_holds_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """User names with passwords, tokens and keys are left out, from tables and from JSON."""
    row: dict[str, object] = {
        "url": "https://desk:hunter2@feeds.example/rss?token=abc123&page=2",
        "last_error": "POST https://api.telegram.org/bot123456789:AAEhBOweik6ad6PsVabcdefghij/sendMessage",
    }
    for as_json in (False, True):
        Screen(as_json=as_json).rows([row], {name: name for name in row}, nothing="")
        shown = capsys.readouterr().out
        assert not [secret for secret in ("hunter2", "abc123", "AAEhBOweik6ad6Ps") if secret in shown]
        assert "page=2" in shown


def test_trace_shows_thresholds_and_moments(state: Path) -> None:
    """`alert_at` is a number of points, the `at` of an event a moment; neither is left empty."""
    shown = watcher("trace", "https://wire.example/1", "--state", state).stdout
    assert re.search(r"alert_at +5$", shown, re.MULTILINE)
    assert re.search(r"found_at +26 Nov 12:00$", shown, re.MULTILINE)


# --- asking the rules --------------------------------------------------------------------------------------------


def test_explain_shows_evidence_and_arithmetic(home: Path, tmp_path: Path) -> None:
    """A page from a file: the words in context, their pattern, and what they count."""
    file = tmp_path / "page.html"
    file.write_text(page(*RELEVANT["uk"], language="uk"), "utf-8")
    done = watcher("explain", file, "--config", home / "config")
    assert done.returncode == 0
    assert "→ core" in done.stdout
    assert "pattern «гаранті* ~4 безпек*» (uk)" in done.stdout
    found = json.loads(watcher("explain", file, "--config", home / "config", "--json").stdout)
    match = found["judgement"]["matches"][0]
    assert found["text"][match["field"]][match["start"] : match["end"]] == match["text"]


def test_explain_says_what_was_nearest(home: Path) -> None:
    """For a topic that did not fire: what was missing."""
    done = watcher("explain", "-", "--config", home / "config", stdin="Banks offer security guarantees to savers.\n")
    assert "no topic fires" in done.stdout
    assert "security_guarantees" in done.stdout
    assert watcher("explain", "-", "--config", home / "config", stdin="").returncode == 2
    assert watcher("explain", "/nonexistent/file", "--config", home / "config").returncode == 2


def test_a_near_miss_is_told_once(home: Path) -> None:
    """Two topics that lack the same: the second one points to the first."""
    topics = home / "config" / "topics.yml"
    text = topics.read_text("utf-8")
    again = text[text.index("  security_guarantees:\n    label: Security guarantees for") :]
    topics.write_text(text + again.replace("  security_guarantees:\n", "  again:\n", 1), "utf-8")
    text = "Kyiv wants guarantees from banks, which speak of a word and many more that lie between, of security.\n"
    done = watcher("explain", "-", "--config", home / "config", stdin=f"News\n{text}")
    assert done.stdout.count("not there:") + done.stdout.count("failed:") + done.stdout.count("not next to") == 1
    assert "as above: security_guarantees" in done.stdout


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as web:
        yield web


def test_explain_fetches_an_address(home: Path, web: WebServer) -> None:
    """The page is fetched and read as the daemon does it; one that is not there is said to be so."""
    url = web.url("/a")
    web.page("/a", page(*RELEVANT["en"]))
    assert "→ core" in watcher("explain", url, "--config", home / "config").stdout
    gone = watcher("explain", web.url("/none"), "--config", home / "config")
    assert (gone.returncode, "404" in gone.stderr) == (2, True)


def test_evaluate_measures_the_rules(home: Path, tmp_path: Path) -> None:
    """Figures as a table and as one object with the agreed keys; bad lines are named."""
    file = tmp_path / "labelled.jsonl"
    noise = {
        **LABELLED,
        "id": "a2",
        "title": "Harbour festival",
        "text": "Record crowd.",
        "relevant": "no",
        "topics": [],
    }
    noise |= {"entities": ["Nobody Known"], "story": ""}
    file.write_text("\n".join(json.dumps(record) for record in (LABELLED, noise)) + "\n", "utf-8")
    figures = json.loads(watcher("evaluate", file, "--config", home / "config", "--json").stdout)
    keys = {"level.core", "level.relevant", "topics", "entities", "plan_points", "stories", "alerts_per_story"}
    assert keys <= set(figures)
    assert figures["level.core"]["f1"] == 1
    assert "missed entities: Nobody Known" in watcher("evaluate", file, "--config", home / "config", "--errors").stdout
    file.write_text("{}\n", "utf-8")
    assert watcher("evaluate", file, "--config", home / "config").returncode == 2


# --- sending -----------------------------------------------------------------------------------------------------


def test_notify_test_sends_a_real_sample(home: Path) -> None:
    """The console target shows it; an unknown target is named."""
    done = watcher("notify-test", "console", "--config", home / "config")
    assert done.returncode == 0
    assert "console: accepted" in done.stdout
    wrong = watcher("notify-test", "nobody", "--config", home / "config")
    assert (wrong.returncode, "console" in wrong.stderr) == (2, True)


def test_notify_test_says_why_a_target_refused(home: Path) -> None:
    """A server that is not there: exit code 1 and the reason."""
    target = {
        "type": "email", "server": "127.0.0.1", "port": 9, "security": "none", "from": "a@b.example",
        "to": "c@d.example",
    }  # fmt: skip
    write_config(home, {"one": {"url": "http://127.0.0.1:9/x", "id": "one"}}, targets={"mail": target})
    done = watcher("notify-test", "--config", home / "config")
    assert done.returncode == 1
    assert "mail: not accepted" in done.stdout
    assert "efused" in done.stdout


def test_notify_test_ends_although_a_server_dribbles(home: Path) -> None:
    """It says that there was no answer in time."""
    with dribbling() as (base, _):
        token = "987654321:AAF-a-token-of-the-world-of-tests"
        target = {"type": "telegram", "token": token, "chat": "4711", "api_base": base}
        feeds = {"one": {"url": "http://127.0.0.1:9/x", "id": "one"}}
        write_config(home, feeds, targets={"chat": target}, settings={"send_timeout": "1s"})
        done = watcher("notify-test", "--config", home / "config")
    assert done.returncode == 1
    assert "no whole answer within 1 s" in done.stdout


def test_once_in_a_pipe_shows_no_progress(tmp_path: Path) -> None:
    """One line sums up what was done."""
    with WebServer() as web, WebServer(host="127.0.0.2") as other:
        world = World(web, other)
        web.feed("/one.xml", rss([world.article("one")]))
        world.feed("one")
        write_config(tmp_path, world.feeds, targets={"console": {"type": "console"}}, settings={"interval": "1h"})
        done = watcher("run", "--once", "--config", tmp_path / "config", "--state", tmp_path / "state")
    assert done.returncode == 0
    assert done.stdout.strip().splitlines()[-1] == (
        "1 feed polled; 1 new entry; 1 article read; 1 hit; 1 alert delivered."
    )
    assert "\x1b" not in done.stdout + done.stderr


def test_once_counts_hits_not_readings(tmp_path: Path) -> None:
    """An article that was changed and read again is no second hit."""
    with WebServer() as web, WebServer(host="127.0.0.2") as other:
        world = World(web, other)
        item = world.article("one")
        world.feed("one")
        options = {"interval": "1s", "ignore_hints": "true", "read_pages": "false"}
        write_config(tmp_path, world.feeds, targets={"console": {"type": "console"}}, settings=options)
        said = []
        for title in (item.title, f"{item.title}, again"):
            web.feed("/one.xml", rss([replace(item, title=title)]))
            make_due(tmp_path / "state" / "watcher.db")
            done = watcher("run", "--once", "--config", tmp_path / "config", "--state", tmp_path / "state")
            said.append(done.stdout.strip().splitlines()[-1])
    assert "1 article read; 1 hit;" in said[0]
    assert "1 article read; 0 hits;" in said[1]


def make_due(path: Path) -> None:
    """Let all feeds be polled now."""
    if path.exists():
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE feeds SET next_poll_at = '2025-01-01T00:00:00.000Z'")


def test_version_and_help() -> None:
    """The two things everybody tries first."""
    assert watcher("--version").stdout.startswith("watcher ")
    assert "watcher demo" in watcher("--help").stdout


@pytest.mark.timeout(200)
def test_demo_works_without_network(tmp_path: Path) -> None:
    """Hits and alerts as a person would give them, and commands that work on what it leaves behind."""
    done = watcher("demo", "--pace", "0", "--keep", tmp_path / "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    hits = json.loads(watcher("hits", "--state", tmp_path / "demo" / "state", "--json").stdout)
    assert len(hits) == 8
    stories = json.loads(watcher("stories", "--state", tmp_path / "demo" / "state", "--json").stdout)
    most = max(stories, key=lambda story: story["reports"])
    updates = sum(story["alerts"] - 1 for story in stories)
    # the texts say "on Tuesday": which of them tell of one day depends on the day of the demonstration
    assert (most["reports"], most["sources"]) in {(4, 3), (5, 4)}
    assert most["first_source"] == "Harbour Wire"
    assert (done.stdout.count("[CORE]"), done.stdout.count("[UPDATE")) == (len(stories), updates)
    assert "denied by US State Department" in done.stdout
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    commands = [line.strip() for line in done.stdout.splitlines() if line.startswith("  sqlite-utils")]
    assert len(commands) == 3
    for command in commands:
        shown = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, check=False, cwd=tmp_path,
            env={**os.environ, "PATH": path},
        )  # fmt: skip
        assert shown.returncode == 0, shown.stderr
        assert shown.stdout.strip()


def test_own_templates_are_checked(tmp_path: Path) -> None:
    """A template that fails is told with its file and line by `check`, too."""
    write_config(
        tmp_path, {"one": {"url": "https://example.org/feed", "id": "one"}}, targets={"c": {"type": "console"}}
    )
    templates = tmp_path / "config" / "templates"
    templates.mkdir()
    (templates / "alert.telegram.j2").write_text("<b>{{ headline }}</b>\n<p>no such tag</p>", "utf-8")
    done = watcher("check", "--config", str(tmp_path / "config"))
    assert done.returncode == 2
    assert "alert.telegram.j2" in done.stdout
    assert "'<p>' is not one of the tags" in done.stdout
