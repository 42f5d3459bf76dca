"""Scores of single outputs against their references."""

from __future__ import annotations

from collections.abc import Mapping

from ictrain.errors import ConfigError, nearest
from ictrain.metrics.base import Metric
from ictrain.metrics.matches import ExactMatch, NormalisedExactMatch, TokenF1

METRICS: Mapping[str, Metric] = {
    metric.name: metric for metric in (ExactMatch(), NormalisedExactMatch(), TokenF1())
}

__all__ = ["METRICS", "ExactMatch", "Metric", "NormalisedExactMatch", "TokenF1", "get_metric"]


def get_metric(name: str) -> Metric:
    """The metric of that name.

    Raises:
        ConfigError: naming the nearest known one.
    """
    if name not in METRICS:
        raise ConfigError(f"unknown metric {name!r}", where="metrics", mend=nearest(name, METRICS))
    return METRICS[name]
