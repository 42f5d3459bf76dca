"""Weights and optimiser states that processes share among them (FSDP2): whole for a file, and back.

A checkpoint is whole whatever wrote it, so one process goes on where several stopped.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.distributed.tensor import DTensor, distribute_tensor


def is_sharded(model: torch.nn.Module) -> bool:
    """Whether this process holds only a part of some weights."""
    return any(isinstance(weight, DTensor) for weight in model.parameters())


def whole(value: Any) -> Any:
    """The same with every tensor whole; every process has to call it."""
    if isinstance(value, DTensor):
        return value.full_tensor().detach().cpu()
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in value.items()}
    return [whole(inner) for inner in value] if isinstance(value, list) else value


def whole_weights(model: torch.nn.Module) -> dict[str, Any] | None:
    """Trained weights by name, whole; None where each process has them all anyway."""
    if not is_sharded(model):
        return None
    return {
        name: whole(weight) for name, weight in model.named_parameters() if weight.requires_grad
    }


def shared_like(state: dict[str, Any], weights: list[torch.nn.Parameter]) -> dict[str, Any]:
    """An optimiser's whole state, cut as its weights are."""
    entries = {
        number: {name: _like(value, weights[number]) for name, value in entry.items()}
        for number, entry in state["state"].items()
    }
    return {**state, "state": entries}


def _like(value: Any, weight: torch.Tensor) -> Any:
    if not isinstance(weight, DTensor) or getattr(value, "shape", None) != weight.shape:
        return value
    return distribute_tensor(value.to(weight.device), weight.device_mesh, weight.placements)
