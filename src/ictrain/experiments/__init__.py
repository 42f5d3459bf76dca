"""A whole comparison: strategies x seeds, in parallel, resumable."""
