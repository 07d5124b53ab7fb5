"""Sending a sample alert as a real one is sent."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from watcher.assembly import watch_of
from watcher.cli.show import Screen
from watcher.config import load
from watcher.errors import UsageError
from watcher.model import Delivered, Message, Target
from watcher.notify.notifier import Notifier
from watcher.pipeline.desk import chart_of
from watcher.pipeline.sending import Lane
from watcher.pipeline.watch import Watch
from watcher.render.alert import sample_alert
from watcher.render.papers import sample_digest


async def _sample(watch: Watch, target: Target, *, digest: bool) -> tuple[Message, str]:
    now = datetime.now(UTC)
    if not digest:
        alert = sample_alert(now)
        return watch.renderer.render(alert, target.format), alert.id
    sample = sample_digest(now)
    image = await chart_of(sample.background) if sample.background and target.channel == "email" else b""
    return watch.papers.render(sample, target.format, image=image), sample.id


def send_samples(directory: Path, name: str, screen: Screen, *, digest: bool = False) -> bool:
    """Send a sample alert to one target, or to all, as a real one is sent; return whether all took it.

    Args:
        digest: send a sample digest instead.

    Raises:
        ConfigError: the configuration cannot be used.
        UsageError: there is no such target.
    """
    config = load(directory, os.environ)
    chosen = [target for target in config.targets if name in ("", target.name)]
    if not chosen:
        known = ", ".join(target.name for target in config.targets)
        raise UsageError(f"There is no target {name!r} in alerts.yml; there are: {known}.")
    watch, notifier = watch_of(config), Notifier(config.settings)
    accepted = True
    for target in chosen:
        message, key = asyncio.run(_sample(watch, target, digest=digest))
        send = partial(notifier.send, target, message, idem_key=key)
        outcome = asyncio.run(Lane(target.name).send(send, config.settings.send_timeout))
        accepted &= isinstance(outcome, Delivered)
        if isinstance(outcome, Delivered):
            screen.say(f"[green]{target.name}: accepted[/]")
        else:
            screen.say(f"[red]{target.name}: not accepted[/]")
            screen.console.print(f"  {outcome.reason}", markup=False)
    return accepted
