"""Runs the mutants: ``python -m tests.mutants [WORD …]`` runs those whose names hold a word."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parent.parent.parent
COPIED = ("watcher", "tests", "config", "docs", "deploy", "pyproject.toml", "README.md")
_RED = 1  # as pytest exits when a test has failed


def _copy(to: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, to / name)


def _run(tree: Path, test: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", test]
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False, timeout=600)


def _verdict(tree: Path, mutant: Mutant) -> str:
    """What is wrong with a mutant; empty when it was noticed as it should be."""
    path = tree / mutant.file
    sound = path.read_text("utf-8")
    if sound.count(mutant.before) != 1:
        return f"the text that it changes stands {sound.count(mutant.before)} times in {mutant.file}, not once"
    path.write_text(sound.replace(mutant.before, mutant.after), "utf-8")
    try:
        done = _run(tree, mutant.test)
    finally:
        path.write_text(sound, "utf-8")
    if done.returncode == _RED and " failed" in done.stdout and "error" not in done.stdout.splitlines()[-1]:
        return ""
    if done.returncode == 0:
        return f"it went unnoticed by {mutant.test}"
    return f"{mutant.test} could not be run:\n{done.stdout[-3000:]}{done.stderr[-2000:]}"


def main(words: list[str]) -> int:
    """Run the chosen mutants; return the exit code."""
    chosen = [each for each in MUTANTS if not words or any(word in each.name for word in words)]
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
        tree = Path(directory)
        _copy(tree)
        for mutant in chosen:
            verdict = _verdict(tree, mutant)
            wrong += bool(verdict)
            sys.stdout.write(f"{'ALIVE' if verdict else 'noticed'}  {mutant.name}\n")
            if verdict:
                sys.stdout.write(f"       {verdict}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(chosen) - wrong} of {len(chosen)} mistakes were noticed\n")
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
