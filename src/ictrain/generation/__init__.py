"""Greedy answers to prompts, with one content-addressed cache."""

from ictrain.generation.base import Generator, Message, Output, Request, Streaming
from ictrain.generation.cache import CachedGenerator
from ictrain.generation.client import PatientClient
from ictrain.generation.digests import model_digest, tokenizer_digest
from ictrain.generation.endpoint import EndpointGenerator, answered
from ictrain.generation.huggingface import HuggingFaceGenerator
from ictrain.generation.keys import host_of, is_bare, is_near, key_name, key_of
from ictrain.generation.settings import PATIENCE, EndpointSettings, ServerSettings
from ictrain.generation.threads import side_by_side

__all__ = [
    "PATIENCE",
    "CachedGenerator",
    "EndpointGenerator",
    "EndpointSettings",
    "Generator",
    "HuggingFaceGenerator",
    "Message",
    "Output",
    "PatientClient",
    "Request",
    "ServerSettings",
    "Streaming",
    "answered",
    "host_of",
    "is_bare",
    "is_near",
    "key_name",
    "key_of",
    "model_digest",
    "side_by_side",
    "tokenizer_digest",
]
