"""What merging an adapter costs in the base's dtype, at several sizes of the update.

ictrain run configs/demo-quick.yaml name=bf training.steps=60 task.tests=30 model.dtype=bfloat16
python scripts/merge_rounding.py runs/bf contrastive
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

from ictrain.errors import ModelError
from ictrain.models import add_adapter, load_model
from ictrain.models.saving import read_weights
from ictrain.prompts import Renderer
from ictrain.publishing.choose import Chosen, choose
from ictrain.publishing.merging import compare, logits
from ictrain.publishing.prompts import spread, token_ids

SCALES = (1.0, 0.3, 0.1, 0.03)


def main() -> None:
    """One line per size of the update, merged and not merged at all."""
    chosen = choose(Path(sys.argv[1]), sys.argv[2], None)
    for scale in SCALES:
        merged, tuned, bare = measured(chosen, scale)
        print(f"update x {scale:g}: {told(merged, tuned, bare, chosen)}")
        print(f"  not merged at all: {told(bare, tuned, bare, chosen)}")


def measured(chosen: Chosen, scale: float) -> tuple[Any, Any, Any]:
    """Logits of the merged model, of base and adapter, and of the base."""
    model, tokenizer = load_model(chosen.model, chosen.job.seed)
    renderer = Renderer(chosen.settings.prompt, tokenizer, "")
    rows = chosen.run.rows([chosen.job])
    prompts = [token_ids(renderer, row) for row in spread(rows)]
    model = add_adapter(model, chosen.arm.adapter, chosen.job.seed)
    read_weights(model, chosen.weights)
    with torch.no_grad():
        for name, weight in model.eval().named_parameters():
            weight *= scale if "lora_B" in name else 1.0
    tuned = logits(model, prompts)
    with model.disable_adapter():
        bare = logits(model, prompts)
    return logits(model.merge_and_unload(), prompts), tuned, bare


def told(merged: Any, tuned: Any, bare: Any, chosen: Chosen) -> str:
    """What the export would say."""
    try:
        return str(compare(merged, tuned, bare, chosen.settings.model.dtype))
    except ModelError as error:
        return f"refused: {error}"


if __name__ == "__main__":
    main()
