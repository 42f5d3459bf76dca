"""What the outputs are: labels, formal language or text; equal to one another, or to the inputs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ictrain.examples import Example, normalise
from ictrain.similarity.tokens import tokens

_FORMAL = re.compile(r"[(){}\[\]<>=;|\\]|^\s*(select|with)\s", re.IGNORECASE)
_MISSING = frozenset({"nan", "null", "none", "n/a", "na", "#n/a", "nil", "undefined", "-"})


@dataclass(frozen=True)
class Outputs:
    """The outputs of some pairs.

    Attributes:
        distinct: how many different ones.
        most_frequent: share of the most frequent one.
        copied: share that equals its input.
        missing: how many are a word for 'nothing', such as nan.
        missing_word: one of these.
        formal: share with brackets or other signs of a formal language.
        words: 95th percentile of their number of words.
    """

    distinct: int
    most_frequent: float
    copied: float
    missing: int
    missing_word: str
    formal: float
    words: int

    @property
    def kind(self) -> str:
        """labels, formal, short or text: what decides how answers are scored."""
        if self.distinct <= 100 and self.words <= 5:
            return "labels"
        if self.formal >= 0.5:
            return "formal"
        return "short" if self.words <= 5 else "text"


def outputs_of(examples: Sequence[Example]) -> Outputs:
    """Looks at all of them; at the words of up to 2,000."""
    counts = Counter(" ".join(e.output.split()) for e in examples)
    missing = [text for text in counts.elements() if text.casefold() in _MISSING]
    some = [e.output for e in examples[:: max(1, len(examples) // 2000)]]
    words = sorted(len(tokens(text)) for text in some)
    return Outputs(
        distinct=len(counts),
        most_frequent=counts.most_common(1)[0][1] / len(examples),
        copied=sum(normalise(e.input) == normalise(e.output) for e in examples) / len(examples),
        missing=len(missing),
        missing_word=missing[0] if missing else "",
        formal=sum(bool(_FORMAL.search(text)) for text in some) / len(some),
        words=words[int(0.95 * (len(words) - 1))],
    )


@dataclass(frozen=True)
class NewWords:
    """Words of outputs that nothing has shown.

    Attributes:
        share: of the items whose output holds one.
        word: the most frequent of them.
    """

    share: float
    word: str


def new_words(items: Sequence[Example], seen: Sequence[Example]) -> NewWords:
    """Of outputs in a formal language; running text may always have new words.

    Args:
        items: of a test set.
        seen: what is trained on or can stand in a context.
    """
    known = {word for e in seen for word in tokens(e.output)}
    new: list[set[str]] = []
    for e in items:
        words = {w for w in tokens(e.output) if not w.isdigit()}
        new.append(words - known - set(tokens(e.input)))
    counts = Counter(word for words in new for word in words)
    share = sum(bool(words) for words in new) / max(1, len(new))
    return NewWords(share, max(counts, key=lambda w: (counts[w], w)) if counts else "")
