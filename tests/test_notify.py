"""Delivery through Apprise, against a real SMTP server and a stand-in for the Bot API."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.servers import telegram as bot
from tests.servers.mail import (
    DATA_451,
    DATA_452,
    DATA_554,
    HANG,
    RCPT_450,
    RCPT_550,
    STORE_THEN_DROP,
    STORE_THEN_HANG,
    Behaviour,
    MailServer,
)
from tests.servers.telegram import TelegramServer, parse_html
from watcher.model import Delivered, Message, Rejected, Retry, SendOutcome, Settings, Target, TargetName
from watcher.notify.notifier import REASON_LIMIT, Notifier, check_target, printable, redact, secrets_of
from watcher.render.alert import as_plain, render, sample_alert

NOW = datetime(2025, 11, 26, 12, 9, tzinfo=UTC)
SAMPLE = sample_alert(NOW)
TOKEN = TelegramServer.token
SECRET = TOKEN.partition(":")[2]
TELEGRAM = render(SAMPLE, "telegram", zone="UTC")
MAIL = render(SAMPLE, "html", zone="UTC")
TEXT = render(SAMPLE, "text", zone="UTC")


def _chat(base: str, chat: str = "111", extra: str = "rto=0.5", token: str = TOKEN) -> Target:
    return Target(TargetName("phone"), f"tgram://{token}/{chat}/?{extra}", "telegram", "telegram", api_base=base)


def _mailbox(port: int, address: str = "you@example.org", auth: str = "", extra: str = "cto=0.5") -> Target:
    url = f"mailto://{auth}127.0.0.1:{port}/{address}?from=watcher@example.org&{extra}"
    return Target(TargetName("desk"), url, "html", "email")


def _send(target: Target, message: Message = TELEGRAM) -> SendOutcome:
    return Notifier(Settings()).send(target, message, idem_key="a1b2c3")


def _closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


# --- Telegram ----------------------------------------------------------------------------------------------------


def test_a_telegram_message_arrives_as_it_was_rendered(telegram: TelegramServer) -> None:
    """Once, with its line ends, its bold words and its link, and no title before it."""
    assert _send(_chat(telegram.base)) == Delivered()
    (sent,) = telegram.messages
    expected, links = parse_html(TELEGRAM.body)
    assert sent.plain.replace("\r\n", "\n") == expected
    assert sent.links == links
    assert sent.text.count("<b>") == TELEGRAM.body.count("<b>")
    assert sent.payload["disable_web_page_preview"] is True
    assert len(telegram.requests) == 1


def test_the_plain_fallback_arrives_as_the_text_it_is(telegram: TelegramServer) -> None:
    """Nothing in it is taken for markup, and empty lines stay."""
    nasty = Message("text", "s", "", "a < b & c\n\n<b>not bold</b> &amp; *x* _y_")
    assert _send(_chat(telegram.base), as_plain(nasty)) == Delivered()
    assert telegram.messages[0].plain.replace("\r\n", "\n") == nasty.plain
    assert _send(_chat(telegram.base), as_plain(TELEGRAM)) == Delivered()
    assert telegram.messages[1].plain.replace("\r\n", "\n") == TELEGRAM.plain


def test_a_message_at_the_limit_arrives_whole_in_one_piece(telegram: TelegramServer) -> None:
    """Apprise neither splits nor cuts, whatever the characters."""
    body = "😀" * 1900
    assert _send(_chat(telegram.base), Message("telegram", "", body, body)) == Delivered()
    assert [sent.plain for sent in telegram.messages] == [body]


def test_the_settings_say_where_the_bot_api_is(telegram: TelegramServer) -> None:
    """The target's own choice comes first."""
    notifier = Notifier(Settings(telegram_api_base=f"{telegram.base}/"))
    assert notifier.send(_chat(""), TELEGRAM, idem_key="k") == Delivered()
    elsewhere = Notifier(Settings(telegram_api_base=f"http://127.0.0.1:{_closed_port()}"))
    assert elsewhere.send(_chat(telegram.base), TELEGRAM, idem_key="k") == Delivered()
    assert len(telegram.messages) == 2


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (bot.flood(7), Retry("429 Too Many Requests: retry after 7", 429, timedelta(seconds=7), scope="bot")),
        (bot.bad_gateway(), Retry("502", 502)),
        (bot.server_error(), Retry("500 Internal Server Error", 500)),
        (bot.chat_not_found(), Rejected("400 Bad Request: chat not found", "target", 400)),
        (bot.blocked(), Rejected("403 Forbidden: bot was blocked by the user", "target", 403)),
        (bot.unauthorized(), Rejected("401 Unauthorized", "bot", 401)),
        (bot.not_found(), Rejected("404 Not Found", "bot", 404)),
    ],
    ids=lambda value: str(value.status) if isinstance(value, bot.Reply) else "",
)
def test_each_refusal_of_telegram_is_told_apart(
    telegram: TelegramServer, reply: bot.Reply, outcome: SendOutcome
) -> None:
    """By who is at fault: nobody, the message, the chat, the bot."""
    telegram.script(reply)
    assert _send(_chat(telegram.base)) == outcome
    assert len(telegram.requests) == 1
    assert telegram.messages == []


