"""How close are two inputs: BM25, dense, overlap; cached neighbour tables."""
