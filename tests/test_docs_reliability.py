"""Every test that docs/reliability.md names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_promise_has_its_test(file: str, test: str) -> None:
    """A promise without a test is none."""
    assert re.search(rf"^ *(?:async )?def {test}\(", (ROOT / "tests" / file).read_text("utf-8"), re.MULTILINE)


def test_every_promise_names_a_test() -> None:
    """No row of the table is empty."""
    table = PAGE.partition("## Promises")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 15
    assert [row for row in rows if "::test_" not in row] == []
