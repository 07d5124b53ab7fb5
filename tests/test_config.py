"""The configuration: what is read, what is refused and in which words, and what stays secret."""

from __future__ import annotations

import os
import shutil
import warnings
import zoneinfo
from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import apprise
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from tests.servers.mail import MailServer
from watcher import config
from watcher.config.codes import COUNTRIES, LANGUAGES
from watcher.config.findings import Findings
from watcher.config.nodes import Document, Scalar, compose
from watcher.config.showing import as_shown
from watcher.config.targets import Mailbox, apprise_url, email_url, telegram_url
from watcher.config.values import check_email, format_duration, parse_duration, parse_size
from watcher.errors import ConfigError, Problem, UsageError
from watcher.matching.definitions import ConditionDef, TopicDef
from watcher.model import Settings

STARTER = Path(config.__file__).parent.parent / "starter"
BROKEN = Path(__file__).parent / "data" / "broken"
TOKEN = "123456:AAF-abcdefghijklmnopqrstuvw"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copy of the starter watch, to be changed."""
    target = tmp_path / "config"
    shutil.copytree(STARTER, target)
    return target


def problems_of(directory: Path, env: Mapping[str, str] | None = None) -> list[Problem]:
    """Everything that is wrong, warnings included."""
    try:
        return list(config.load(directory, env or {}).warnings)
    except ConfigError as error:
        return list(error.problems)


def lines_of(directory: Path, env: Mapping[str, str] | None = None) -> list[str]:
    """The problems as they are printed, without the directory."""
    texts = ((each, str(each).replace(f"{directory}/", "")) for each in problems_of(directory, env))
    return [text if problem.severity == "error" else f"warning: {text}" for problem, text in texts]


def document(text: str) -> tuple[Document, list[Problem]]:
    findings = Findings()
    return compose("a.yml", text, findings), findings.problems


def plugin_for(url: str) -> Any:
    """What Apprise makes of a URL. Loading its plugins imports modules that Python 3.13 has no more."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return apprise.Apprise.instantiate(url)


def write_alerts(directory: Path, targets: str, routes: str = "") -> None:
    (directory / "alerts.yml").write_text(f"targets:\n{targets}{routes}", encoding="utf-8")


def write_feed(directory: Path, feed: str) -> None:
    outlet = "outlets:\n  gazette:\n    name: G\n    country: gb\n    language: en\n    class: local\n    feeds:\n"
    (directory / "feeds.yml").write_text(f"{outlet}      - {{{feed}, tags: [world]}}\n", encoding="utf-8")


