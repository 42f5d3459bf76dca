"""Which strategies, test sets, modes and metric the tables and the two goals are about."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pydantic import Field

from ictrain.settings import Settings
from ictrain.statistics import Bootstrap


class AnalysisSettings(Settings):
    """Settings of the analysis; all defaults are ours.

    Attributes:
        treatment: the strategy that the goals are about.
        reference: the strategy that goal 2 holds it against, asked without context.
        id_test, ood_test: the test set of the fixed task, and that of fresh knowledge; where there
            is none of these names, the first test set, and id_test.
        metric: the score that goals and figures use; None for the first one in the rows.
        exact_metric: the score whose 1 means 'right' in the gallery; the metric where absent.
        margin: how much worse still counts as 'no worse', in units of the metric.
        near_modes: the modes with a close example; the first one that was asked decides goal 1.
        band_modes: the modes whose rows are put into bands; 'none' is a column of its own.
        resamples, level, min_items, seed: of the bootstrap.
    """

    treatment: str = "contrastive"
    reference: str = "zero"
    id_test: str = "id"
    ood_test: str = "ood"
    metric: str | None = None
    exact_metric: str = "exact_match"
    margin: float = Field(default=0.02, ge=0)
    near_modes: tuple[str, ...] = Field(
        default=("one_paraphrase", "one_similar", "one_unseen"), min_length=1
    )
    band_modes: tuple[str, ...] = (
        "none",
        "random",
        "similar",
        "one_similar",
        "one_paraphrase",
        "one_unseen",
    )
    resamples: int = Field(default=1000, ge=100)
    level: float = Field(default=0.95, gt=0, lt=1)
    min_items: int = Field(default=20, ge=2)
    seed: int = 0

    def fitted(self, tests: Sequence[str], modes: Collection[str]) -> AnalysisSettings:
        """These settings with the names that rows have, where the defaults are not among them.

        Args:
            tests: of the rows, in their order.
            modes: of the rows.
        """
        default = type(self).model_fields
        known = self.id_test in tests or self.id_test != default["id_test"].default
        id_test = self.id_test if known else tests[0]
        known = self.ood_test in tests or self.ood_test != default["ood_test"].default
        asked = [mode for mode in self.near_modes if mode in modes]
        rest = [mode for mode in self.near_modes if mode not in modes]
        return self.model_copy(
            update={
                "id_test": id_test,
                "ood_test": self.ood_test if known else id_test,
                "near_modes": (*asked, *rest),
            }
        )

    @property
    def never_saw_a_context(self) -> bool:
        """Whether the reference is zero-context fine-tuning; else it is a model of any kind."""
        return self.reference == "zero"

    @property
    def reference_words(self) -> str:
        """The reference for people."""
        if self.never_saw_a_context:
            return "zero-context fine-tuning"
        return "itself" if self.reference == self.treatment else self.reference

    @property
    def bootstrap(self) -> Bootstrap:
        """The same as the bootstrap takes it."""
        return Bootstrap(self.resamples, self.level, self.min_items, self.seed)
