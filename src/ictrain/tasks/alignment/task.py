"""The alignment task as one declaration: a fixed task to learn, and knowledge newer than it.

    seen symbols     Zipf; in the training pool                      test set 'id'
    unseen symbols   never in training; half of the mass of          test set 'ood'
    changed          seen symbols whose words are all others now     test set 'changed'

For 'ood' and 'changed' the pool that serves contexts holds labelled pairs of that knowledge, as it
would after users have corrected a deployed model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from ictrain.errors import ConfigError
from ictrain.examples import Example, PoolSnapshot
from ictrain.randomness import rng
from ictrain.settings import Settings
from ictrain.tasks.alignment.dictionaries import Dictionary, draw_dictionary, task_dictionary
from ictrain.tasks.alignment.family import Family, pool_symbols
from ictrain.tasks.alignment.inputs import (
    Distribution,
    cluster,
    exact_repeat,
    exchanged,
    inserted,
    near_duplicate,
    symbol_weights,
)
from ictrain.tasks.alignment.symbols import join, split
from ictrain.tasks.base import TaskData, TestSet, inputs_of

_TRIES = 200


class AlignmentSettings(Settings):
    """A draw of the alignment task; every value is ours where it is not the paper's C.4."""

    name: Literal["alignment"] = Field(
        default="alignment", description="which kind of task this is"
    )
    base: str = Field(
        default="package:small", description="whose default dictionary the task partly agrees with"
    )
    family: Family = Field(default_factory=Family, description="m, l, order of words, automata")
    agree: float = Field(
        default=0.3, ge=0, le=1, description="share of symbols that mean what the base believes"
    )
    symbols: int = Field(default=192, ge=2, description="seen symbols")
    unseen_symbols: int = Field(default=64, ge=2, description="symbols that training never has")
    distribution: Distribution = Field(default="zipf", description="of the seen symbols")
    pool: int = Field(default=400, ge=2, description="distinct inputs of the training pool")
    clusters: int = Field(
        default=0,
        ge=0,
        description="near-duplicates planted in the pool for each of its inputs: other orders of "
        "its symbols, then orders with one symbol said twice",
    )
    fresh_pool: int = Field(default=400, ge=0, description="labelled pairs of each new knowledge")
    tests: int = Field(default=200, ge=1, description="items of each test set")
    dev: int = Field(default=150, ge=1, description="items of each dev set")
    unseen: Literal["inserted", "repeat"] = Field(
        default="inserted",
        description="near-duplicates that training never makes: a foreign symbol inserted, or the "
        "very same input again",
    )


def load_alignment(settings: AlignmentSettings, seed: int) -> TaskData:
    """Draws dictionaries, symbols, pool and tests of one seed.

    Raises:
        ConfigError: more distinct inputs asked for than there are.
    """
    world = _World.draw(settings, seed)
    taken: set[str] = set()
    train = _cluster(world, world.examples("pool", settings.pool, "seen", "task", taken), taken)
    pool = PoolSnapshot.of(train)
    tests, dev = {}, {}
    for name, description in _TEST_SETS.items():
        mass, dictionary = ("mixed" if name == "ood" else "seen"), _DICTIONARY[name]
        fresh = []
        if name != "id":
            fresh = world.examples(f"{name}-pool", settings.fresh_pool, mass, dictionary, taken)
        own = {"id": pool, "ood": pool.append(fresh), "changed": PoolSnapshot.of(fresh)}[name]
        items = world.examples(name, settings.tests, mass, dictionary, set(taken))
        tests[name] = TestSet(tuple(items), own, description)
        reserved = taken | {e.input for e in items}
        items = world.examples(f"dev-{name}", settings.dev, mass, dictionary, reserved)
        dev[f"dev_{name}"] = TestSet(tuple(items), own, description)
    return TaskData(
        name=settings.name,
        train=tuple(train),
        pool=pool,
        dev=dev,
        tests=tests,
        metrics=[
            Acceptance("acceptance", world.family, world.dictionaries),
            Acceptance("exact_match", world.family, world.dictionaries, whole=True),
        ],
        max_new_tokens=settings.family.size * settings.family.length + 3,
        near_duplicate=world.near_duplicate,
        changed_duplicate=world.changed_duplicate,
        held_out=inputs_of(dev, tests),
        unseen=world.unseen,
        repeats=settings.unseen == "repeat",
        alike=world.family.alike,
        alike_words="F1 of the symbols' words, in whatever order [ours]",
        facts={"symbols": len(world.seen), "unseen_symbols": len(world.new), "pool": len(pool)},
    )


_TEST_SETS = {
    "id": "the fixed task: symbols that training has",
    "ood": "fresh knowledge: half of the symbols never occur in training",
    "changed": "changed knowledge: every word differs from what training taught",
}
_DICTIONARY = {"id": "task", "ood": "task", "changed": "changed"}