@pytest.mark.parametrize(("body", "reason"), [("a" * 4097, "too long"), ("<b></b>", "empty")], ids=["long", "empty"])
def test_a_message_that_telegram_refuses_is_at_fault_itself(telegram: TelegramServer, body: str, reason: str) -> None:
    """So that it is sent once more as plain text, and then no more."""
    outcome = _send(_chat(telegram.base), Message("telegram", "", body, body))
    assert isinstance(outcome, Rejected)
    assert (outcome.scope, outcome.code) == ("payload", 400)
    assert reason in outcome.reason


def test_markup_that_telegram_cannot_parse_is_a_fault_of_the_message(telegram: TelegramServer) -> None:
    """It is told apart from a chat that does not exist, which has the same code."""
    telegram.script(bot.cant_parse())
    outcome = _send(_chat(telegram.base))
    assert isinstance(outcome, Rejected)
    assert (outcome.scope, outcome.code) == ("payload", 400)
    assert "can't parse entities" in outcome.reason


def test_a_group_that_moved_is_reported_with_its_new_id(telegram: TelegramServer) -> None:
    """The user can put it into the configuration."""
    telegram.script(bot.upgraded(-1009876543210))
    outcome = _send(_chat(telegram.base, "-4242"))
    assert isinstance(outcome, Rejected)
    assert outcome.scope == "target"
    assert "its id is now -1009876543210" in outcome.reason


def test_a_message_without_an_answer_may_have_been_sent(telegram: TelegramServer) -> None:
    """A read time-out and a reset leave it open, and here the message did arrive."""
    for reply in (bot.accept_then_hang(), bot.accept_then_reset()):
        telegram.script(reply)
        outcome = _send(_chat(telegram.base))
        assert isinstance(outcome, Retry)
        assert outcome.maybe_sent
    assert len(telegram.messages) == 2


def test_a_slow_answer_is_waited_for(telegram: TelegramServer) -> None:
    """As long as the target's read time-out allows."""
    telegram.script(bot.slow(0.3))
    assert _send(_chat(telegram.base, extra="rto=5")) == Delivered()


def test_a_server_that_is_not_there_got_nothing() -> None:
    """A refused connection is tried again without doubt."""
    outcome = _send(_chat(f"http://127.0.0.1:{_closed_port()}"))
    assert isinstance(outcome, Retry)
    assert not outcome.maybe_sent
    assert outcome.reason.startswith("Failed to establish a new connection: ")
    assert outcome.reason.endswith("Connection refused")
    unresolved = _send(_chat("http://nothing.invalid"))
    assert isinstance(unresolved, Retry)
    assert not unresolved.maybe_sent


def test_a_redirect_is_not_taken_for_success(telegram: TelegramServer) -> None:
    """Following it would turn the message into a GET that any page answers."""
    telegram.script(bot.redirect(f"{telegram.base}/elsewhere"))
    assert _send(_chat(telegram.base)) == Retry("302", 302)


def test_the_url_cannot_switch_on_what_we_rely_on_being_off(telegram: TelegramServer) -> None:
    """Retries, splitting, redirects and the search for the bot's owner."""
    telegram.script(bot.server_error())
    extra = "retry=5&wait=9&overflow=split&redirect=yes&detect=yes&rto=1"
    assert _send(_chat(telegram.base, extra=extra)) == Retry("500 Internal Server Error", 500)
    assert len(telegram.requests) == 1


# --- mail --------------------------------------------------------------------------------------------------------


def test_a_mail_has_a_readable_text_and_an_html_form(mail: MailServer) -> None:
    """The text form is our own: the same as on the console, with its empty lines."""
    assert _send(_mailbox(mail.port), MAIL) == Delivered()
    (sent,) = mail.wait_for(1)
    assert sent.message.get_content_type() == "multipart/alternative"
    assert sent.recipients == ("you@example.org",)
    assert sent.subject == MAIL.subject
    assert sent.html.replace("\r\n", "\n").strip() == MAIL.body
    assert sent.text.replace("\r\n", "\n").strip() == MAIL.plain


