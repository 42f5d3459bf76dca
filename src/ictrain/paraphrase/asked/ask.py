"""Asks until each sentence has its paraphrases, was given up, or the budget ends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ictrain.errors import ModelError
from ictrain.paraphrase.asked.cache import Cost, Entry, Paraphrases
from ictrain.paraphrase.asked.check import Answer, Checker
from ictrain.paraphrase.asked.ledger import Estimate, Ledger, estimate
from ictrain.paraphrase.asked.prompt import ids_of
from ictrain.paraphrase.asked.reply import read_reply
from ictrain.paraphrase.asked.settings import AskedSettings

_HOPELESS = 8
"""So many calls without one valid paraphrase: it is not a sentence's fault, and costs."""
Batch = tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """A sentence that is to have paraphrases.

    Attributes:
        sentence: an input; or another item, see Form.
        outputs: of all targets that have this input; no paraphrase may give one away.
    """

    sentence: str
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What a model said to one batch.

    Attributes:
        text: as it came.
        outcome: 'ok', 'refused' or 'too long'.
        cost: of the call.
        call: its number where it was written down before (Paraphrases.begin).
    """

    text: str
    outcome: str = "ok"
    cost: Cost = field(default_factory=Cost)
    call: int | None = None


class Asker(Protocol):
    """Anything that can be asked for paraphrases."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """All that its answers depend on but the sentence, as plain values: part of every key."""
        ...

    @property
    def repeats(self) -> bool:
        """Whether the same request gives the same answer again, so that a second one is idle."""
        ...

    def answers(self, batches: Sequence[Batch], ledger: Ledger) -> Iterator[tuple[Batch, Reply]]:
        """Each batch with its Reply, as soon as it is there, in whatever order.

        Raises:
            ModelError: it refuses all requests, or cannot be reached.
            BudgetError: the next call could pass the budget.
        """
        ...


@dataclass
class AskedFor:
    """What came of it.

    Attributes:
        found: by sentence, its valid paraphrases.
        failed: by sentence without any, why: the most frequent reason.
        short: sentences with fewer than wanted.
        cached: sentences that were kept already.
        reasons: what was wrong with single paraphrases and answers, by count.
        cost: of this time.
    """

    found: dict[str, tuple[str, ...]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    short: int = 0
    cached: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    cost: Cost = field(default_factory=Cost)


def _silent(_done: int, _all: int) -> None: ...


def ask(
    wanted: Sequence[Wanted],
    settings: AskedSettings,
    asker: Asker,
    checker: Checker,
    store: Paraphrases,
    progress: Callable[[int, int], None] = _silent,
) -> AskedFor:
    """Paraphrases of all sentences, each asked for only where it is not kept.

    Args:
        wanted: distinct sentences.
        settings: how many, how often.
        asker: the model.
        checker: what is good enough; of kept ones too.
        store: keeps each answer as it comes.
        progress: told (sentences done, sentences in all).

    Raises:
        BudgetError: before the call that could pass the budget; all answers so far are kept.
        ModelError: the model refuses all requests, cannot be reached, or says nothing of use.
    """
    asking = _Asking(wanted, settings, asker, checker, store)
    progress(asking.done, len(wanted))
    for round_ in range(settings.tries):
        for batch, reply in asker.answers(asking.batches(round_), asking.ledger):
            asking.take(batch, reply)
            progress(asking.done, len(wanted))
        asking.ledger.check()
    return asking.result()


def estimate_of(
    wanted: Sequence[Wanted], settings: AskedSettings, checker: Checker, store: Paraphrases
) -> Estimate:
    """What ask would cost if every answer can be used."""
    missing = _Pending(wanted, settings, checker, store.find([w.sentence for w in wanted]))
    return estimate(settings, _cut(missing.sentences(), settings.per_call))


class _Pending:
    """Which sentences have what."""

    def __init__(
        self,
        wanted: Sequence[Wanted],
        settings: AskedSettings,
        checker: Checker,
        kept: Mapping[str, Entry],
    ) -> None:
        self.settings, self.checker = settings, checker
        self.outputs = {w.sentence: w.outputs for w in wanted}
        self.tries = {sentence: entry.tries for sentence, entry in kept.items()}
        # Held against today's checks: they may have become stricter, and cost nothing.
        old = [Answer(s, own, kept[s].texts) for s, own in self.outputs.items() if s in kept]
        self.texts: dict[str, list[str]] = {sentence: [] for sentence in self.outputs}
        for answer, (texts, _) in zip(old, checker.good(old), strict=True):
            self.texts[answer.source] = texts

    def ready(self, sentence: str) -> bool:
        found, tried = self.texts[sentence], self.tries.get(sentence, 0)
        return len(found) >= self.settings.enough or bool(found and tried >= self.settings.tries)

    def sentences(self) -> list[str]:
        return [sentence for sentence in self.outputs if not self.ready(sentence)]


class _Asking(_Pending):
    """One time of asking."""

    def __init__(
        self,
        wanted: Sequence[Wanted],
        settings: AskedSettings,
        asker: Asker,
        checker: Checker,
        store: Paraphrases,
    ) -> None:
        super().__init__(wanted, settings, checker, store.find([w.sentence for w in wanted]))
        self.asker, self.store = asker, store
        self.ledger = Ledger(settings, store.spent())
        self.missing = set(self.sentences())
        self.cached = self.done
        self.reasons: Counter[str] = Counter()
        self.why: dict[str, Counter[str]] = {}
        self.asked: set[Batch] = set()
        self.calls = 0

    @property
    def done(self) -> int:
        return len(self.outputs) - len(self.missing)

    def batches(self, round_: int) -> list[Batch]:
        """What is still missing: at first many together, then fewer, at last each alone, so that a
        sentence that spoils its neighbours is found."""
        last = round_ and round_ + 1 == self.settings.tries
        size = 1 if last else max(1, self.settings.per_call >> round_)
        cut = _cut(self.sentences(), size)
        return [batch for batch in cut if not (self.asker.repeats and batch in self.asked)]

    def take(self, batch: Batch, reply: Reply) -> None:
        """Checks and keeps one answer."""
        self.asked.add(batch)
        self.calls += 1
        fresh = {s: texts for s, texts in self._read(batch, reply) if texts}
        self.store.keep(fresh, reply.cost, reply.call)
        for sentence, texts in fresh.items():
            self.texts[sentence] += texts
            self.tries[sentence] = self.tries.get(sentence, 0) + 1
            if self.ready(sentence):
                self.missing.discard(sentence)
        if self.calls >= _HOPELESS and not any(self.texts.values()):
            self.ledger.end(self._useless(reply))

    def _read(self, batch: Batch, reply: Reply) -> Iterator[tuple[str, list[str]]]:
        ids = ids_of(batch)
        if reply.outcome != "ok":
            self._count(batch, {reply.outcome: 1})
            return
        read = read_reply(reply.text, ids)
        self.reasons["ids that nobody asked for"] += len(read.unknown)
        for name, why in read.wrong.items():
            self._count([ids[name]], {why: 1})
        answers = [
            Answer(ids[name], self.outputs[ids[name]], found, self.texts[ids[name]])
            for name, found in read.lists.items()
        ]
        for answer, (texts, wrong) in zip(answers, self.checker.good(answers), strict=True):
            if len(answer.found) != self.settings.count:
                wrong[f"not {self.settings.count} of them"] += 1
            self._count([answer.source], wrong)
            yield answer.source, texts[: max(0, self.settings.count - len(answer.known))]

    def _count(self, sentences: Sequence[str], wrong: Mapping[str, int]) -> None:
        self.reasons.update(wrong)
        for sentence in sentences:
            self.why.setdefault(sentence, Counter()).update(wrong)

    def _useless(self, reply: Reply) -> ModelError:
        most = ", ".join(f"{why} ({n})" for why, n in self.reasons.most_common(3) if n)
        return ModelError(
            f"no valid paraphrase in {self.calls} answers: {most}; the last began "
            f"{reply.text[:80]!r}",
            mend="try another model, language or similarity_range of the paraphraser",
        )

    def result(self) -> AskedFor:
        """All that is there now."""
        found = {s: tuple(texts[: self.settings.count]) for s, texts in self.texts.items() if texts}
        failed = {
            s: max(self.why[s], key=lambda r: self.why[s][r]) if self.why.get(s) else "not answered"
            for s in self.outputs
            if s not in found
        }
        short = sum(len(texts) < self.settings.enough for texts in found.values())
        reasons = Counter({why: n for why, n in self.reasons.items() if n})
        return AskedFor(found, failed, short, self.cached, reasons, self.ledger.new)


def _cut(sentences: Sequence[str], size: int) -> list[Batch]:
    return [tuple(sentences[i : i + size]) for i in range(0, len(sentences), size)]
