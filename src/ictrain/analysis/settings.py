"""Which strategies, test sets, modes and metric the tables and the two goals are about."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pydantic import Field

from ictrain.settings import Settings
from ictrain.statistics import Bootstrap


class AnalysisSettings(Settings):
    """Settings of the analysis; all defaults are ours."""

    treatment: str = Field(default="contrastive", description="the arm that the goals are about")
    reference: str = Field(
        default="zero", description="the arm that goal 2 holds it against, asked without context"
    )
    id_test: str = Field(
        default="id",
        description="the test set of the fixed task; the first one where none is called so",
    )
    ood_test: str = Field(
        default="ood",
        description="the test set of fresh knowledge; id_test where none is called so",
    )
    metric: str | None = Field(
        default=None, description="the score of goals and figures; the first of task.metrics"
    )
    exact_metric: str = Field(
        default="exact_match",
        description="the score whose 1 means 'right' in the gallery; metric where it is absent",
    )
    margin: float = Field(
        default=0.02, ge=0, description="how much worse is still 'no worse', in units of the metric"
    )
    near_modes: tuple[str, ...] = Field(
        default=("one_paraphrase", "one_similar", "one_unseen"),
        min_length=1,
        description="modes with a close example; the first one that was asked decides goal 1",
    )
    band_modes: tuple[str, ...] = Field(
        default=("none", "random", "similar", "one_similar", "one_paraphrase", "one_unseen"),
        description="modes whose rows are put into bands; none is a column of its own",
    )
    resamples: int = Field(default=1000, ge=100, description="of the bootstrap")
    level: float = Field(default=0.95, gt=0, lt=1, description="coverage of the intervals")
    min_items: int = Field(default=20, ge=2, description="fewer get no interval")
    seed: int = Field(default=0, description="of the bootstrap; a run's seeds do not change it")

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
