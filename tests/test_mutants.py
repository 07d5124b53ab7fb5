"""The mutants fit the code: what they change is there, as are the tests that they name. ``make mutants`` runs them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_still_applies(mutant: Mutant) -> None:
    """A mistake that can no longer be made proves nothing."""
    assert (ROOT / mutant.file).read_text("utf-8").count(mutant.before) == 1
    file, _, test = mutant.test.partition("::")
    assert re.search(rf"^ *(?:async )?def {test}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)


def test_each_mutant_is_its_own() -> None:
    """Names are unique."""
    names = [mutant.name for mutant in MUTANTS]
    assert len(names) == len(set(names))
