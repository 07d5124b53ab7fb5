"""The image of the Dockerfile: really built and run, with a root that cannot be written, by a user without privileges.

It takes minutes, root, buildah and debootstrap; so only continuous integration does it always.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.web import WebServer, rss
from tests.world import World, write_config

ROOT = Path(__file__).parent.parent
WORK = os.environ.get("WATCHER_IMAGE", "")
MUST = os.environ.get("WATCHER_SYSTEM_TESTS") == "must"

pytestmark = pytest.mark.timeout(1200)

# What a container engine does, by hand: no engine runs inside of most build machines.
ENTER = """
set -e
mount --make-rprivate /
mount --bind "$root" "$root"
mount --bind "$state" "$root/state"
mount --bind "$config" "$root/config"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -o remount,bind,ro "$root"
mount -o remount,bind,ro "$root/config"
mount -t tmpfs tmpfs "$root/tmp"
exec env -i $environment chroot "$root" /usr/bin/setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups \
  --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""


@dataclass(frozen=True)
class Image:
    """A built image: where its files are, and what it says of how to run it."""

    root: Path
    config: dict[str, object]

    def run(self, home: Path, *command: str, entrypoint: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command as the image says, on ``home/config`` and ``home/state``."""
        first = list(self.config["Entrypoint"]) if entrypoint else []  # type: ignore[call-overload]
        env = {
            **os.environ, "root": str(self.root), "state": str(home / "state"), "config": str(home / "config"),
            "user": str(self.config["User"]), "environment": " ".join(map(str, self.config["Env"])),  # type: ignore[call-overload]
        }  # fmt: skip
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh", *first, *command],
            capture_output=True, text=True, check=False, env=env, timeout=300,
        )  # fmt: skip


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    if not WORK and not MUST:
        pytest.skip("set WATCHER_IMAGE to a directory to build in; it takes minutes")
    missing = [tool for tool in ("buildah", "debootstrap", "unshare") if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        assert not MUST, f"needs root and {missing}"
        pytest.skip(f"needs root and {missing}")
    work = Path(WORK) if WORK else tmp_path_factory.mktemp("image")
    env = {**os.environ, "PYTHON": sys.executable}
    built = subprocess.run(
        [ROOT / "deploy" / "build-image.sh", work], capture_output=True, text=True, check=False, env=env
    )
    assert built.returncode == 0, built.stdout[-5000:] + built.stderr[-5000:]

    def buildah(*arguments: str) -> str:
        command = [
            "buildah",
            "--root",
            str(work / "storage"),
            "--runroot",
            str(work / "run"),
            "--storage-driver",
            "vfs",
        ]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    container = buildah("from", "--pull-never", "localhost/watcher")
    try:
        config = json.loads(buildah("inspect", "--type", "image", "localhost/watcher"))["Docker"]["config"]
        yield Image(Path(buildah("mount", container)), config)
    finally:
        buildah("rm", container)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with WebServer() as web:
        world = World(web, web)
        web.feed("/one.xml", rss([world.article("one")]))
        world.feed("one")
        write_config(tmp_path, world.feeds, targets={"console": {"type": "console"}})
        (tmp_path / "state").mkdir()
        os.chown(tmp_path / "state", 10001, 10001)
        (tmp_path / "config").chmod(0o755)
        yield tmp_path


def test_what_the_image_says(image: Image) -> None:
    """Nobody's user, an entry point in exec form, a health check, one volume."""
    assert image.config["User"] == "10001:10001"
    assert image.config["Entrypoint"] == ["watcher"]
    assert image.config["Cmd"] == ["run"]
    assert image.config["Healthcheck"]["Test"] == ["CMD", "watcher", "status"]  # type: ignore[index]
    assert list(image.config["Volumes"]) == ["/state"]  # type: ignore[call-overload]


def test_it_can_write_nothing_but_its_state(image: Image, home: Path) -> None:
    """Neither the root, nor the configuration, nor its own program; and it has no privilege to change that."""
    script = 'for d in / /config /opt/watcher /usr; do touch $d/x 2>/dev/null && echo "wrote $d"; done; '
    script += "touch /state/x; id -u"
    done = image.run(home, "sh", "-c", script, entrypoint=False)
    assert (done.stdout, done.returncode) == ("10001\n", 0)
    status = image.run(home, "grep", "-E", "^(CapEff|NoNewPrivs)", "/proc/self/status", entrypoint=False).stdout.split()
    assert status == ["CapEff:", "0000000000000000", "NoNewPrivs:", "1"]


def test_it_runs(image: Image, home: Path) -> None:
    """The demonstration, one pass over real feeds, the log, the health check."""
    assert "watcher 0" in image.run(home, "--version").stdout
    assert image.run(home, "check").returncode == 0
    demo = image.run(home, "demo", "--pace", "0")
    assert (demo.returncode, "watcher hits" in demo.stdout) == (0, True), demo.stderr

    before = image.run(home, "status")
    assert before.returncode == 2
    once = image.run(home, "run", "--once")
    assert (once.returncode, "1 alert delivered" in once.stdout) == (0, True), once.stdout + once.stderr
    assert len(json.loads(image.run(home, "hits", "--json").stdout)) == 1
    assert image.run(home, "status").returncode == 0
    assert image.run(home, "db", "doctor").returncode in (0, 1)
    assert (home / "state" / "watcher.db").stat().st_uid == 10001


def test_it_ships_its_own_watch(image: Image) -> None:
    """The configuration inside is the shipped one, for everybody to read and nobody to write."""
    shipped = image.root / "config" / "topics.yml"
    assert shipped.read_bytes() == (ROOT / "config" / "topics.yml").read_bytes()
    assert not [path for path in image.root.glob("opt/watcher/**/*.py") if path.stat().st_mode & 0o022]