# --- broken configurations ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", sorted(path.name for path in BROKEN.iterdir()))
def test_broken_configuration_is_refused_with_exactly_these_words(directory: Path, case: str) -> None:
    """A broken file laid over the starter gives the problems that expected.txt lists, each with its remedy."""
    for path in (BROKEN / case).glob("*.yml"):
        shutil.copy(path, directory)
    expected = (BROKEN / case / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert lines_of(directory, {"TELEGRAM_TOKEN": TOKEN}) == expected


@pytest.mark.parametrize("case", sorted(path.name for path in BROKEN.iterdir()))
def test_every_problem_names_file_line_and_remedy(directory: Path, case: str) -> None:
    """No problem of a broken file leaves the reader without a place and something to do."""
    for path in (BROKEN / case).glob("*.yml"):
        shutil.copy(path, directory)
    problems = problems_of(directory, {"TELEGRAM_TOKEN": TOKEN})
    assert problems
    assert all(each.line > 0 and each.remedy and Path(each.file).is_file() for each in problems)


def test_errors_of_all_files_are_told_at_once_in_order(directory: Path) -> None:
    """One load reports what is wrong in each of the files, in the order in which they build on each other."""
    cases = {
        "watcher.yml": "unknown-option",
        "feeds.yml": "bad-feed-urls",
        "entities.yml": "bad-entities",
        "topics.yml": "bad-score",
        "facts.yml": "bad-facts",
        "alerts.yml": "bad-mail",
    }
    for file, case in cases.items():
        shutil.copy(BROKEN / case / file, directory)
    problems = problems_of(directory)
    assert list(dict.fromkeys(Path(each.file).name for each in problems)) == list(cases)
    by_file = [[each.line for each in problems if each.file.endswith(file)] for file in cases]
    assert by_file == [sorted(lines) for lines in by_file]


def test_missing_file_is_named(directory: Path) -> None:
    """A file that must be there and is not is an error of its own."""
    (directory / "feeds.yml").unlink()
    assert [(each.file, each.message) for each in problems_of(directory)] == [
        (str(directory / "feeds.yml"), "the file is missing")
    ]


def test_missing_directory_says_how_to_make_one(tmp_path: Path) -> None:
    """A directory that is not there is one problem, with the command that writes one."""
    (problem,) = problems_of(tmp_path / "nowhere")
    assert "watcher init" in problem.remedy


def test_file_that_is_not_utf8_names_the_line(directory: Path) -> None:
    """A file in another encoding is refused with the line of the first bad byte."""
    (directory / "entities.yml").write_bytes("entities: {}\n# Рубіо\n".encode("cp1251"))
    problem = problems_of(directory)[0]
    assert (problem.line, problem.message) == (2, "cannot be read: not UTF-8")


def test_control_character_names_the_line(directory: Path) -> None:
    """A control character in a file is refused with its line."""
    (directory / "watcher.yml").write_text("time_zone: UTC\ncontact: \x01\n")
    (problem,) = problems_of(directory)
    assert (problem.line, problem.remedy) == (2, "remove control characters from this line")


# --- what is read -------------------------------------------------------------------------------------------------


def test_starter_loads_without_a_warning(directory: Path) -> None:
    """The starter watch is in order as it is written."""
    loaded = config.load(directory, {})
    assert loaded.warnings == ()
    assert [feed.id for feed in loaded.feeds] == ["un-news", "bbc"]
    assert loaded.feeds[1].interval == timedelta(minutes=15)
    assert [outlet.family for outlet in loaded.outlets] == ["un-news", "bbc"]


def test_settings_left_out_take_their_defaults(directory: Path) -> None:
    """An empty watcher.yml gives the defaults of Settings."""
    (directory / "watcher.yml").write_text("# nothing\n")
    assert config.load(directory, {}).settings == Settings()


def test_without_alerts_everything_goes_to_the_console(directory: Path) -> None:
    """The first run needs no account: alerts.yml may be absent."""
    (directory / "alerts.yml").unlink()
    loaded = config.load(directory, {})
    assert [(target.name, target.url, target.channel) for target in loaded.targets] == [
        ("console", "console://", "console")
    ]
    assert [(route.targets, route.levels, route.topics) for route in loaded.routes] == [(("console",), ("core",), ())]


def test_without_routes_every_target_gets_everything(directory: Path) -> None:
    """Targets without routes get all core alerts."""
    write_alerts(directory, '  a: {type: console}\n  b: {type: apprise, url: "json://127.0.0.1/"}\n')
    assert [route.targets for route in config.load(directory, {}).routes] == [("a", "b")]


def test_feed_ids_follow_from_the_outlet(directory: Path) -> None:
    """The first feed takes the outlet's id, later ones a number; one's own id wins."""
    text = (STARTER / "feeds.yml").read_text(encoding="utf-8")
    more = "      - url: https://b.example/2\n      - {url: https://b.example/3, id: third}\n"
    (directory / "feeds.yml").write_text(text + more, encoding="utf-8")
    assert [feed.id for feed in config.load(directory, {}).feeds] == ["un-news", "bbc", "bbc-2", "third"]


def test_language_no_is_norwegian(directory: Path) -> None:
    """No scalar is ever read as a boolean or number behind the user's back."""
    write_feed(directory, "url: https://a.example/, language: no, id: 007")
    (feed,) = config.load(directory, {}).feeds
    assert (feed.language, feed.id) == ("no", "007")


def test_lines_of_block_text_keep_their_numbers(directory: Path) -> None:
    """Each pattern of block text remembers its own line; comments and blank lines are left out."""
    (directory / "topics.yml").write_text(
        "terms:\n  a:\n    en: |\n      # why\n      one two   # note\n\n      three#four\n    any: [five, six]\n"
        "    not: seven\ntopics: {}\n"
    )
    (directory / "alerts.yml").unlink()
    (term,) = config.load(directory, {}).watch.terms
    found = [(each.text, each.language, each.source.line, each.source.field) for each in term.patterns]
    assert found == [
        ("one two", "en", 5, "terms.a.en"),
        ("three#four", "en", 7, "terms.a.en"),
        ("five", "", 8, "terms.a.any"),
        ("six", "", 8, "terms.a.any"),
    ]
    assert [(each.text, each.source.line) for each in term.excluded] == [("seven", 9)]


def test_names_are_split_at_commas_and_keep_their_lines(directory: Path) -> None:
    """Names may stand in one text, in a list or on lines; each knows its line and language."""
    (directory / "entities.yml").write_text(
        "entities:\n  rubio:\n    name: Marco Rubio\n    kind: person\n    names:\n      en: Rubio, Marco Rubio\n"
        "      uk:\n        - Рубіо\n        - Марко Рубіо\n    not_after: Olena, Mr\n",
        encoding="utf-8",
    )
    (directory / "topics.yml").write_text("topics: {}\n")
    (directory / "alerts.yml").unlink()
    (entity,) = config.load(directory, {}).watch.entities
    found = [(each.text, each.language, each.source.line) for each in entity.names]
    assert found == [("Rubio", "en", 6), ("Marco Rubio", "en", 6), ("Рубіо", "uk", 8), ("Марко Рубіо", "uk", 9)]
    assert [each.text for each in entity.not_after] == ["Olena", "Mr"]


def topic_of(directory: Path, body: str) -> TopicDef:
    text = "terms:\n  a: {en: aaa}\n  b: {en: bbb}\n  c: {en: ccc}\ntopics:\n  t:\n" + body
    (directory / "topics.yml").write_text(text)
    (directory / "alerts.yml").unlink(missing_ok=True)
    (topic,) = config.load(directory, {}).watch.topics
    return topic


def shape(condition: ConditionDef) -> object:
    """A condition as nested tuples."""
    if condition.op == "item":
        return condition.text
    name = f"at_least_{condition.at_least}" if condition.op == "at_least" else condition.op
    return (name, *(shape(item) for item in condition.items))


def test_conditions_side_by_side_must_all_hold(directory: Path) -> None:
    """`when` with several keys means that all of them hold; items nest."""
    topic = topic_of(
        directory,
        "    when:\n      all: [a, {any: [b, feed.world]}]\n      none: [outlet.aggregator]\n"
        "      at_least_2: [a sentence b, a near/8   c, fact.deadline]\n    score: {a: 1}\n    alert_at: 1\n",
    )
    assert shape(topic.when) == (
        "all",
        ("all", "a", ("any", "b", "feed.world")),
        ("none", "outlet.aggregator"),
        ("at_least_2", "a sentence b", "a near/8 c", "fact.deadline"),
    )


def test_condition_may_be_a_single_item(directory: Path) -> None:
    """`when: a` is a condition."""
    assert shape(topic_of(directory, "    when: a\n    score: {a: 1}\n    alert_at: 1\n").when) == "a"


def test_score_lines_take_all_three_forms(directory: Path) -> None:
    """A number counts everywhere, `each` too with a cap; a zone left out counts as the next one further down."""
    topic = topic_of(
        directory,
        "    when: a\n    alert_at: 4\n    score:\n      a: -3\n      b c: {each: 1, max: 3}\n"
        "      fact.stance: {title: 6, body: 2, max: 12}\n      b: {title: 5}\n",
    )
    found = [(line.concepts, line.title, line.lead, line.body, line.cap, line.source.line) for line in topic.score]
    assert found == [
        (("a",), -3, -3, -3, None, 10),
        (("b", "c"), 1, 1, 1, 3, 11),
        (("fact.stance",), 6, 2, 2, 12, 12),
        (("b",), 5, 0, 0, None, 13),
    ]


def test_digest_at_is_alert_at_when_left_out(directory: Path) -> None:
    """Without digest_at there are no mere mentions."""
    topic = topic_of(
        directory,
        "    when: a\n    score: {a: 1}\n    alert_at: 4.5\n    again_if_new: [fact.deadline, quantity.eur]\n",
    )
    assert (topic.alert_at, topic.digest_at, topic.again_if_new) == (4.5, 4.5, ("deadline", "quantity.eur"))


def test_topic_without_examples_is_a_warning(directory: Path) -> None:
    """Rules that nothing tries are told of."""
    topic_of(directory, "    when: a\n    score: {a: 1}\n    alert_at: 1\n")
    assert lines_of(directory) == [
        "warning: topics.yml:6: topics.t: the topic has no examples (add texts that must match and texts that must not)"
    ]


def test_cues_are_read_by_kind_and_language(directory: Path) -> None:
    """facts.yml names kinds, and stems by kind and language."""
    (directory / "facts.yml").write_text("kinds: [deadline]\ncues:\n  deadline: {nl: 'termijn, voor', any: due}\n")
    facts = config.load(directory, {}).watch.facts
    assert facts.kinds == ("deadline",)
    assert facts.cues == (("deadline", "nl", "termijn"), ("deadline", "nl", "voor"), ("deadline", "", "due"))


# --- feeds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "10.1.2.3", "[::1]:80", "intranet", "feeds.office.lan"])
def test_private_address_without_leave_is_a_warning(directory: Path, host: str) -> None:
    """A feed on a private network that nothing allows would never be fetched: that is told."""
    write_feed(directory, f'url: "http://{host}/rss"')
    (line,) = lines_of(directory)
    assert line.startswith("warning: feeds.yml:8: outlets.gazette.feeds[0].url:")
    assert "allow_private" in line


@pytest.mark.parametrize(
    ("host", "allow"), [("127.0.0.1:8000", "127.0.0.0/8"), ("intranet", "intranet"), ("intranet", "10.0.0.0/8")]
)
def test_private_address_with_leave_is_no_warning(directory: Path, host: str, allow: str) -> None:
    """A block or a name that covers the host is enough."""
    write_feed(directory, f'url: "http://{host}/rss", allow_private: [{allow}]')
    assert lines_of(directory) == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hunter22@a.example/rss", "https://***@a.example/rss"),
        ("https://a.example/rss?page=1&api_key=hunter22", "https://a.example/rss?page=1&api_key=***"),
    ],
)
def test_secret_that_is_written_in_a_feed_url_is_a_warning(directory: Path, url: str, shown: str) -> None:
    """It is fetched with it, and shown without."""
    write_feed(directory, f'url: "{url}"')
    (line,) = lines_of(directory)
    assert line.startswith("warning: feeds.yml:8: outlets.gazette.feeds[0].url: a secret is written in the URL")
    loaded = config.load(directory, {})
    assert (loaded.feeds[0].url, loaded.feeds[0].public_url) == (url, shown)
    assert loaded.secrets == ("hunter22",)


