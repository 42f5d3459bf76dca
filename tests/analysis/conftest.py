"""One analysis of rows with a known truth, shared by the tests that only read it."""

import pytest
from synthetic_rows import MODELS, MODES, base, make_rows

from ictrain.analysis import analyse


@pytest.fixture(scope="session")
def rows():
    copy = {"copy_nearest": lambda t, m, s: 0.1 if s is None else 0.1 + 0.8 * s}
    return make_rows(
        {**MODELS, **copy, "untrained": base}, items=30, modes=(*MODES, "one_paraphrase_shuffled")
    )


@pytest.fixture(scope="session")
def analysis(rows):
    return analyse(rows)
