"""The commands on rules, as people use them: list, show, try, suggest."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from tests.builders import FEED, OUTLET, entry, poll_decision
from tests.watching import ukraine_watch
from tests.world import write_config
from watcher.cli.asking import ConceptShown, TopicShown, list_rules, show_rule, try_pattern
from watcher.errors import ConfigError, UsageError
from watcher.matching import Context, compile_watch
from watcher.model import ArticleText, ReadOutcome
from watcher.reading import near_miss
from watcher.store import ReadRecord, Store

ROOT = Path(__file__).parent.parent
MATCHER = compile_watch(ukraine_watch())
NOW = datetime.now(UTC)
LONG = "The delegations met in a hotel by the lake until late. Reporters waited in the rain for a statement. " * 2
TEXTS = {
    "hit": (
        "Ukraine gets security guarantees",
        f"Kyiv was promised firm security guarantees by allies today. {LONG}",
        "en",
    ),
    "copy": ("Ukraine gets pledges", f"Kyiv was promised firm security pledges by allies today. {LONG}", "en"),
    "near": ("They want security guarantees", "A source said so.", "en"),
    "uk": ("Гарантії безпеки для України", "Рубио сказав. Надійні гарантії безпеки просить Рубіот.", "uk"),
    "off": ("Harbour festival", "A record crowd [came].\u202e\x1b[31m", "en"),
}


def record(text: ArticleText, store: Store, title: str) -> ReadRecord:
    (job,) = [job for job in store.due_articles(NOW, 10) if job.title == title]
    judgement = MATCHER.judge(text, Context(language=text.language))
    outcome = ReadOutcome(job, text, replace(judgement, language=text.language))
    return ReadRecord(outcome, "ok", "", None, (), None, near_miss=near_miss(judgement))


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a hit, a copy of it, a near miss, a hit in Ukrainian and something else; one is older."""
    state = tmp_path_factory.mktemp("asking")
    with Store(state / "watcher.db") as store:
        store.sync_watch([OUTLET], [FEED], {}, NOW)
        for name, (title, text, language) in TEXTS.items():
            seen = NOW - timedelta(days=30 if name == "off" else 1)
            store.record_polls([poll_decision(entry(name, title=title))], seen)
            store.record_reads([record(ArticleText(title, "", text, "page", language), store, title)], seen)
    return state


# --- list and show -----------------------------------------------------------------------------------------------


def test_every_rule_is_listed() -> None:
    """Topics, terms and entities, with their languages and the topics that use them."""
    rules = {(rule.kind, rule.id): rule for rule in list_rules(ukraine_watch())}
    assert {kind for kind, _ in rules} == {"topic", "term", "entity"}
    assert rules["entity", "rubio"].used_by == ("security_guarantees", "peace_plan")
    assert rules["term", "ukraine"].languages == ("en", "uk", "ru", "de", "zh", "ar")
    assert rules["entity", "nato"].where.startswith("watch.yml:")


def test_an_entity_is_shown_with_all_its_forms() -> None:
    """By name, declined; with the words that must not stand beside it."""
    (shown,) = show_rule(MATCHER, "zelensky")
    assert isinstance(shown, ConceptShown)
    forms = {pattern.pattern: pattern.readings for pattern in shown.patterns}
    assert {"зеленського", "зеленським"} <= set(forms["Зеленський"][0][0])
    assert forms["Zelensk*"][0][0] == ("zelensk*",)
    assert "Olena" in shown.not_after
    (only,) = show_rule(MATCHER, "zelensky", "pl")
    assert isinstance(only, ConceptShown)
    assert {pattern.language for pattern in only.patterns} == {"pl"}


def test_a_topic_and_a_term_may_have_one_id() -> None:
    """Both are shown: gate, score and examples; patterns and those that exclude."""
    topic, term = show_rule(MATCHER, "security_guarantees")
    assert isinstance(topic, TopicShown)
    assert topic.gate == ("all: security_guarantees", "  any: ukraine, zelensky, umerov, nato, feed.ukraine")
    assert topic.score[0] == "security_guarantees: title +6, lead +5, body +3, at most 12"
    assert topic.score[-1] == "other_wars: -3 each"
    assert len(topic.match) == 4
    assert isinstance(term, ConceptShown)
    assert {pattern.pattern for pattern in term.patterns if pattern.excluded} == {
        "social security guarantee*", "loan guarantee*",
    }  # fmt: skip


