"""How close are two inputs: BM25, dense, overlap; cached neighbour tables."""

from ictrain.similarity.base import Hits, Index
from ictrain.similarity.neighbours import NeighbourTable, neighbour_table
from ictrain.similarity.registry import SimilaritySettings, build_index

__all__ = [
    "Hits",
    "Index",
    "NeighbourTable",
    "SimilaritySettings",
    "build_index",
    "neighbour_table",
]
