"""A language model behind an OpenAI-compatible endpoint as one who is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ictrain.errors import ModelError
from ictrain.generation import PatientClient, side_by_side
from ictrain.generation.client import TooLongError
from ictrain.generation.replies import PassingError, Said, said, usage_of
from ictrain.paraphrase.asked.ask import Batch, Reply
from ictrain.paraphrase.asked.cache import Cost, Paraphrases
from ictrain.paraphrase.asked.ledger import Ledger, fields_of, sent, tokens_in
from ictrain.paraphrase.asked.prompt import ids_of, instruction_of, messages_of
from ictrain.paraphrase.asked.settings import LlmSettings


def llm_identity(settings: LlmSettings) -> dict[str, Any]:
    """All that answers depend on but the sentence."""
    return {
        "url": settings.url.rstrip("/"),
        "model": settings.model,
        "temperature": settings.temperature,
        "extra": settings.extra,
        "instruction": instruction_of(settings),
        "count": settings.count,
    }


class ServerAsker:
    """See Asker.

    Args:
        settings: which model, how patiently, at what price.
        store: where the price of lost calls is kept.
    """

    def __init__(self, settings: LlmSettings, store: Paraphrases) -> None:
        self.settings, self.store = settings, store
        self._client = PatientClient(settings, "paraphrase")

    @property
    def identity(self) -> Mapping[str, Any]:
        """See Asker.identity."""
        return llm_identity(self.settings)

    @property
    def repeats(self) -> bool:
        """See Asker.repeats."""
        return self.settings.temperature == 0

    def answers(self, batches: Sequence[Batch], ledger: Ledger) -> Iterator[tuple[Batch, Reply]]:
        """See Asker.answers."""
        return side_by_side(
            lambda batch, stop: self._answer(batch, ledger, stop),
            batches,
            self.settings.concurrency,
        )

    def _answer(self, batch: Batch, ledger: Ledger, stop: threading.Event) -> Reply:
        call = _Call(self, batch, ledger)
        try:
            reply = self._client.ask(
                lambda client: self._sent(client, batch), call.read, stop,
                before=lambda: call.before(stop), lost=call.lost,
            )  # fmt: skip
        except TooLongError:
            reply = Reply("", "too long", Cost(calls=1))
            return replace(reply, call=call.settle(reply.cost))
        except ModelError:
            call.refused()
            raise
        return replace(reply, call=call.settle(reply.cost, batch))

    def _sent(self, client: Any, batch: Batch) -> Any:
        settings, fields = self.settings, fields_of(self.settings, batch)
        told = messages_of(settings, ids_of(batch))
        messages = [{"role": role, "content": text} for role, text in told]
        return client.chat.completions.with_raw_response.create(
            model=settings.model, messages=messages, extra_body=fields
        )


class _Call:
    """One batch on its way, perhaps in several requests: each is counted once.

    Each stands on the disk before it goes out, until it is known what it came to: one that ends in
    any other way (a kill, Ctrl-C, an error of ours) is counted at its most by who comes next.
    """

    def __init__(self, asker: ServerAsker, batch: Batch, ledger: Ledger) -> None:
        self.asker, self.batch, self.ledger = asker, batch, ledger
        self._most: Cost | None = None
        self._number: int | None = None

    def before(self, stop: threading.Event) -> None:
        """A request is about to go out."""
        self._most = self.ledger.reserve(self.batch, stop)
        self._number = self.asker.store.begin(self._most)

    def lost(self, error: PassingError) -> None:
        """It gave no answer; the server may have done all of its work nevertheless."""
        tokens = self._most.tokens if error.paid and self._most is not None else 0
        cost = Cost(calls=1, unsure=tokens)
        self.asker.store.spend(cost, self.settle(cost))

    def refused(self) -> None:
        """It came to nothing, if it went out at all."""
        if self._most is not None:
            self.asker.store.spend(Cost(), self.settle(Cost()))

    def read(self, reply: dict[str, Any]) -> Reply:
        """The answer with its price; by an estimate where the server tells none that can be (no
        request and no answer has no tokens)."""
        answer: Said = said(reply)
        prompt, completion = usage_of(reply)
        prompt = prompt or sent(self.asker.settings, self.batch)
        cost = Cost(1, prompt, completion or tokens_in(answer.text))
        return Reply(answer.text, answer.outcome, cost)

    def settle(self, cost: Cost, counted: Batch = ()) -> int | None:
        """What was put aside is no longer needed; gives the number under which it stands on the
        disk until its price does."""
        if self._most is not None:
            most, self._most = self._most, None
            self.ledger.settle(most, cost, counted)
        number, self._number = self._number, None
        return number