def test_secret_that_a_feed_url_refers_to_is_not_shown(directory: Path) -> None:
    """The reference is, so that two feeds can be told apart."""
    url = "https://me:${PW}@a.example/rss?key=${A_KEY}"
    write_feed(directory, f'url: "{url}"')
    env = {"PW": "hunter22", "A_KEY": "k3y-of-the-feed"}
    assert lines_of(directory, env) == []
    loaded = config.load(directory, env)
    assert loaded.feeds[0].url == "https://me:hunter22@a.example/rss?key=k3y-of-the-feed"
    assert loaded.feeds[0].public_url == url
    assert set(env.values()) <= set(loaded.secrets)
    assert not any(secret in repr(loaded) + config.describe_redacted(loaded) for secret in env.values())


def test_feed_url_without_secrets_is_shown_as_it_is(directory: Path) -> None:
    """Nothing is masked that is no credential."""
    write_feed(directory, 'url: "https://a.example/rss?keyword=peace&author=lee"')
    assert lines_of(directory) == []
    assert config.load(directory, {}).feeds[0].public_url == "https://a.example/rss?keyword=peace&author=lee"


# --- alerts -------------------------------------------------------------------------------------------------------


def test_two_targets_with_one_recipient_are_a_warning(directory: Path) -> None:
    """Whoever is in two targets would get everything twice."""
    mail = "{type: email, server: mx.example, security: none, from: a@example.org, to: %s}"
    write_alerts(directory, f"  a: {mail % 'Desk@example.org'}\n  b: {mail % 'desk@example.org'}\n")
    assert lines_of(directory) == [
        (
            "warning: alerts.yml:3: targets.b: the same recipient as target `a`, line 2 "
            "(remove one: whoever is in both gets each alert twice)"
        )
    ]


