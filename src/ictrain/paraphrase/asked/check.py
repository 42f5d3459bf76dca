"""Which paraphrases are good enough, and why the others are not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ictrain.examples import normalise
from ictrain.paraphrase.asked.language import other_language, words
from ictrain.paraphrase.asked.settings import AskedSettings
from ictrain.similarity import Index

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGER, _LONGEST = 3.0, 60
"""A paraphrase has at most so many times its sentence's characters, and so many more."""


def gist(text: str) -> str:
    """The words alone: two texts of one gist differ in case, spacing and punctuation at most."""
    return " ".join(words(text)) or normalise(text)


def leaks(source: str, outputs: Sequence[str], text: str) -> bool:
    """Whether text gives an output away: says it as whole words, where the source does not."""
    own, said = f" {gist(source)} ", f" {gist(text)} "
    return any(f" {gist(y)} " in said and f" {gist(y)} " not in own for y in outputs if gist(y))


@dataclass(frozen=True)
class Answer:
    """What is to be checked.

    Attributes:
        source: the item that was asked for; a sentence, as a rule (see Form).
        outputs: what must not be given away: the sentence's outputs.
        found: what the model wrote; not always texts.
        known: paraphrases that there are already.
    """

    source: str
    outputs: Sequence[str]
    found: Sequence[Any]
    known: Sequence[str] = ()


class Checker:
    """The checks of one config.

    Args:
        settings: what is good enough.
        index: the similarity; its pairs are scored, over any pool.
    """

    def __init__(self, settings: AskedSettings, index: Index) -> None:
        self.settings, self.index = settings, index

    def good(self, answers: Sequence[Answer]) -> list[tuple[list[str], Counter[str]]]:
        """Of each answer the valid paraphrases, and what was wrong with the others.

        The similarity is asked once for all of them, which an encoder likes better.

        Returns:
            New valid ones in their order, stripped; and counts by reason.
        """
        found = [self._by_words(answer) for answer in answers]
        sentence = self.settings.form.sentence
        pairs = [
            (sentence(answer.source), text)
            for answer, (texts, _) in zip(answers, found, strict=True)
            for text in texts
        ]
        scores = iter(self._scores(pairs))
        return [(self._close(texts, scores, wrong), wrong) for texts, wrong in found]

    def _by_words(self, answer: Answer) -> tuple[list[str], Counter[str]]:
        texts, wrong = list[str](), Counter[str]()
        seen = {gist(one) for one in answer.known}
        for one in answer.found:
            text = one.strip() if isinstance(one, str) else ""
            reason = self._wrong(answer.source, answer.outputs, text)
            reason = reason or "repeated" * (gist(text) in seen)
            if reason:
                wrong[reason] += 1
            else:
                seen.add(gist(text))
                texts.append(text)
        return texts, wrong

    def _wrong(self, item: str, outputs: Sequence[str], text: str) -> str:
        if not text:
            return "not a text"
        source = self.settings.form.sentence(item)
        if gist(text) == gist(source):
            return "equal to the sentence"
        if len(text) > _LONGER * len(source) + _LONGEST:
            return "much longer"
        if set(_CONTROL.findall(text)) - set(source):
            return "line breaks or control characters"
        if leaks(source, outputs, text):
            return "gives the output away"
        language, how = self.settings.language, self.settings.check_language
        if other_language(source, text, language, how):
            return "another language"
        return self.settings.form.objection(item, text)

    def _scores(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        if not pairs:
            return []
        scores: list[float] = self.index.pairs(
            [a for a, _ in pairs], [b for _, b in pairs]
        ).tolist()
        return scores

    def _close(
        self, texts: Sequence[str], scores: Iterator[float], wrong: Counter[str]
    ) -> list[str]:
        low, high = self.settings.similarity_range
        close = []
        for text in texts:
            score = next(scores)
            if low <= score <= high:
                close.append(text)
            else:
                wrong["too far from the sentence" if score < low else "too close to it"] += 1
        return close