def test_mails_on_one_story_are_shown_together_and_a_repeat_is_the_same_mail(mail: MailServer) -> None:
    """By References, which all of a story share; by a Message-ID made from the delivery; List-Id is for filters."""
    notifier, box = Notifier(Settings()), _mailbox(mail.port)
    for key, thread in (("one", "story:7"), ("two", "story:7"), ("one", "story:7"), ("three", "")):
        assert notifier.send(box, replace(MAIL, thread=thread), idem_key=key) == Delivered()
    first, second, again, alone = (sent.message for sent in mail.wait_for(4))
    assert first["References"] == second["References"] == first["In-Reply-To"]
    assert (alone["References"], alone["In-Reply-To"]) == (None, None)
    assert first["Message-ID"] == again["Message-ID"] == "<one@example.org>"
    assert second["Message-ID"] == "<two@example.org>"
    assert first.get_all("List-Id") == ["Watcher <watcher.example.org>"]
    assert first["Auto-Submitted"] == "auto-generated"


def test_a_mail_brings_its_picture_along(mail: MailServer) -> None:
    """The HTML shows it by its Content-ID; the plain part stands beside both, first."""
    message = replace(MAIL, body='<p>chart</p><img src="cid:chart.png">', image=b"\x89PNG")
    assert _send(_mailbox(mail.port), message) == Delivered()
    (sent,) = mail.wait_for(1)
    parts = [part.get_content_type() for part in sent.message.walk()]
    assert parts == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
    (picture,) = (part for part in sent.message.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<chart.png>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_payload(decode=True) == b"\x89PNG"


def test_a_mail_carries_the_key_of_its_delivery(mail: MailServer) -> None:
    """A repeat can be recognised by a filter."""
    _send(_mailbox(mail.port), MAIL)
    assert mail.wait_for(1)[0].message.get_all("X-Watcher-Alert-Id") == ["a1b2c3"]


def test_a_subject_keeps_its_characters_and_cannot_add_a_header(mail: MailServer) -> None:
    """It is neither escaped nor able to bring in a Bcc."""
    message = Message("text", "Ёлки & <b> “q”\r\nBcc: thief@example.org", "x\n\ny", "x\n\ny")
    assert _send(_mailbox(mail.port), message) == Delivered()
    (sent,) = mail.wait_for(1)
    assert sent.subject == "Ёлки & <b> “q” Bcc: thief@example.org"
    assert sent.message["Bcc"] is None
    assert sent.recipients == ("you@example.org",)
    assert sent.text.replace("\r\n", "\n").strip() == "x\n\ny"


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (RCPT_450, Retry("450 4.2.1 The mailbox is busy, try later", 450)),
        (DATA_451, Retry("451 4.3.0 Try later", 451)),
        (DATA_452, Retry("452 4.2.2 Mailbox full", 452)),
        (RCPT_550, Rejected("550 5.1.1 No such user", "target", 550)),
        (DATA_554, Rejected("554 5.7.1 Refused as spam", "payload", 554)),
    ],
)
def test_each_answer_of_a_mail_server_is_told_apart(
    mail: MailServer, behaviour: Behaviour, outcome: SendOutcome
) -> None:
    """4xx is for now, 5xx for good: of the recipient, or of this message."""
    mail.script(behaviour)
    assert _send(_mailbox(mail.port), MAIL) == outcome
    assert mail.attempts == 1
    assert mail.mails == []


@pytest.mark.parametrize(("behaviour", "kept"), [(STORE_THEN_HANG, 1), (STORE_THEN_DROP, 1), (HANG, 0)])
def test_a_mail_without_an_answer_may_have_been_sent(mail: MailServer, behaviour: Behaviour, kept: int) -> None:
    """Whether the server kept it or not cannot be seen from here."""
    mail.script(behaviour)
    outcome = _send(_mailbox(mail.port), MAIL)
    assert isinstance(outcome, Retry)
    assert outcome.maybe_sent
    assert len(mail.mails) == kept


def test_a_mail_server_that_is_not_there_got_nothing() -> None:
    """A refused connection is tried again without doubt."""
    outcome = _send(_mailbox(_closed_port()), MAIL)
    assert isinstance(outcome, Retry)
    assert not outcome.maybe_sent
    assert "refused" in outcome.reason


