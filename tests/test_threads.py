"""Calls on daemon threads."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from watcher.threads import DaemonThreads


async def test_a_call_gives_what_it_returns_or_raises() -> None:
    """As if it had been made here."""
    threads = DaemonThreads(1, "test")

    assert await threads.call(lambda: threading.current_thread().name) == "test"
    with pytest.raises(ZeroDivisionError):
        await threads.call(lambda: 1 // 0)
    assert threads.under_way == 0


async def test_a_call_that_was_given_up_keeps_its_place_until_it_ends() -> None:
    """So that a server that hangs cannot pile up threads."""
    threads, gate = DaemonThreads(1, "test"), threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await threads.call(gate.wait)
    assert threads.all_taken

    gate.set()
    assert await threads.call(lambda: "next") == "next"


def test_a_call_that_hangs_does_not_keep_the_process_from_ending() -> None:
    """The executors of the standard library would wait for it."""
    program = """
import asyncio, threading
from watcher.threads import DaemonThreads
async def main():
    async with asyncio.timeout(0.01):
        await DaemonThreads(1, "test").call(threading.Event().wait)
asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=20)
    assert "TimeoutError" in ended.stderr
