"""Greedy answers to prompts, with one content-addressed cache."""

from ictrain.generation.base import Generator, Message, Output, Request, Streaming
from ictrain.generation.cache import CachedGenerator
from ictrain.generation.digests import model_digest, tokenizer_digest
from ictrain.generation.endpoint import EndpointGenerator, answered
from ictrain.generation.huggingface import HuggingFaceGenerator
from ictrain.generation.settings import EndpointSettings

__all__ = [
    "CachedGenerator",
    "EndpointGenerator",
    "EndpointSettings",
    "Generator",
    "HuggingFaceGenerator",
    "Message",
    "Output",
    "Request",
    "Streaming",
    "answered",
    "model_digest",
    "tokenizer_digest",
]