def test_a_mail_server_that_never_greets_got_nothing() -> None:
    """A time-out before the mail was handed over is no unknown outcome."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = _send(_mailbox(silent.getsockname()[1]), MAIL)
    assert isinstance(outcome, Retry)
    assert not outcome.maybe_sent
    assert "timed out" in outcome.reason


@pytest.mark.parametrize(("auth", "code"), [("", 530), ("user:wrong-password@", 535)])
def test_a_login_that_fails_is_a_fault_of_the_target(auth: str, code: int) -> None:
    """It will not get better by trying again soon."""
    with MailServer(users={"user": "right-password"}) as server:
        outcome = _send(_mailbox(server.port, auth=auth), MAIL)
        good = _send(_mailbox(server.port, auth="user:right-password@"), MAIL)
    assert isinstance(outcome, Rejected)
    assert (outcome.scope, outcome.code) == ("target", code)
    assert "wrong-password" not in outcome.reason
    assert good == Delivered()


def test_a_server_without_login_is_a_fault_of_the_target(mail: MailServer) -> None:
    """The configuration asks for what the server cannot do."""
    outcome = _send(_mailbox(mail.port, auth="user:secret-word@"), MAIL)
    assert isinstance(outcome, Rejected)
    assert (outcome.scope, outcome.code) == ("target", None)


# --- other services ----------------------------------------------------------------------------------------------


@contextmanager
def _webhook(status: int) -> Iterator[tuple[int, list[dict[str, str]]]]:
    got: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Nothing to say."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server.server_address[1], got
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "kind", "scope"),
    [
        (200, Delivered, None),
        (204, Delivered, None),
        (500, Retry, "target"),
        (429, Retry, "target"),
        (302, Retry, "target"),
        (400, Rejected, "payload"),
        (403, Rejected, "target"),
        (410, Rejected, "target"),
    ],
)
def test_a_webhook_is_judged_by_its_code(status: int, kind: type[SendOutcome], scope: str | None) -> None:
    """Any service of Apprise works, and is judged as HTTP has it."""
    with _webhook(status) as (port, got):
        target = Target(TargetName("hook"), f"json://127.0.0.1:{port}/some-secret-path", "text", "json")
        outcome = _send(target, TEXT)
    assert isinstance(outcome, kind)
    assert getattr(outcome, "scope", None) == scope
    assert [(post["title"], post["message"]) for post in got] == [(TEXT.subject, TEXT.body)]
    assert "some-secret-path" not in str(outcome)


# --- the console -------------------------------------------------------------------------------------------------

CONSOLE = Target(TargetName("console"), "console://", "text", "console")


def test_the_console_gets_the_plain_text() -> None:
    """One empty line after each alert."""
    stream = io.StringIO()
    notifier = Notifier(Settings(), stream=stream)
    assert notifier.send(CONSOLE, MAIL, idem_key="k") == Delivered()
    assert stream.getvalue() == MAIL.plain + "\n\n"


def test_no_escape_sequence_reaches_the_terminal() -> None:
    """Line ends and tabs stay."""
    stream = io.StringIO()
    message = Message("text", "", "", "a\x1b[31mred\x07\u202e\x9b2J\n\tb\r\nc")
    Notifier(Settings(), stream=stream).send(CONSOLE, message, idem_key="k")
    assert stream.getvalue() == "a[31mred2J\n\tb\nc\n\n"
    assert printable("\ud800x") == "x"


def test_a_terminal_that_lacks_letters_gets_question_marks() -> None:
    """Rather than an error."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    assert (
        Notifier(Settings(), stream=stream).send(CONSOLE, Message("text", "", "", "Київ"), idem_key="k") == Delivered()
    )
    assert raw.getvalue() == b"????\n\n"


def test_a_closed_terminal_is_trouble_for_now() -> None:
    """The alert stays in the queue."""
    stream = io.StringIO()
    stream.close()
    assert isinstance(Notifier(Settings(), stream=stream).send(CONSOLE, TEXT, idem_key="k"), Retry)


# --- checking ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "channel"),
    [
        (f"tgram://{TOKEN}/111", "telegram"),
        (f"tgram://{TOKEN}/-100222:5/?silent=yes", "telegram"),
        (f"tgram://{TOKEN}/@channel", "telegram"),
        ("mailtos://me:secret-word@example.org/you@example.org", "email"),
        ("mailto://127.0.0.1:2525/you@example.org?from=me@example.org", "email"),
        ("json://localhost/hook", "json"),
        ("console://", "console"),
    ],
)
def test_a_good_target_has_no_fault(url: str, channel: str) -> None:
    """Nothing is sent to find out."""
    assert check_target(Target(TargetName("t"), url, "text", channel)) == ""


