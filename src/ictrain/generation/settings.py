"""How a model behind an OpenAI-compatible endpoint is asked."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from ictrain.errors import ConfigError
from ictrain.paths import filled
from ictrain.settings import Settings


class ServerSettings(Settings):
    """A server that speaks the OpenAI dialect: where it is, and how patiently it is asked.

    In url, model and key ${NAME} and ${NAME:-default} are read from the environment.
    """

    url: str = Field(description="up to and with /v1, e.g. http://localhost:8000/v1")
    model: str = Field(description="the model's name there")
    key: str = Field(
        default="",
        description="the environment variable that holds the key; if empty OPENAI_API_KEY, which "
        "goes to OpenAI's servers by https, this machine and private networks alone "
        "(GEMINI_API_KEY to Google's). One that is named here goes wherever url leads",
    )
    concurrency: int = Field(default=4, ge=1, le=256, description="requests under way at once")
    timeout_s: float = Field(
        default=60, gt=0, description="seconds for one request, to the last byte of its answer"
    )
    attempts: int = Field(
        default=6,
        ge=1,
        description="tries of one request: after 429, 408, 409, 5xx but 501, a lost connection, a "
        "time-out or a malformed answer; other errors stop at once",
    )
    backoff_s: float = Field(
        default=1.0,
        ge=0,
        description="seconds before the second try, doubled each time; Retry-After is honoured "
        "where it is longer",
    )
    extra: dict[str, Any] = Field(
        default_factory=dict,
        description="further fields of every request, e.g. {reasoning_effort: minimal}; null "
        "takes one of ours away, e.g. {temperature: null}",
    )

    @field_validator("url", "model", "key")
    @classmethod
    def _from_environment(cls, value: str) -> str:
        return filled(value)

    @model_validator(mode="after")
    def _is_url(self) -> Self:
        if not self.url.startswith(("http://", "https://")):
            raise ConfigError(f"url {self.url!r}", expected="http://... or https://...")
        return self


PATIENCE = frozenset({"key", "concurrency", "timeout_s", "attempts", "backoff_s"})
"""Settings of a server that decide no answer: they may change when a run goes on."""


class EndpointSettings(ServerSettings):
    """An OpenAI-compatible endpoint: OpenAI, Gemini's compatible one, vLLM, Ollama, llama.cpp."""

    api: Literal["chat", "completions"] = Field(
        default="chat",
        description="completions continues the prompt's text, which is what a base model or an "
        "adapter of ours needs; chat wraps it into messages",
    )
    tokenizer: str | None = Field(
        default=None,
        description="folder or Hub name, for the window and the prompt's layout; if empty, four "
        "bytes count as a token",
    )
    stop: tuple[str, ...] = Field(
        default=(), description="texts that end an answer, for base models that do not stop"
    )
