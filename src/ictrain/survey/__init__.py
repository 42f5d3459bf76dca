"""Looks at a user's pairs before anything is trained, and writes a config for them."""

from ictrain.survey.command import init, model_of, named_tests
from ictrain.survey.look import Request, Survey, look

__all__ = ["Request", "Survey", "init", "look", "model_of", "named_tests"]
