"""Test targets x context modes -> rows."""

from ictrain.evaluation.evaluate import Origin, evaluate, reference_rows
from ictrain.evaluation.questions import Question, questions
from ictrain.evaluation.settings import EvaluationSettings

__all__ = [
    "EvaluationSettings",
    "Origin",
    "Question",
    "evaluate",
    "questions",
    "reference_rows",
]