@dataclass(frozen=True)
class _World:
    """One seed's dictionaries and symbols."""

    settings: AlignmentSettings
    seed: int
    dictionaries: dict[str, Dictionary]
    seen: list[str]
    new: list[str]

    @property
    def family(self) -> Family:
        return self.settings.family

    @classmethod
    def draw(cls, settings: AlignmentSettings, seed: int) -> _World:
        default = Dictionary.load(dictionary_file(settings))
        automata, length = settings.family.automata, settings.family.length
        task = task_dictionary(seed, "task", automata, default, share=settings.agree, length=length)
        changed = draw_dictionary(
            seed, "changed", automata, list(default), unlike=[default, task], length=length
        )
        order = pool_symbols(
            settings.symbols + settings.unseen_symbols, rng(seed, "task/symbols"), list(default)
        )
        seen, new = order[: settings.symbols], order[settings.symbols :]
        return cls(settings, seed, {"task": task, "changed": changed}, seen, new)

    def examples(
        self, name: str, count: int, mass: str, dictionary: str, taken: set[str]
    ) -> list[Example]:
        """So many pairs with inputs that are not taken yet; they are taken then."""
        made = []
        for number in range(count):
            for attempt in range(_TRIES):
                generator = rng(self.seed, f"task/{name}", attempt, number)
                text = self._input(generator, mass)
                if text not in taken:
                    break
            else:
                raise ConfigError(
                    f"no more than {number} distinct inputs for {name}",
                    mend="use more symbols, or fewer items",
                )
            taken.add(text)
            made.append(self.example(f"{name}-{number:04d}", text, dictionary, generator))
        return made

    def example(
        self, id: str, text: str, dictionary: str, generator: np.random.Generator
    ) -> Example:
        output = self.family.output(text, self.dictionaries[dictionary], generator)
        return Example(id, text, output, {"dictionary": dictionary})

    def _input(self, generator: np.random.Generator, mass: str) -> str:
        """m distinct symbols; 'mixed' takes each from the unseen ones with a chance of one half."""
        weights = symbol_weights(len(self.seen), self.settings.distribution)
        symbols = list(self.seen)
        if mass == "mixed":
            uniform = symbol_weights(len(self.new), "uniform")
            weights = np.concatenate([weights / 2, uniform / 2])
            symbols += self.new
        chosen = generator.choice(len(symbols), self.family.size, replace=False, p=weights)
        return join([symbols[i] for i in chosen.tolist()])

    def near_duplicate(self, target: Example, generator: np.random.Generator) -> Example | None:
        """The symbols in another order, with its own output."""
        if len(set(split(target.input))) == 1:
            return None
        return self._like(target, near_duplicate(target.input, generator), generator)

    def changed_duplicate(self, target: Example, generator: np.random.Generator) -> Example:
        """In another order and with one symbol exchanged, with its own output."""
        return self._like(target, exchanged(target.input, generator, self.seen), generator)

    @property
    def unseen(self) -> Callable[[Example, np.random.Generator], Example]:
        """The near-duplicate that training never makes."""

        def make(target: Example, generator: np.random.Generator) -> Example:
            if self.settings.unseen == "repeat":
                return self._like(target, exact_repeat(target.input), generator)
            return self._like(target, inserted(target.input, generator, self.seen), generator)

        return make

    def _like(self, target: Example, text: str, generator: np.random.Generator) -> Example:
        kind = str(target.meta["dictionary"])
        return self.example(f"{target.id}#{text.replace(' ', '-')}", text, kind, generator)


def _cluster(world: _World, examples: list[Example], taken: set[str]) -> list[Example]:
    """Each example followed by so many inputs with the same symbols; they are taken then, for a
    test item must not be one that was trained on.

    Raises:
        ConfigError: more near-duplicates of an input than there are.
    """
    wanted = world.settings.clusters
    made = {example.input: example for example in examples} if not wanted else {}
    for example in examples if wanted else []:
        texts = cluster(example.input)[: wanted + 1]
        if len(texts) <= wanted:
            raise ConfigError(f"clusters is {wanted}", expected=f"at most {len(texts) - 1}")
        for number, text in enumerate(texts):
            if text not in made:
                generator = rng(world.seed, f"task/cluster/{example.id}", 0, number)
                made[text] = world.example(f"{example.id}.{number}", text, "task", generator)
    taken.update(made)
    return list(made.values())


def dictionary_file(settings: AlignmentSettings) -> Path:
    """Where the base's default dictionary stands."""
    if settings.base != "package:small":
        return Path(settings.base) / "dictionary.json"
    from ictrain.base import small_base  # a higher room, read only here

    folder: Path = small_base()
    return folder / "dictionary.json"


@dataclass
class Acceptance:
    """How many of the words are right, by the dictionary that the reference was made with.

    Attributes:
        name: acceptance or exact_match.
        family: how an output is cut into words.
        dictionaries: by the name that stands in an example's meta.
        whole: score 1 only where all words are accepted and nothing else is said; else the share
            of accepted words.
    """

    name: str
    family: Family
    dictionaries: dict[str, Dictionary]
    whole: bool = False

    def score(self, output: str, reference: Example) -> float:
        """From 0 to 1."""
        own = self.dictionaries[str(reference.meta["dictionary"])]
        measure = self.family.exact if self.whole else self.family.accuracy
        return float(measure(output, reference.input, own))

    def stats(self, output: str, reference: Example) -> None:
        """The corpus score is the mean."""
