"""Answers of a model behind an OpenAI-compatible endpoint, by a patient client."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from ictrain.files import digest
from ictrain.generation.base import Output, Request
from ictrain.generation.client import PatientClient, TooLongError
from ictrain.generation.replies import said
from ictrain.generation.settings import EndpointSettings
from ictrain.generation.threads import side_by_side


class EndpointGenerator:
    """A Generator over HTTP. Give it to a CachedGenerator with valid=answered, so that every answer
    is kept as it comes and none that has come is paid for twice; what is under way at a kill is
    asked for again.

    Args:
        settings: where, and how patiently.

    Attributes:
        spent: what was asked so far.
    """

    def __init__(self, settings: EndpointSettings) -> None:
        self.settings = settings
        self._client = PatientClient(settings)
        self.spent = self._client.spent

    @property
    def digest(self) -> str:
        """Over all that is known of the model: where it is and its name. Whoever puts another model
        behind the same name gives the run another name as well."""
        told = self.settings.model_dump(include={"url", "model", "api", "stop", "extra"})
        return digest("endpoint-greedy-1", told)

    def generate(self, requests: Sequence[Request]) -> list[Output]:
        """See Generator.generate.

        Raises:
            ModelError: the endpoint refuses, cannot be reached, or gives no answer.
        """
        found = dict(self.stream(list(dict.fromkeys(requests))))
        return [found[request] for request in requests]

    def stream(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Output]]:
        """See Streaming.stream; errors as generate, after all answers under way were given."""
        return side_by_side(self._answer, requests, self.settings.concurrency)

    def _answer(self, request: Request, stop: threading.Event) -> Output:
        try:
            answer = self._client.ask(lambda client: self._sent(client, request), said, stop)
        except TooLongError:
            return Output((), "", False, "too_long")
        return Output((), answer.text, answer.stopped, answer.outcome)

    def _sent(self, client: Any, request: Request) -> Any:
        """The client's raw response."""
        settings = self.settings
        fields: dict[str, Any] = {"temperature": 0, "max_tokens": request.max_new_tokens}
        fields |= {"stop": list(settings.stop)} if settings.stop else {}
        fields = {k: v for k, v in (fields | settings.extra).items() if v is not None}
        if settings.api == "completions":
            return client.completions.with_raw_response.create(
                model=settings.model, prompt=request.text, extra_body=fields
            )
        told = request.messages or (("user", request.text),)
        messages = [{"role": role, "content": text} for role, text in told]
        return client.chat.completions.with_raw_response.create(
            model=settings.model, messages=messages, extra_body=fields
        )


def answered(request: Request, output: Output) -> bool:
    """Which answers of an endpoint may be kept: all but refusals, cut ones too (they are as long as
    was asked for)."""
    del request
    return output.outcome == "ok"
