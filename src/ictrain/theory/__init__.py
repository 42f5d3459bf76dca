"""The minimal model: why the mixture of contexts decides what is learned (docs/theory.md)."""
