"""Test targets x context modes -> rows."""

from ictrain.evaluation.evaluate import Origin, evaluate, reference_rows, request_of
from ictrain.evaluation.overlap import Overlap, overlap, overlaps
from ictrain.evaluation.questions import Question, questions, tests_of
from ictrain.evaluation.settings import EvaluationSettings

__all__ = [
    "EvaluationSettings",
    "Origin",
    "Overlap",
    "Question",
    "evaluate",
    "overlap",
    "overlaps",
    "questions",
    "reference_rows",
    "request_of",
    "tests_of",
]
