"""Two similarities for two jobs: one retrieves neighbours, one grades contexts into bands."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from ictrain.examples import PoolSnapshot
from ictrain.settings import Settings
from ictrain.similarity.base import Index
from ictrain.similarity.registry import SimilaritySettings, build_index


class SimilarityRoles(Settings):
    """Which similarity does what; they may be the same."""

    retrieval: SimilaritySettings = Field(
        default_factory=lambda: SimilaritySettings(method="bm25"),
        description="finds neighbours, for strategies and for the modes similar and one_similar",
    )
    bands: SimilaritySettings = Field(
        default_factory=lambda: SimilaritySettings(method="overlap"),
        description="s, a number up to 1 that is cut into low, medium and high",
    )

    def build(self, snapshot: PoolSnapshot, cache: Path | None) -> dict[str, Index]:
        """Both indexes over one pool by method name, the retrieval's first."""
        built = {self.retrieval.method: build_index(self.retrieval, snapshot, cache)}
        if self.bands.method not in built:
            built[self.bands.method] = build_index(self.bands, snapshot, cache)
        return built
