"""Graded contexts as a task of lm-evaluation-harness, for any model that it can run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ictrain.lazy import exports

if TYPE_CHECKING:
    from ictrain.harness.scoring import scorer
    from ictrain.harness.write import write_harness
else:
    __getattr__ = exports(__name__, {"scorer": "scoring", "write_harness": "write"})

__all__ = ["scorer", "write_harness"]
