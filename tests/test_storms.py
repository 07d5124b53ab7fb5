"""Bad weather over real servers: rate limits, a block, a server that hangs or fails, and an end in the middle."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.builders import NOW
from tests.desking import Office
from tests.servers.mail import HANG, HOLD, MailServer
from tests.servers.telegram import TelegramServer, bad_gateway, blocked, cant_parse, flood, server_error
from tests.test_deliveries import Feeds
from watcher.model import QuietHours, Route, Schedule, Settings, Target, TargetName
from watcher.notify.notifier import Notifier
from watcher.pipeline.flow import Parts, Pipeline
from watcher.pipeline.watch import Watch
from watcher.render.alert import Renderer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "123456789:AAE-test-token-of-the-stand-in-000"
OTHER = "987654321:AAE-test-token-of-another-bot-0000"
CHAT, BLOCKED, MAIL, STUCK = (TargetName(name) for name in ("chat", "blocked", "mail", "stuck"))
ALERTS = 5


def chat(name: TargetName, base: str, number: str, token: str = TOKEN) -> Target:
    return Target(name, f"tgram://{token}/{number}/", "telegram", "telegram", api_base=base, collapse_after=0)


def mailbox(name: TargetName, server: MailServer, to: str) -> Target:
    url = f"mailto://127.0.0.1:{server.port}/{to}?from=watcher@example.org&cto=2"
    return Target(name, url, "html", "email", collapse_after=0)


class Weather:
    """A pipeline on real servers, over a store that survives it."""

    def __init__(self, office: Office, settings: Settings) -> None:
        self.office = office
        self.settings = settings
        self.now = NOW
        self.begin()

    def begin(self) -> None:
        """Start, or start anew."""
        notifier = Notifier(self.settings)
        parts = Parts(
            watch=replace(self.office.watch, settings=self.settings),
            engine=Feeds(),
            send=lambda target, message, key: notifier.send(target, message, idem_key=key),
            cool_host=lambda _host, _until: None,
            set_back=lambda _by: None,
        )
        self.pipeline = Pipeline(self.office.store, parts, clock=lambda: self.now, rng=random.Random(1))

    async def go(self, steps: int, step: timedelta) -> None:
        """Deliver what is due, again and again, while time passes."""
        for _ in range(steps):
            await self.pipeline.look_after()
            await self.pipeline.publish()
            await self.pipeline.delivering.drain(0.2)
            self.now += step

    def states(self, target: TargetName) -> dict[str, int]:
        rows = self.office.rows(f"SELECT state, count(*) FROM deliveries WHERE target = '{target}' GROUP BY state")
        return dict(rows)


@asynccontextmanager
async def weather(
    tmp_path: Path, targets: list[Target], routes: list[Route], *, send_timeout: timedelta = timedelta(seconds=4)
) -> AsyncIterator[Weather]:
    watch = Watch(
        Settings(), {}, {}, {each.name: each for each in targets}, tuple(routes), 1, {}, Renderer("Europe/Kyiv")
    )
    office = Office(tmp_path / "watcher.db", watch)
    it = Weather(office, Settings(send_timeout=send_timeout))
    await it.pipeline.start(spread=timedelta(0))
    try:
        yield it
    finally:
        await it.pipeline.stop()
        await it.pipeline.close()
        office.close()


@pytest.mark.timeout(60)
async def test_a_storm_loses_nothing_and_holds_up_nobody(
    tmp_path: Path, telegram: TelegramServer, mail: MailServer
) -> None:
    """Rate limits and failures are outlasted, a block is told to the others once, and who is well has all at once."""
    telegram.script(flood(3), bad_gateway(), server_error(), cant_parse(), flood(40))
    telegram.for_chat("222", blocked())
    mail.for_recipient("stuck@example.org", HANG)
    targets = [
        chat(CHAT, telegram.base, "111"), chat(BLOCKED, telegram.base, "222", OTHER),
        mailbox(MAIL, mail, "desk@example.org"), mailbox(STUCK, mail, "stuck@example.org"),
    ]  # fmt: skip
    everybody = Route("all", (CHAT, BLOCKED, MAIL, STUCK))
    told = Route("told of trouble", (MAIL, BLOCKED), topics=("nothing",), health=True)  # type: ignore[arg-type]
    async with weather(tmp_path, targets, [everybody, told]) as it:
        it.office.news(ALERTS)
        await it.go(6, timedelta(seconds=5))
        assert it.states(MAIL)["sent"] >= ALERTS
        it.begin()  # as after kill -9: what was in flight is put back
        await it.pipeline.start(spread=timedelta(0))
        await it.go(10, timedelta(minutes=4))
        await it.go(6, timedelta(seconds=5))
        assert it.states(CHAT) == {"sent": ALERTS}
        assert it.states(BLOCKED)["pending"] == ALERTS
        assert it.states(STUCK) == {"pending": ALERTS}
        assert not any("sent" in it.states(name) for name in (BLOCKED, STUCK))
        trouble = [sent.subject for sent in mail.mails if "paused" in sent.subject]
        assert trouble == ["Watcher: The target blocked is paused"]
        assert len(telegram.messages) == ALERTS
        keys = Counter(sent.message["X-Watcher-Alert-Id"] for sent in mail.mails)
        assert set(keys.values()) == {1}
        telegram.for_chat("222", None)
        mail.for_recipient("stuck@example.org", None)
        await it.go(8, timedelta(hours=1))
        await it.go(ALERTS * 2, timedelta(seconds=5))
        assert it.states(BLOCKED)["sent"] >= ALERTS
        assert it.states(STUCK) == {"sent": ALERTS}
        assert it.office.untold() == []


@pytest.mark.timeout(60)
async def test_who_is_well_has_everything_while_another_target_hangs(tmp_path: Path, mail: MailServer) -> None:
    """The order of events, not their time: the hanging send ends only after all mails of the other have come."""
    mail.for_recipient("stuck@example.org", HOLD)
    patient = "&cto=50&rto=50"
    targets = [
        replace(each, url=each.url.replace("&cto=2", patient))
        for each in (mailbox(STUCK, mail, "stuck@example.org"), mailbox(MAIL, mail, "desk@example.org"))
    ]
    sending = timedelta(seconds=50)
    async with weather(tmp_path, targets, [Route("all", (STUCK, MAIL))], send_timeout=sending) as it:
        it.office.news()
        delivering = asyncio.create_task(it.pipeline.delivering.drain())
        await asyncio.to_thread(mail.wait_held, 1, 40)
        it.office.news(ALERTS - 1)
        it.pipeline.delivering.wake()
        mails = await asyncio.to_thread(mail.wait_for, ALERTS, 40)
        assert {mail.recipients for mail in mails} == {("desk@example.org",)}
        assert (mail.held, delivering.done()) == (1, False)
        mail.let_go()
        await delivering
        assert it.states(MAIL) == it.states(STUCK) == {"sent": ALERTS}
        assert [sent.recipients for sent in mail.mails[:ALERTS]] == [("desk@example.org",)] * ALERTS


async def test_the_night_and_its_morning_over_real_servers(
    tmp_path: Path, telegram: TelegramServer, mail: MailServer
) -> None:
    """Quiet hours in Kyiv: nothing at night; in the morning one message in the chat, one mail with its chart."""
    quiet = QuietHours(datetime.min.time().replace(hour=23), datetime.min.time().replace(hour=7), "Europe/Kyiv")
    targets = [replace(chat(CHAT, telegram.base, "111"), quiet=quiet), mailbox(MAIL, mail, "desk@example.org")]
    routes = [
        Route("now", (CHAT,), levels=("core", "mention")),
        Route("Morning", (MAIL,), levels=("core", "mention"), digest=Schedule("0 7 * * *", "Europe/Kyiv")),
    ]
    async with weather(tmp_path, targets, routes) as it:
        await it.pipeline.publish()
        it.now = it.office.now = NOW.replace(hour=21, minute=30)  # 23:30 in Kyiv
        it.office.news(3)
        it.office.news(level="mention")
        await it.go(7, timedelta(hours=1))
        assert (telegram.messages, mail.mails) == ([], [])
        it.now = NOW.replace(hour=5, minute=0, second=1) + timedelta(days=1)
        await it.go(2, timedelta(seconds=5))
        (night,) = telegram.messages
        assert "While it was quiet: 4 stories" in night.plain
        assert all(f"Headline {n}" in night.plain for n in (1, 2, 3, 4))
        (paper,) = await asyncio.to_thread(mail.wait_for, 1)
        assert paper.subject == "Morning: 4 stories"
        assert [part.get_content_type() for part in paper.message.walk()][-2:] == ["text/html", "image/png"]
        assert "Security guarantees: 4" in paper.text
        assert "28 points" in paper.html
        await it.go(3, timedelta(hours=1))
        assert len(telegram.messages) == len(mail.mails) == 1
        assert it.office.untold() == []
