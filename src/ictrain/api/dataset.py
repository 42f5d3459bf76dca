"""Training prompts with fresh contexts as a map-style dataset for anybody's trainer.

Nothing is drawn before an item is accessed, and an item is a pure function of (seed, epoch, target
id, pool version). The epoch is one number in shared memory, so that worker processes, kept alive
over epochs or not, follow it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from multiprocessing.context import get_spawning_popen
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ictrain.contexts import Context
from ictrain.errors import ConfigError, DataError, RunError
from ictrain.prompts import Rendered
from ictrain.training import DrawnBatches

Item = dict[str, list[int]]

_PADDING = {"input_ids": 0, "attention_mask": 0, "labels": -100}
"""What stands behind a shorter prompt: any id, since the mask hides it and labels are given."""


class ContextDataset(Dataset[Item]):
    """One item per target: input_ids, attention_mask, and labels, -100 outside of the output.

    Made by Contexts.dataset. In each epoch a target has another context; item i is target i in all
    of them, so that a subset is a set of targets.

    Args:
        batches: from ictrain.training.batches_for.
    """

    def __init__(self, batches: DrawnBatches) -> None:
        self.batches = batches
        self._epoch: torch.Tensor = torch.zeros((), dtype=torch.int64)
        self._epoch.share_memory_()  # type: ignore[no-untyped-call]

    def __len__(self) -> int:
        return len(self.batches.prepared.targets)

    def __getitem__(self, number: int) -> Item:
        return self.__getitems__([number])[0]

    def __getitems__(self, numbers: Sequence[int]) -> list[Item]:
        """Several items in one draw: what torch's loader asks for."""
        return [_item(rendered) for _, rendered in self.drawn(numbers)]

    def drawn(self, numbers: Sequence[int]) -> list[tuple[Context, Rendered]]:
        """The same items as contexts, with roles and similarities, and prompts.

        Raises:
            IndexError: a number outside of the dataset.
        """
        asked = np.array(numbers, dtype=np.int64)
        if asked.size and not -len(self) <= asked.min() <= asked.max() < len(self):
            raise IndexError(f"{numbers} in a dataset of {len(self)} targets")
        return self.batches.of_targets(self.epoch, asked % max(len(self), 1))

    @property
    def epoch(self) -> int:
        """The epoch whose contexts are drawn, in this process and in every worker."""
        return int(self._epoch)

    def set_epoch(self, epoch: int) -> None:
        """Draws the contexts of another epoch from now on.

        Raises:
            ConfigError: a negative number.
        """
        if epoch < 0:
            raise ConfigError(f"epoch {epoch}", expected="a whole number from 0 on")
        self._epoch.fill_(int(epoch))

    @property
    def rejected(self) -> tuple[str, ...]:
        """Ids of targets that are longer than the window; they are never cut."""
        return self.batches.prepared.rejected

    def callback(self) -> EpochCallback:
        """Sets the epoch whenever a trainer begins one, also one that resumes."""
        return EpochCallback(self)

    @staticmethod
    def collate(items: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, torch.Tensor]:
        """A batch, padded on the right: int64 [items, longest] each; needs no padding token."""
        return {
            name: pad_sequence(
                [torch.tensor(item[name]) for item in items], batch_first=True, padding_value=fill
            )
            for name, fill in _PADDING.items()
        }

    def for_trl(self) -> Any:
        """The same items as a datasets.Dataset, which TRL's trainers insist on.

        It holds row numbers alone and draws at access. Its preparation by TRL would access every
        row once and keep what it got (trl #6039), so it must be switched off:
        SFTConfig(dataset_kwargs={"skip_prepare_dataset": True}); TRL refuses it otherwise.

        Raises:
            DataError: the package datasets is not installed.
        """
        try:
            import datasets
        except ImportError:
            raise DataError("datasets is not installed", mend="pip install datasets") from None
        numbers = list(range(len(self)))
        rows = datasets.Dataset.from_dict(dict.fromkeys(_PADDING, numbers))
        rows = rows.with_transform(follower := _Rows(self))
        rows.set_epoch = follower.set_epoch  # accelerate's loaders look for it by name
        return rows


class EpochCallback(TrainerCallback):  # type: ignore[misc]
    """Tells a ContextDataset which epoch a transformers Trainer is in."""

    def __init__(self, dataset: ContextDataset) -> None:
        self.dataset = dataset

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """state.epoch is a fraction, e.g. 1.25 in a training that resumes within its second."""
        del args, control
        self.dataset.set_epoch(int((state.epoch or 0) + 1e-6))


class _Rows:
    """The transform of for_trl: row numbers to items."""

    def __init__(self, dataset: ContextDataset) -> None:
        self.dataset = dataset

    def __call__(self, batch: Mapping[str, list[int]]) -> dict[str, list[list[int]]]:
        items = self.dataset.__getitems__(next(iter(batch.values())))
        return {name: [item[name] for item in items] for name in _PADDING}

    def set_epoch(self, epoch: int) -> None:
        """See ContextDataset.set_epoch."""
        self.dataset.set_epoch(epoch)

    def __reduce__(self) -> tuple[Any, ...]:
        """Whole on the way to a worker process. Otherwise datasets wants a fingerprint of it, and
        would spend minutes on the pool's content."""
        if get_spawning_popen() is not None:
            return _Rows, (self.dataset,)
        batches = self.dataset.batches
        return _only_there, (batches.source.snapshot.version, batches.seed, id(self.dataset))

    def __deepcopy__(self, memo: dict[int, Any]) -> _Rows:
        # datasets copies a transform with every view, and a copy would not hear of a new epoch.
        return self


def _only_there(*_: Any) -> None:
    raise RunError("rows of for_trl cannot be stored", mend="call for_trl() where they are needed")


def _item(rendered: Rendered) -> Item:
    start = rendered.label_start
    return {
        "input_ids": list(rendered.ids),
        "attention_mask": [1] * len(rendered.ids),
        "labels": [-100] * start + list(rendered.ids[start:]),
    }