@pytest.mark.parametrize(
    ("url", "channel", "reason"),
    [
        ("tgram://not-a-token-but-secret/111", "telegram", "cannot use the URL"),
        (f"tgram://{TOKEN}/111/222", "telegram", "several recipients"),
        (f"tgram://{TOKEN}/", "telegram", "no recipient"),
        (f"tgram://{TOKEN}/111/!!bad!!", "telegram", "not valid"),
        ("mailto://127.0.0.1/you@example.org,she@example.org?from=me@example.org", "email", "several recipients"),
        ("mailto://127.0.0.1/you@example.org?from=me@example.org&cc=she@example.org", "email", "several recipients"),
        ("mailto://127.0.0.1/you@example.org?from=not an address", "email", "cannot use the URL"),
        ("nonsense://secret-token-here/x", "nonsense", "cannot use the URL"),
        ("not a url", "x", "cannot use the URL"),
    ],
)
def test_a_bad_target_is_told_with_the_reason(url: str, channel: str, reason: str) -> None:
    """Without its secrets; and sending to it is refused in the same words."""
    target = Target(TargetName("t"), url, "text", channel)
    found = check_target(target)
    assert reason in found
    assert "secret" not in found
    assert SECRET not in found
    outcome = _send(target, TEXT)
    assert isinstance(outcome, Rejected)
    assert (outcome.scope, reason in outcome.reason) == ("target", True)


# --- secrets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "secrets", "open_parts"),
    [
        (f"tgram://{TOKEN}/111222333/", {TOKEN}, {"111222333"}),
        ("mailtos://me:p%40ssword@example.org/you@example.org", {"p%40ssword", "p@ssword"}, {"you@example.org"}),
        ("slack://TokenAAAA/TokenBBBB/TokenCCCC/#room", {"TokenAAAA", "TokenBBBB", "TokenCCCC"}, {"#room"}),
        (
            "json://u:pw1@host.example/x?+Authorization=Bearer%20abc",
            {"pw1", "Bearer%20abc", "Bearer abc"},
            {"host.example"},
        ),
    ],
)
def test_the_secrets_of_a_url_are_known(url: str, secrets: set[str], open_parts: set[str]) -> None:
    """Tokens and passwords, as written and unquoted; not addresses, which a reason should name."""
    found = set(secrets_of(url))
    assert secrets <= found
    assert not open_parts & found


def test_redaction_also_knows_the_usual_shapes() -> None:
    """Bot tokens and the user part of any URL, whoever they belong to."""
    text = f"POST https://api.example/bot{TOKEN}/sendMessage via https://u:pw@proxy/ with hunter22"
    assert redact(text, ["hunter22"]) == "POST https://api.example/bot***/sendMessage via https://***@proxy/ with ***"


def test_a_reason_is_one_short_line_without_secrets(telegram: TelegramServer) -> None:
    """Whatever a server answers."""
    answer = json.dumps({"ok": False, "description": f"bad\n\x1b[31m{TOKEN} " + "x" * 3000}).encode()
    telegram.script(bot.Reply(400, answer, accept=False))
    outcome = _send(_chat(telegram.base))
    assert isinstance(outcome, Rejected)
    assert SECRET not in outcome.reason
    assert len(outcome.reason) <= REASON_LIMIT
    assert outcome.reason.isprintable()


_LOUD = """
import logging, sys
logging.basicConfig(level=logging.DEBUG)
from watcher.model import Message, Settings, Target
from watcher.notify.notifier import Notifier, check_target
message = Message("text", "s", "x", "x")
for number, (channel, url, base) in enumerate(zip(*[iter(sys.argv[1:])] * 3, strict=True)):
    target = Target(f"t{number}", url, "text", channel, api_base=base)
    logging.getLogger("urllib3.connectionpool").warning("kept quiet")
    print(target, check_target(target), Notifier(Settings()).send(target, message, idem_key="k"))
logging.getLogger("watcher").debug("the root logger is at work")
"""


