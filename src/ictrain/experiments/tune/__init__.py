"""`ictrain tune`: the mixture that a user's data ask for, by measurement on dev alone."""

from ictrain.experiments.tune.command import tune

__all__ = ["tune"]