def test_an_id_that_is_not_there_is_told_with_those_that_are_like_it() -> None:
    """A wrong letter is common."""
    with pytest.raises(UsageError, match="Did you mean zelensky"):
        show_rule(MATCHER, "zelenski")


# --- try ---------------------------------------------------------------------------------------------------------


def test_a_pattern_is_tried_on_the_archive(state: Path) -> None:
    """How often, in which articles and words; hits that there are already are told apart."""
    trial = try_pattern("security {guarantee*|pledge*}", state / "watcher.db")
    assert (trial.articles, trial.matched, trial.known, trial.mentions) == (5, 3, 1, 4)
    assert trial.words == {"security guarantees": 3, "security pledges": 1}
    assert [mention.title for mention in trial.found] == [
        "They want security guarantees", "Ukraine gets pledges", "Ukraine gets security guarantees",
    ]  # fmt: skip
    assert trial.found[1].before == "Kyiv was promised firm "
    assert trial.found[2].level == "core"


def test_age_language_and_number_can_be_limited(state: Path) -> None:
    """What is not shown is counted all the same."""
    database = state / "watcher.db"
    assert try_pattern("festival", database).matched == 1
    assert try_pattern("festival", database, since=NOW - timedelta(days=7)).matched == 0
    assert try_pattern("гаранті* ~4 безпек*", database, language="uk").articles == 1
    trial = try_pattern("security", database, limit=1)
    assert (trial.matched, len(trial.found)) == (3, 1)


def test_a_pattern_with_a_mistake_is_refused(state: Path) -> None:
    """With the remedy, as in a file."""
    with pytest.raises(ConfigError, match="letters"):
        try_pattern("a*", state / "watcher.db")


# --- the commands ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rules of the world of tests."""
    home = tmp_path_factory.mktemp("rules")
    write_config(home, {"one": {"url": "http://127.0.0.1:9/x", "id": "one"}}, targets={"console": {"type": "console"}})
    return home / "config"


def watcher(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "watcher", *map(str, arguments)], capture_output=True, text=True, check=False, cwd=ROOT,
        timeout=60,
    )  # fmt: skip


def test_rules_are_shown_on_a_terminal_and_as_json(config: Path) -> None:
    """The same, for eyes and for programs."""
    shown = watcher("rules", "show", "security_guarantees", "--config", config).stdout
    assert "all: security_guarantees, ukraine" in shown
    assert "security guarantee*" in shown
    assert "must not match" in shown
    topic, term = json.loads(watcher("rules", "show", "security_guarantees", "--config", config, "--json").stdout)
    assert (topic["kind"], term["kind"]) == ("topic", "term")
    listed = json.loads(watcher("rules", "list", "--config", config, "--json", "--kind", "entity").stdout)
    assert [rule["id"] for rule in listed] == ["rubio"]
    assert "Marco Rubio" in watcher("rules", "list", "--config", config).stdout
    refused = watcher("rules", "show", "rubbio", "--config", config)
    assert (refused.returncode, "Did you mean rubio" in refused.stderr) == (2, True)


def test_a_trial_is_shown_without_what_could_harm_a_terminal(state: Path) -> None:
    """Words in context; brackets are no markup, control characters are gone."""
    done = watcher("rules", "try", "crowd came", "--state", state, "--since", "90d")
    assert "1 times in 1 of 5 articles; 1 of them are no hits yet" in done.stdout
    assert "A record crowd [came]" in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)
    trial = json.loads(watcher("rules", "try", "crowd came", "--state", state, "--since", "90d", "--json").stdout)
    assert (trial["matched"], trial["found"][0]["text"]) == (1, "crowd [came")
    assert watcher("rules", "try", "a*", "--state", state).returncode == 2


def test_suggestions_are_ready_to_be_copied(config: Path, state: Path) -> None:
    """A name and a wording, each with its line and where it goes."""
    done = watcher("suggest", "--config", config, "--state", state)
    assert "Marco Rubio?" in done.stdout
    assert "security pledges" in done.stdout
    found = json.loads(watcher("suggest", "--config", config, "--state", state, "--json").stdout)
    (alias,) = found["aliases"]
    assert yaml.safe_load(alias["line"]) == {"uk": "Рубіо, Рубіот"}
    assert "entities.yml:" in alias["where"]
    copies = [wording for wording in found["wordings"] if wording["because"] == "copy"]
    assert [copy["line"] for copy in copies] == ["security pledges"]
    assert "topics.yml:" in copies[0]["where"]
    nothing = watcher("suggest", "--config", config, "--state", state, "--since", "1m")
    assert "Nothing to suggest" in nothing.stdout