def test_no_secret_is_shown_or_logged(telegram: TelegramServer) -> None:
    """With everything logged at DEBUG: neither by us nor by a library, whether a send works or fails."""
    telegram.script(bot.ok(), bot.unauthorized(), bot.accept_then_reset())
    url = f"tgram://{TOKEN}/111"
    bases = [telegram.base] * 3 + [f"http://127.0.0.1:{_closed_port()}", "http://nothing.invalid"]
    cases = [argument for base in bases for argument in ("telegram", url, base)]
    cases += ["nonsense", f"nonsense://{SECRET}/x", "", "telegram", f"tgram://{SECRET}/111", ""]
    with MailServer(users={"user": "right-password"}) as server:
        mailbox = f"mailto://user:{SECRET}@127.0.0.1:{server.port}/you@example.org?from=me@example.org"
        command = [sys.executable, "-c", _LOUD, *cases, "email", mailbox, ""]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.count("Target(") == 8
    assert "Delivered" in done.stdout
    assert "the root logger is at work" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert "sendMessage" not in done.stderr


def test_apprise_is_imported_only_when_it_is_needed() -> None:
    """A console-only watch does not pay for it."""
    code = (
        "import sys; from watcher.notify.notifier import Notifier, check_target; from watcher.model import *;"
        "t = Target('c', 'console://', 'text', 'console'); check_target(t);"
        "Notifier(Settings()).send(t, Message('text', '', 'x', 'x'), idem_key='k');"
        "assert 'apprise' not in sys.modules and 'requests' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, timeout=60)


# --- threads -----------------------------------------------------------------------------------------------------


def test_many_threads_share_a_notifier_and_mix_nothing_up(telegram: TelegramServer) -> None:
    """Each outcome belongs to its own send, though Apprise has one logger for all."""
    for chat in range(100, 110):
        telegram.for_chat(str(chat), bot.blocked() if chat % 2 else bot.flood(chat))
    notifier = Notifier(Settings())
    chats = [str(100 + number % 20) for number in range(80)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(
            pool.map(lambda chat: notifier.send(_chat(telegram.base, chat, "rto=10"), TELEGRAM, idem_key=chat), chats)
        )
    for number, outcome in zip(map(int, chats), outcomes, strict=True):
        if number >= 110:
            assert outcome == Delivered()
        elif number % 2:
            assert isinstance(outcome, Rejected)
        else:
            assert isinstance(outcome, Retry)
            assert outcome.after == timedelta(seconds=number)
    assert len(telegram.messages) == 40


def test_a_hanging_target_does_not_hold_up_another(telegram: TelegramServer) -> None:
    """A send runs in the thread of its caller, not in a pool that all share."""
    telegram.for_chat("666", bot.accept_then_hang())
    notifier = Notifier(Settings())
    with ThreadPoolExecutor(40) as pool:
        stuck = [
            pool.submit(notifier.send, _chat(telegram.base, "666", "rto=20"), TELEGRAM, idem_key="k") for _ in range(39)
        ]
        telegram.wait_for_requests(39, 30)
        assert notifier.send(_chat(telegram.base, "111", "rto=10"), TELEGRAM, idem_key="k") == Delivered()
        assert not any(future.done() for future in stuck)
        telegram.let_go()
    assert all(isinstance(future.result(), Retry) for future in stuck)


# --- the stand-in itself -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("<b>a</b> &lt;&amp;&gt; &quot;&#39;&#x41;", "a <&> \"'A"),
        ('<a href="https://e.org/?a=1&amp;b=2">x</a>', "x"),
        ('<b>a<i>b</i></b><code>c</code><pre><code class="language-py">d</code></pre>', "abcd"),
        ("<tg-spoiler>x</tg-spoiler><blockquote expandable>y</blockquote>", "xy"),
        ("a & b &nbsp; &copy;", "a & b &nbsp; &copy;"),
    ],
)
def test_the_stand_in_reads_markup_as_telegram_does(source: str, plain: str) -> None:
    """Only the tags and entities of Telegram's documentation."""
    assert parse_html(source)[0] == plain


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("<p>x</p>", 'Unsupported start tag "p"'),
        ("a <3 b", 'Unsupported start tag "3"'),
        ("<b>x", "Can't find end tag"),
        ("x</b>", "Unexpected end tag"),
        ("<b><i>x</b></i>", "Unmatched end tag"),
        ("<b", "Unclosed start tag"),
        ("<span>x</span>", "must have class"),
        ("x <b>y</b", "Unclosed end tag"),
    ],
)
def test_the_stand_in_refuses_what_telegram_refuses(source: str, complaint: str) -> None:
    """In Telegram's words."""
    with pytest.raises(bot.MarkupError, match=complaint):
        parse_html(source)