def test_secret_written_into_the_file_is_a_warning(directory: Path) -> None:
    """Tokens and passwords belong into the environment or a file."""
    chat = f'  a: {{type: telegram, token: "{TOKEN}", chat: "-1"}}\n'
    hook = '  b: {type: apprise, url: "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#desk"}\n'
    write_alerts(directory, chat + hook)
    assert [line.partition("(")[0] for line in lines_of(directory)] == [
        "warning: alerts.yml:2: targets.a.token: a secret is written here, for all who can read this file ",
        "warning: alerts.yml:3: targets.b.url: the URL seems to hold a secret, for all who can read this file ",
    ]


def test_telegram_target_has_its_server(directory: Path) -> None:
    """A target's own Bot API server wins over that of watcher.yml."""
    (directory / "watcher.yml").write_text("telegram_api_base: http://127.0.0.1:8081/\n")
    own = '  b: {type: telegram, token: "${T}", chat: "@desk_news", api_base: "http://127.0.0.1:8082"}\n'
    write_alerts(directory, '  a: {type: telegram, token: "${T}", chat: -1001}\n' + own)
    targets = config.load(directory, {"T": TOKEN}).targets
    assert [target.api_base for target in targets] == ["http://127.0.0.1:8081", "http://127.0.0.1:8082"]


