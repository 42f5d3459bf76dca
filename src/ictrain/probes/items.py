"""What is asked in a probe: a fixed set of items, each in four contexts of the same draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ictrain.contexts import Context
from ictrain.evaluation import Question
from ictrain.examples import Example
from ictrain.probes.scores import Slot
from ictrain.prompts import Rendered

MODES = ("none", "random", "one_paraphrase", "one_paraphrase_shuffled")
"""No context; random examples; a near-duplicate among them; the same with shuffled labels."""


@dataclass(frozen=True)
class ProbeItem:
    """One target with its prompts.

    Attributes:
        test_set: which one it is of.
        target: the test item.
        prompts: mode -> prompt; a mode is missing where the target has no near-duplicate, or the
            window no room.
        contexts: mode -> the examples that stand in the prompt.
    """

    test_set: str
    target: Example
    prompts: Mapping[str, Rendered]
    contexts: Mapping[str, Context]

    def slots(self, mode: str, method: str) -> list[Slot]:
        """The examples of a context as scores.py takes them; method: of the input similarity."""
        return [
            Slot(e.example.output, e.similarities[method], e.role == "paraphrase")
            for e in self.contexts[mode].examples
        ]

    def golds(self) -> list[str]:
        """Outputs that are right: the target's and its near-duplicate's own."""
        return [g for g in (self.target.output, self.near_gold()) if g is not None]

    def near_gold(self) -> str | None:
        """The near-duplicate's own output."""
        context = self.contexts.get("one_paraphrase")
        found = (
            [e.example.output for e in context.examples if e.role == "paraphrase"]
            if context
            else []
        )
        return found[0] if found else None


def probe_items(asked: Sequence[Question]) -> list[ProbeItem]:
    """Questions of the probe modes, put together by target, in the order of their first one."""
    found: dict[tuple[str, str], list[Question]] = {}
    for question in asked:
        found.setdefault((question.test_set, question.target.id), []).append(question)
    return [
        ProbeItem(
            mine[0].test_set,
            mine[0].target,
            {q.mode: q.rendered for q in mine if q.rendered is not None},
            {q.mode: q.seen for q in mine if q.rendered is not None},
        )
        for mine in found.values()
    ]
