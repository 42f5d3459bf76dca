"""Context strategies: which Examples are put before a target."""