def test_on_unknown_reaches_the_target(directory: Path) -> None:
    """What to do when nobody knows whether a message arrived is set for each target."""
    write_alerts(directory, "  a: {type: console, on_unknown: drop}\n")
    assert config.load(directory, {}).targets[0].on_unknown == "drop"


@pytest.mark.parametrize("chat", ["-1001234567890", "42", "@desk_news"])
def test_telegram_url_is_read_by_apprise_as_meant(chat: str) -> None:
    """The URL has one chat, does not look for a stranger to write to, and follows no redirect."""
    plugin = plugin_for(telegram_url(TOKEN, chat, topic=7, silent=True))
    assert plugin.bot_token == TOKEN
    assert plugin.targets == [(chat if chat.startswith("@") else int(chat), 7)]
    assert (plugin.detect_owner, plugin.redirects, plugin.silent) == (False, False, True)


NASTY = "p@ss:w/o?r#d %41&to=x@y.z+\"'ü"


@pytest.mark.parametrize(
    ("security", "mode", "port"), [("starttls", "starttls", 587), ("tls", "ssl", 465), ("none", "insecure", 25)]
)
def test_email_url_is_read_by_apprise_as_meant(security: str, mode: str, port: int) -> None:
    """Server, port, mode, login and addresses arrive unchanged, whatever characters the password has."""
    assert security in {"starttls", "tls", "none"}
    box = Mailbox("smtp.gmail.com", None, security, "me@gmail.com", NASTY, "from+1@example.org", "o+to@example.org")  # type: ignore[arg-type]
    plugin = plugin_for(email_url(box))
    assert (plugin.smtp_host, plugin.port, plugin.secure_mode) == ("smtp.gmail.com", port, mode)
    assert (plugin.user, plugin.password) == ("me@gmail.com", NASTY)
    assert plugin.from_addr[1] == "from+1@example.org"
    assert plugin.targets == [(False, "o+to@example.org")]


@settings(deadline=None)  # the first call loads the plugins
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30))
def test_any_password_survives_the_url(password: str) -> None:
    """Quoting loses no character of a password."""
    box = Mailbox("127.0.0.1", 2525, "none", "user", password, "a@example.org", "b@example.org")
    assert plugin_for(email_url(box)).password == password


@settings(deadline=None)  # the first call loads the plugins
@given(st.emails(), st.from_regex(r"[!-?A-~]{1,12}@[a-z0-9.-]{1,12}", fullmatch=True))
@example("o'to@example.org", "100%41@example.org")
@example("a@xn--e1afmkfd.xn--p1ai", "a@mx")
def test_address_that_is_accepted_is_the_one_that_is_written_to(usual: str, odd: str) -> None:
    """No address passes the check that Apprise would read as another one."""
    for address in (usual, odd):
        try:
            check_email(address)
        except PydanticCustomError:
            continue
        plugin = plugin_for(email_url(Mailbox("127.0.0.1", 25, "none", "", "", address, address)))
        assert (plugin.targets, plugin.from_addr[1]) == ([(False, address)], address)


def test_mail_without_login_reaches_a_server_on_loopback(directory: Path) -> None:
    """A plain SMTP server without user and password works with `security: none`."""
    with MailServer() as server:
        mail = f"server: 127.0.0.1, port: {server.port}, security: none, from: w@example.org, to: desk@example.org"
        write_alerts(directory, f"  mail: {{type: email, {mail}}}\n")
        (target,) = config.load(directory, {}).targets
        assert plugin_for(target.url).notify(title="Subject", body="<b>Text</b>", body_format="html")
        received = server.wait_for(1)[0]
    assert (received.sender, received.recipients) == ("w@example.org", ("desk@example.org",))


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("json://127.0.0.1/", "json://127.0.0.1/?redirect=no"),
        ("json://127.0.0.1/?verify=no", "json://127.0.0.1/?verify=no&redirect=no"),
        ("json://127.0.0.1/?redirect=yes", "json://127.0.0.1/?redirect=yes"),
    ],
)
def test_urls_of_ones_own_follow_no_redirect(given_url: str, expected: str) -> None:
    """A redirect to a page that answers 200 would look like success."""
    assert apprise_url(given_url) == expected


# --- secrets ------------------------------------------------------------------------------------------------------


