"""Greedy answers to prompts, with one content-addressed cache."""

from ictrain.generation.base import Generator, Output, Request
from ictrain.generation.cache import CachedGenerator
from ictrain.generation.digests import model_digest, tokenizer_digest
from ictrain.generation.huggingface import HuggingFaceGenerator

__all__ = [
    "CachedGenerator",
    "Generator",
    "HuggingFaceGenerator",
    "Output",
    "Request",
    "model_digest",
    "tokenizer_digest",
]
