from __future__ import annotations

import pytest

from tests.small_run import make_run


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A finished run of the small base: base, zero and contrastive, one seed."""
    return make_run(tmp_path_factory.mktemp("publishing"))
