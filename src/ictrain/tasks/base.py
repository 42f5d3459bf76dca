"""What a task declares: targets, pools, tests, near-duplicates and metrics, for one seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from ictrain.contexts import NearDuplicate, Similarities, Source
from ictrain.examples import Example, PoolSnapshot, normalise
from ictrain.metrics import Metric
from ictrain.metrics.alike import Agreement, OutputSimilarity, word_overlap


@dataclass(frozen=True)
class TestSet:
    """Test items with the pool from which their contexts are drawn.

    Attributes:
        examples: the test items.
        pool: what a deployed system would have at hand for them.
        description: one sentence for the page.
    """

    __test__ = False  # the name is the field's; it is no test class

    examples: tuple[Example, ...]
    pool: PoolSnapshot
    description: str = ""


@dataclass(frozen=True)
class TaskData:
    """One draw of a task.

    Attributes:
        name: of the task.
        train: the targets of training; contexts come from pool.
        pool: the labelled pairs.
        dev, tests: test sets by name; dev is for choosing settings, tests for the figures.
        metrics: the first one is the headline.
        max_new_tokens: the longest answer that generation may give.
        near_duplicate: the operation that makes paraphrases in training, and in 'one_paraphrase'.
        unseen: another operation, which training never uses, for 'one_unseen'.
        repeats: that operation gives back the very input, on purpose: what a server would hold.
        alike: how alike two outputs are, for probes; by their words where a task does not say.
        agreement: another such measure for IWL and ICL alone, where the paper has one.
        copying: another one for the copy score alone, where the paper has one.
        alike_words, agreement_words, copying_words: what they are, and whether they are the
            paper's or ours.
        facts: what was drawn, for the record.
        changed_duplicate: an operation that says something else, with the right output for it:
            what a bad paraphraser makes.
        held_out: inputs that training must not show; see inputs_of.
    """

    name: str
    train: tuple[Example, ...]
    pool: PoolSnapshot
    dev: Mapping[str, TestSet]
    tests: Mapping[str, TestSet]
    metrics: Sequence[Metric]
    max_new_tokens: int
    near_duplicate: NearDuplicate | None = None
    unseen: NearDuplicate | None = None
    repeats: bool = False
    alike: OutputSimilarity = word_overlap
    agreement: Agreement | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    changed_duplicate: NearDuplicate | None = None
    held_out: Set[str] = frozenset()
    copying: OutputSimilarity | None = None
    alike_words: str = "F1 of words [ours]"
    agreement_words: str = ""
    copying_words: str = ""

    @property
    def compared_by(self) -> dict[str, str]:
        """Probe -> what it compares outputs by, of those with the paper's formula."""
        agreeing, copying = self.agreement_words, self.copying_words
        return {
            **dict.fromkeys(("iwl", "icl"), agreeing or self.alike_words),
            **dict.fromkeys(("copy", "copy_strict"), copying or self.alike_words),
        }

    def training_source(self, similarities: Similarities) -> Source:
        """What training contexts are drawn from; no near-duplicate has a held-out input."""
        return Source(
            self.pool, similarities, self.near_duplicate, self.changed_duplicate, self.held_out
        )


def inputs_of(*sets: Mapping[str, TestSet]) -> frozenset[str]:
    """The normalised inputs of dev and tests. They are taken once, where a task is loaded: a search
    on dev is never to look at a test set."""
    return frozenset(
        normalise(example.input)
        for tests in sets
        for one in tests.values()
        for example in one.examples
    )
