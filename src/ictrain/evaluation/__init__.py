"""Test targets x context modes -> rows."""

from ictrain.evaluation.evaluate import Origin, evaluate, reference_rows, request_of
from ictrain.evaluation.leakage import Leakage, leakage, leakage_warnings
from ictrain.evaluation.overlap import Overlap, overlap, overlaps
from ictrain.evaluation.questions import Question, questions, tests_of
from ictrain.evaluation.settings import EvaluationSettings

__all__ = [
    "EvaluationSettings",
    "Leakage",
    "Origin",
    "Overlap",
    "Question",
    "evaluate",
    "leakage",
    "leakage_warnings",
    "overlap",
    "overlaps",
    "questions",
    "reference_rows",
    "request_of",
    "tests_of",
]
