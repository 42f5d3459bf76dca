"""Looks at a user's pairs before anything is trained, and writes a config for them."""

from ictrain.survey.command import init, is_instruct, model_of, named_tests
from ictrain.survey.look import Request, Survey, look

__all__ = ["Request", "Survey", "init", "is_instruct", "look", "model_of", "named_tests"]
