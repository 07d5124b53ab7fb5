"""The fuzz targets, each for a moment; ``make fuzz`` gives them more time."""

from __future__ import annotations

import random

import pytest

from tests.fuzzing import TARGETS, run


@pytest.mark.parametrize("name", TARGETS)
def test_random_and_damaged_input(name: str) -> None:
    """What each target promises holds for inputs that nobody has thought of."""
    run(name, 25, random.getrandbits(32))
