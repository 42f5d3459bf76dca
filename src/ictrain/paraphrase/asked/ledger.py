"""What asking will cost, has cost, and may cost at most."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ictrain.errors import IctrainError, RunError
from ictrain.paraphrase.asked.cache import Cost
from ictrain.paraphrase.asked.cap import cap_of
from ictrain.paraphrase.asked.prompt import ids_of, messages_of
from ictrain.paraphrase.asked.settings import (
    AskedSettings,
    LlmSettings,
    PriceSettings,
)

_BYTES = 4
"""Of UTF-8 count as a token where no tokenizer is at hand: an estimate, told as one. At most each
byte is one, as tokenizers fall back to for scripts that they do not know."""
_EACH, _REST = 8, 200
"""Tokens around a text in JSON; of an answer's cap beyond three times what is expected."""

_LARGE = (dict, list, tuple)

ALL_KEPT = "all are kept"
TOO_MUCH = "the server answers more than it is allowed"
_LOOK_S = 0.1
"""How often who waits for others looks whether it is to stop."""


class BudgetError(RunError):
    """The next call could pass the budget."""


def tokens_in(text: str) -> int:
    """About how many tokens a text has."""
    return max(1, -(-len(text.encode()) // _BYTES))


@dataclass(frozen=True)
class Estimate:
    """Of what is to be asked.

    Attributes:
        sentences: that are not kept yet.
        calls: if every answer can be used.
        prompt, completion: tokens, by four bytes each.
        money: at the config's prices; None without any.
        currency: of it.
    """

    sentences: int
    calls: int
    prompt: int
    completion: int
    money: float | None
    currency: str = ""

    def told(self) -> str:
        """On one line."""
        if not self.sentences:
            return f"{ALL_KEPT}: 0 calls"
        price = f", about {self.money:,.4g} {self.currency}" if self.money is not None else ""
        calls = f"{self.calls:,} call{'s' * (self.calls > 1)}"
        return f"about {calls}, {self.prompt:,} tokens sent and {self.completion:,} back{price}"


def prices_of(settings: AskedSettings) -> PriceSettings | None:
    """The prices; None for a local model, or where none are given."""
    if not isinstance(settings, LlmSettings):
        return None
    price = settings.price
    return price if price.prompt or price.completion else None


def money_of(settings: AskedSettings, cost: Cost) -> float | None:
    """What a cost comes to at most; None without prices. Calls that gave no answer count in full,
    at the dearer price."""
    price = prices_of(settings)
    if price is None:
        return None
    return price.of(cost.prompt, cost.completion) + price.most(cost.unsure)


def expected(settings: AskedSettings, sentences: Sequence[str]) -> int:
    """Tokens of one answer to one call."""
    own = (settings.form.sentence(s) for s in sentences)
    return sum(settings.count * (tokens_in(text) + _EACH) + _EACH for text in own)


def longest(settings: AskedSettings, sentences: Sequence[str]) -> int:
    """The most tokens that one answer to one call is given, where extra says nothing else."""
    own = settings.max_tokens if isinstance(settings, LlmSettings) else None
    return own or 3 * expected(settings, sentences) + _REST


def fields_of(settings: LlmSettings, sentences: Sequence[str]) -> dict[str, Any]:
    """What one call says beside its messages."""
    return settings.fields(longest(settings, sentences))


def most_back(settings: AskedSettings, sentences: Sequence[str]) -> int:
    """The most tokens that come back from one call, by the fields that really go out; where these
    bound nothing (never with a budget of tokens or money) as if they did."""
    own = longest(settings, sentences)
    if not isinstance(settings, LlmSettings):
        return own
    return cap_of(fields_of(settings, sentences)) or own * settings.times


def sent(settings: AskedSettings, sentences: Sequence[str]) -> int:
    """Tokens of one call's prompt; schemas and tools in extra are a part of it."""
    extra = settings.extra if isinstance(settings, LlmSettings) else {}
    besides = [json.dumps(v, ensure_ascii=False) for v in extra.values() if isinstance(v, _LARGE)]
    told = [text for _, text in messages_of(settings, ids_of(sentences))]
    return sum(tokens_in(text) + 4 for text in told + besides)


def estimate(settings: AskedSettings, batches: Sequence[Sequence[str]]) -> Estimate:
    """What these calls come to."""
    prompt = sum(sent(settings, batch) for batch in batches)
    times = settings.times if isinstance(settings, LlmSettings) else 1
    completion = times * sum(expected(settings, batch) for batch in batches)
    price = prices_of(settings)
    return Estimate(
        sum(len(batch) for batch in batches), len(batches), prompt, completion,
        price.of(prompt, completion) if price else None, price.currency if price else "",
    )  # fmt: skip


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


@dataclass(frozen=True)
class Passed:
    """A limit of a budget that a cost is beyond; told with its unit, as the limit is not."""

    name: str
    limit: str
    told: str


def passed(settings: AskedSettings, total: Cost) -> Passed | None:
    """The first limit of the budget that a total is beyond."""
    if not isinstance(settings, LlmSettings):
        return None
    budget, money = settings.budget, money_of(settings, total) or 0.0
    limits = (
        ("calls", budget.calls, total.calls, "calls"),
        ("tokens", budget.tokens, total.tokens, "tokens"),
        ("money", budget.money, money, settings.price.currency),
    )
    for name, limit, value, unit in limits:
        if limit is not None and value > limit:
            return Passed(name, _number(limit), f"{_number(value)} {unit}")
    return None


class Ledger:
    """Counts, and refuses the call that could pass the budget; safe among threads.

    Before a call, the most that it can come to is put aside: its prompt (each byte a token, or the
    highest ratio of true and estimated tokens so far) and the longest answer that its fields allow
    (by as much more as a server has ever passed that). So what is under way is never forgotten. As
    a rule it comes to far less: a call that has no room beside others waits for their true price.

    Args:
        settings: prices and budget.
        before: what was spent earlier.
    """

    def __init__(self, settings: AskedSettings, before: Cost) -> None:
        self.settings, self.cost = settings, before
        self.began = before
        self._aside = Cost()
        self._sent_ratio, self._back_ratio = float(_BYTES), 1.0
        self._settled = threading.Condition()
        self._ended: IctrainError | None = None

    @property
    def new(self) -> Cost:
        """What was spent since this ledger began."""
        a, b = self.cost, self.began
        return Cost(
            a.calls - b.calls, a.prompt - b.prompt,
            a.completion - b.completion, a.unsure - b.unsure,
        )  # fmt: skip

    def reserve(self, sentences: Sequence[str], stop: threading.Event | None = None) -> Cost:
        """Puts the most that one request can come to aside; waits for others under way, if only
        together with their most it could pass the budget.

        Args:
            sentences: of the request.
            stop: ends the waiting.

        Raises:
            BudgetError: with what is spent it could pass the budget by itself, or stop was set.
            IctrainError: that of end.
        """
        guessed, back = sent(self.settings, sentences), most_back(self.settings, sentences)
        with self._settled:
            while True:
                self.check()
                most = Cost(
                    1, math.ceil(self._sent_ratio * guessed), math.ceil(self._back_ratio * back)
                )
                self._check(self.cost + most)
                if self._passed(self.cost + self._aside + most) is None:
                    break
                if stop is not None and stop.is_set():
                    self._check(self.cost + self._aside + most)
                self._settled.wait(_LOOK_S)
            self._aside += most
        return most

    def end(self, why: IctrainError) -> None:
        """No further request goes out; those under way are still taken and settled."""
        with self._settled:
            self._ended = self._ended or why
            self._settled.notify_all()

    def check(self) -> None:
        """Raises what ended the asking, if anything did."""
        if self._ended is not None:
            raise self._ended

    def settle(self, most: Cost, cost: Cost, counted: Sequence[str] = ()) -> None:
        """Takes what was put aside back, and counts what it came to.

        Args:
            most: from reserve.
            cost: what the server said, or is taken to have done.
            counted: the request's sentences where cost is what the server said.
        """
        with self._settled:
            self._aside += Cost(-most.calls, -most.prompt, -most.completion)
            self.cost += cost
            if counted:
                back = most_back(self.settings, counted)
                self._sent_ratio = max(self._sent_ratio, cost.prompt / sent(self.settings, counted))
                self._back_ratio = max(self._back_ratio, cost.completion / back)
            self._settled.notify_all()

    def _passed(self, total: Cost) -> Passed | None:
        return passed(self.settings, total)

    def _check(self, total: Cost) -> None:
        could = self._passed(total)
        if could is None:
            return
        spent = self._passed(self.cost)
        told = (spent or could).told
        if spent is None:
            told = f"with the next call it could be {told} in all"
        else:
            told += " are spent" + f"; {TOO_MUCH}" * (self._back_ratio > 1)
        raise BudgetError(
            told,
            expected=f"at most {(spent or could).limit}, the budget",
            where="the paraphraser",
            mend=f"all that is paid for is kept: raise its budget.{could.name} and run the same "
            "command again",
        )