def with_password(directory: Path, password: str) -> None:
    mail = "type: email, server: mx.example, user: watcher, from: a@example.org, to: b@example.org"
    write_alerts(directory, f'  mail: {{{mail}, password: "{password}"}}\n')


def test_secret_from_a_file_beside_the_configuration(directory: Path) -> None:
    """`file:` is looked up from the configuration's directory, and one newline at the end is dropped."""
    with_password(directory, "file:smtp")
    (directory / "smtp").write_text("hunter22\n")
    (directory / "smtp").chmod(0o600)
    loaded = config.load(directory, {})
    assert ":hunter22@" in loaded.targets[0].url
    assert loaded.secrets == ("hunter22",)


def test_secret_from_the_credentials_of_systemd(directory: Path, tmp_path: Path) -> None:
    """A path may itself name the environment, as systemd's credentials need; the directory is no secret."""
    with_password(directory, "file:${CREDENTIALS_DIRECTORY}/smtp")
    (tmp_path / "smtp").write_text("hunter22")
    (tmp_path / "smtp").chmod(0o400)
    loaded = config.load(directory, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert loaded.secrets == ("hunter22",)


@pytest.mark.parametrize(
    ("content", "mode", "message", "remedy"),
    [
        ("hunter22\n", 0o644, "can be read by everyone", "run: chmod 600 "),
        ("\n", 0o600, "is empty", "write the secret alone on one line"),
        ("one\ntwo\n", 0o600, "holds more than one line", "write the secret alone on one line"),
    ],
)
def test_secret_file_that_will_not_do(directory: Path, content: str, mode: int, message: str, remedy: str) -> None:
    """A secret that others can read, or that is no single line, is an error with what to do."""
    with_password(directory, "file:smtp")
    (directory / "smtp").write_text(content)
    (directory / "smtp").chmod(mode)
    (problem,) = problems_of(directory)
    assert (problem.field, problem.severity) == ("targets.mail.password", "error")
    assert message in problem.message
    assert problem.remedy.startswith(remedy)


def test_secret_file_that_is_no_text(directory: Path) -> None:
    """A directory, or bytes that are no text, cannot be a secret."""
    with_password(directory, "file:schema")
    (directory / "schema").mkdir()
    assert problems_of(directory)[0].message == f"{directory / 'schema'} is not a file"
    with_password(directory, "file:key")
    (directory / "key").write_bytes(b"\xff\xfe")
    (directory / "key").chmod(0o600)
    assert problems_of(directory)[0].message == f"{directory / 'key'} is not UTF-8"


def test_secret_in_the_middle_of_a_value(directory: Path) -> None:
    """A reference may stand inside a value; the variable alone is hidden as well as the whole."""
    write_feed(
        directory, 'url: "https://a.example/rss", headers: {Authorization: "Bearer ${A_TOKEN}", Accept: text/xml}'
    )
    loaded = config.load(directory, {"A_TOKEN": "s3cr3t-value"})
    assert dict(loaded.feeds[0].headers) == {"Authorization": "Bearer s3cr3t-value", "Accept": "text/xml"}
    assert "s3cr3t-value" in loaded.secrets
    assert "text/xml" not in loaded.secrets


def test_value_of_a_variable_is_taken_as_it_is(directory: Path) -> None:
    """What the environment holds is not looked up again."""
    with_password(directory, "${PASSWORD}")
    loaded = config.load(directory, {"PASSWORD": "${OTHER}"})
    assert "%24%7BOTHER%7D" in loaded.targets[0].url


def test_empty_variable_counts_as_missing(directory: Path) -> None:
    """A variable that is set to nothing is told apart from one that is not set."""
    with_password(directory, "${PASSWORD}")
    assert problems_of(directory, {"PASSWORD": ""})[0].message == "the environment variable PASSWORD is empty"


def test_short_values_are_not_redacted(directory: Path) -> None:
    """Hiding every `abc` would make logs unreadable."""
    with_password(directory, "${PASSWORD}")
    assert config.load(directory, {"PASSWORD": "abc"}).secrets == ()


def test_no_secret_is_shown(directory: Path) -> None:
    """Neither the repr of the configuration, nor its description, nor the message of an error holds a secret."""
    env = {
        "T": TOKEN,
        "P": "hunter22-ü/x",
        "U": "json://user:json-pass@127.0.0.1/path-secret",
        "H": "https://h.example/ping-uuid-1",
    }
    (directory / "watcher.yml").write_text('heartbeat_url: "${H}"\ncontact: me@example.org\n')
    mail = "type: email, server: mx.example, user: watcher, from: a@example.org, to: b@example.org"
    write_alerts(
        directory,
        '  a: {type: telegram, token: "${T}", chat: "-1"}\n'
        f'  b: {{{mail}, password: "${{P}}"}}\n  c: {{type: apprise, url: "${{U}}"}}\n',
    )
    loaded = config.load(directory, env)
    shown = repr(loaded) + config.describe_redacted(loaded)
    for secret in (*env.values(), "json-pass", "path-secret", "ping-uuid-1", TOKEN.partition(":")[2]):
        assert secret in loaded.secrets
        assert secret not in shown
    assert "interval: 30m" in shown
    assert "contact: me@example.org" in shown


# --- YAML ---------------------------------------------------------------------------------------------------------


def test_positions_are_those_of_keys_and_items() -> None:
    """Every path knows the line of its key or list item; one that is not there, that of what is above it."""
    found, _ = document("a:\n  b:\n    - c: 1\n      d: 2\n    - |\n      e\n")
    lines = [found.line(path) for path in (("a",), ("a", "b"), ("a", "b", 0, "d"), ("a", "b", 1), ("a", "x", "y"))]
    assert lines == [1, 2, 4, 5, 1]


def test_alias_stands_for_what_is_anchored() -> None:
    """Anchors and aliases are plain YAML, and are read."""
    found, problems = document("a: &x [1, 2]\nb: *x\n")
    assert (found.data(("b",)), problems) == (["1", "2"], [])


def test_alias_within_itself_is_refused() -> None:
    """A value cannot hold itself."""
    _, problems = document("a: &x [*x]\n")
    assert problems[0].message == "the alias *x stands for nothing above it"


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    """Any text gives a document or problems, and never an exception."""
    found, problems = document(text)
    assert found.root is not None or problems


@given(st.recursive(st.text("abc:- \n", max_size=5), lambda inner: st.lists(inner, max_size=4), max_leaves=20))
def test_quoted_values_come_back_as_they_were(value: object) -> None:
    """What is quoted is read back unchanged."""

    def written(item: object) -> str:
        if isinstance(item, list):
            return f"[{', '.join(written(each) for each in item)}]"
        escaped = str(item).replace("\n", "\\n")
        return f'"{escaped}"'

    found, problems = document(written(value))
    assert problems == []
    assert found.data() == value


def test_only_literal_block_text_has_lines_of_its_own() -> None:
    """Folded and quoted texts are at the line of their value."""
    found, _ = document('a: >\n  one\n\n  two\nb: "one\\ntwo"\n')
    for key, line in (("a", 1), ("b", 5)):
        node = found.node((key,))
        assert isinstance(node, Scalar)
        assert {number for _, number in node.lines()} == {line}


# --- values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("2h", 7200),
        ("1d 12h", 129600),
        ("1h30m", 5400),
        ("1W", 604800),
        ("45", 45),
        ("0", 0),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    """Durations are written with units, or as seconds."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@given(st.integers(0, 10 * 365 * 86400))
def test_durations_are_shown_as_they_are_read(seconds: int) -> None:
    """What is shown of a duration can be written into a file."""
    value = timedelta(seconds=seconds)
    assert parse_duration(format_duration(value)) == value


@pytest.mark.parametrize(("text", "size"), [("5", 5), ("10 MB", 10_000_000), ("2MiB", 2 << 20), ("500kb", 500_000)])
def test_sizes(text: str, size: int) -> None:
    """Sizes are written with units, or as bytes."""
    assert parse_size(text) == size


def test_countries_are_those_of_iso_3166() -> None:
    """The list is that of the time zone data base."""
    table = files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8")
    assert {line.split("\t")[0].lower() for line in table.splitlines() if not line.startswith("#")} == COUNTRIES
    assert len(LANGUAGES) == 183
    assert "Europe/Kyiv" in zoneinfo.available_timezones()


# --- check --------------------------------------------------------------------------------------------------------


def test_starter_passes_the_whole_check(directory: Path) -> None:
    """Rules compile, examples come out right, and there is nothing to warn of."""
    checked, problems = config.check(directory, {})
    assert checked is not None
    assert problems == []


def test_check_tells_of_patterns_that_do_not_compile(directory: Path) -> None:
    """A mistake inside a pattern is found at its own line."""
    path = directory / "topics.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("cessation ~2 hostilities", "cessation ~2"), "utf-8")
    checked, problems = config.check(directory, {})
    assert checked is None
    assert [(each.line, each.severity) for each in problems if each.severity == "error"] == [(16, "error")]


def test_check_tells_of_examples_that_fail(directory: Path) -> None:
    """An example that comes out wrong is an error at its line."""
    path = directory / "topics.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("Envoys arrive for talks on", "Hopes for"), "utf-8")
    checked, problems = config.check(directory, {})
    assert checked is None
    assert [each.field for each in problems] == ["topics.ceasefire_talks.examples.match[0]"]


def test_check_of_what_does_not_load_gives_the_problems(directory: Path) -> None:
    """Errors of the files are returned like all others."""
    shutil.copy(BROKEN / "unknown-option" / "watcher.yml", directory)
    checked, problems = config.check(directory, {})
    assert checked is None
    assert [each.field for each in problems] == ["intervall"]


# --- init ---------------------------------------------------------------------------------------------------------


def test_init_writes_a_watch_that_loads(tmp_path: Path) -> None:
    """`watcher init` writes the starter and the schemas of its files."""
    target = tmp_path / "new" / "watch"
    written = config.init(target, shipped=False)
    assert [path.name for path in written] == ["watcher.yml", "feeds.yml", "entities.yml", "topics.yml", "alerts.yml"]
    assert config.load(target, {}).warnings == ()
    assert (target / "schema" / "feeds.schema.json").is_file()


def test_init_overwrites_nothing(directory: Path) -> None:
    """With one file in the way nothing at all is written."""
    for path in directory.iterdir():
        if path.name != "topics.yml":
            path.unlink()
    with pytest.raises(UsageError, match=r"topics\.yml"):
        config.init(directory, shipped=False)
    assert [path.name for path in directory.iterdir()] == ["topics.yml"]


def test_init_can_copy_the_shipped_watch(tmp_path: Path) -> None:
    """The shipped settings, feeds and targets are copied as they are."""
    written = config.init(tmp_path / "watch", shipped=True)
    origin = Path(__file__).parent.parent / "config"
    assert {path.name for path in written} >= {"watcher.yml", "feeds.yml", "alerts.yml", "facts.yml"}
    assert all(path.read_bytes() == (origin / path.name).read_bytes() for path in written)


def test_init_where_nothing_can_be_written_is_a_usage_error(tmp_path: Path) -> None:
    """A file where the directory should be is told in words."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        config.init(tmp_path / "file" / "watch", shipped=False)


def test_loading_does_not_read_the_environment_of_the_process(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the environment handed in counts."""
    monkeypatch.setitem(os.environ, "PASSWORD", "hunter22")
    with_password(directory, "${PASSWORD}")
    assert problems_of(directory)[0].message == "the environment variable PASSWORD is not set"


def test_what_is_in_force_is_shown_as_it_is_written(directory: Path) -> None:
    """Quiet hours, digests and the rest stand there in the words of the file."""
    write_alerts(
        directory,
        "  a:\n    {type: console, collapse_after: 3, fallback: b,\n"
        "    quiet: {from: '23:00', to: '7:00', urgent: {levels: [core]}}}\n"
        "  b: {type: apprise, url: 'json://127.0.0.1:9/'}\n",
        "routes:\n  - {name: now, targets: [a, b]}\n"
        "  - {name: Morning, targets: [a], mode: digest, cron: 0 7 * * 1-5, time_zone: Europe/Kyiv}\n"
        "health: {failing_for: 3h}\n",
    )
    shown = as_shown(config.load(directory, {}))
    quiet = {"from": "23:00", "to": "07:00", "time_zone": "UTC", "urgent": {"levels": ["core"]}}
    assert shown["targets"]["a"]["quiet"] == quiet
    assert (shown["targets"]["a"]["fallback"], shown["targets"]["a"]["collapse_after"]) == ("b", 3)
    digest = {name: shown["routes"][1][name] for name in ("mode", "cron", "time_zone")}
    assert digest == {"mode": "digest", "cron": "0 7 * * 1-5", "time_zone": "Europe/Kyiv"}
    assert shown["health"]["failing_for"] == "3h"
    assert [route["health"] for route in shown["routes"]] == [True, False]


def test_a_fallback_that_is_missing_is_told_beside_other_mistakes(directory: Path) -> None:
    """All errors at once, those of one target too."""
    write_alerts(
        directory, "  desk: {type: email, server: s.example, from: nobody, to: a@b.example, fallback: ghost}\n"
    )
    found = " ".join(lines_of(directory))

    assert "targets.desk.from" in found
    assert "there is no target `ghost`" in found
