"""The unit for systemd: well-formed, and shut in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from watcher.errors import InstanceLocked, StoreDamaged

ROOT = Path(__file__).parent.parent
UNIT = ROOT / "deploy" / "watcher.service"
# What the network and the service manager need stays; 10 is a service that may do all.
MOST_EXPOSED = 2.0
MDWE = """
import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0:
    sys.exit(77)
os.execv(sys.executable, [sys.executable, "-m", "watcher", "demo", "--pace", "0"])
"""


def analyze(*arguments: str | Path) -> str:
    if shutil.which("systemd-analyze") is None:
        assert os.environ.get("WATCHER_SYSTEM_TESTS") != "must", "systemd-analyze is not installed"
        pytest.skip("systemd-analyze is not installed")
    command = ["systemd-analyze", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_unit_is_well_formed(tmp_path: Path) -> None:
    """Every word of it is known to systemd; only the program is not where it will be."""
    copy = tmp_path / "watcher.service"
    copy.write_text(UNIT.read_text().replace("ExecStart=/opt/watcher/bin/watcher", "ExecStart=/bin/true"))
    assert "watcher.service" not in analyze("verify", copy)


def test_the_unit_is_shut_in() -> None:
    """As systemd judges it."""
    found = re.search(
        r"Overall exposure level for watcher.service: ([\d.]+)", analyze("security", "--offline=true", UNIT)
    )
    assert found is not None
    assert float(found[1]) <= MOST_EXPOSED


def test_what_no_restart_mends_is_not_restarted() -> None:
    """Mistakes in the configuration, and damage; a second instance may be gone the next time."""
    found = re.search(r"^RestartPreventExitStatus=(.*)$", UNIT.read_text(), re.MULTILINE)
    assert found is not None
    assert set(found[1].split()) == {"2", str(StoreDamaged.exit_code)}
    assert str(InstanceLocked.exit_code) not in found[1]


@pytest.mark.skipif(sys.platform != "linux", reason="MemoryDenyWriteExecute is Linux's")
def test_nothing_needs_memory_that_is_both_writable_and_executable() -> None:
    """The daemon, its workers and all libraries run as the unit's MemoryDenyWriteExecute wants it."""
    assert "MemoryDenyWriteExecute=yes" in UNIT.read_text()
    done = subprocess.run([sys.executable, "-c", MDWE], capture_output=True, text=True, check=False, timeout=100)
    if done.returncode == 77:
        pytest.skip("this kernel cannot deny it by prctl(2)")
    assert done.returncode == 0, done.stderr
    assert "watcher hits" in done.stdout
