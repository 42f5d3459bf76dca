"""How far the dry run's estimate of memory is from what a training takes.

    .venv/bin/python benchmarks/memory.py        # about 3 minutes

Each case is trained for three steps in a process of its own. What it takes is the largest resident
memory, less what Python and its libraries had taken before the model was made.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

RESULTS = Path(__file__).parent / "results" / "memory.json"
SHAPE = {"hidden_size": 512, "intermediate_size": 1408, "num_attention_heads": 8}
# name: (layers, vocabulary, adapter, training, prompts per batch, tokens and labelled ones of each)
CASES: dict[str, tuple[int, int, str, dict[str, Any], int, int, int]] = {
    "every weight, 8 layers": (8, 8_000, "none", {}, 8, 250, 30),
    "LoRA, 24 layers": (24, 32_000, "lora", {}, 8, 250, 30),
    "LoRA, 24 layers, long prompts": (24, 32_000, "lora", {}, 4, 1000, 30),
    "LoRA, 24 layers, in parts": (24, 32_000, "lora", {"micro_batch": 2}, 8, 250, 30),
    "LoRA, 24 layers, recomputed": (
        24, 32_000, "lora", {"gradient_checkpointing": True}, 8, 250, 30,
    ),
    "LoRA, 24 layers, padded": (24, 32_000, "lora", {"packing": "padded"}, 4, 250, 30),
}  # fmt: skip


def measured(name: str) -> dict[str, float]:
    """Estimate and truth of one case in MiB; for a fresh process."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from ictrain.experiments.dry_run.memory import heaviest, of_training
    from ictrain.models import AdapterSettings, add_adapter
    from ictrain.prompts.rendered import Rendered, Segment
    from ictrain.randomness import rng
    from ictrain.training import TrainingSettings, train

    layers, vocabulary, peft, more, size, tokens, labelled = CASES[name]
    settings = TrainingSettings(steps=3, batch_size=size, checkpoint_every_steps=None, **more)
    start = tokens - labelled

    class Batches:
        batch_size = size

        def batch(self, step: int) -> list[Rendered]:
            return [prompt(step, number) for number in range(size)]

    def prompt(step: int, number: int) -> Rendered:
        ids = rng(0, "memory", step, number).integers(3, vocabulary, tokens).tolist()
        segments = (
            Segment(0, start, "target", "", "x"), Segment(start, tokens, "label", "", "x"),
        )  # fmt: skip
        return Rendered((*ids[:-1], 2), segments, start, "", 0, 0)

    class Tokenizer:
        eos_token_id = 2

        def save_pretrained(self, folder: str) -> None: ...

    tiny = LlamaForCausalLM(LlamaConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1))
    tiny(torch.zeros(1, 4, dtype=torch.int64)).logits.sum().backward()
    del tiny
    before = _peak()
    config = LlamaConfig(num_hidden_layers=layers, vocab_size=vocabulary, **SHAPE)
    model = add_adapter(LlamaForCausalLM(config), AdapterSettings(peft=peft), 0)
    estimate = of_training(model, settings, heaviest(Batches().batch(0), settings))
    with tempfile.TemporaryDirectory() as out:
        train(model, Tokenizer(), Batches(), settings, Path(out), progress=False)
        after = _peak()
    return {"estimate": estimate.total / 2**20, "measured": after - before}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """All cases, each in a process of its own."""
    from ictrain.experiments.record import machine as described

    if len(sys.argv) > 1:
        print(json.dumps(measured(sys.argv[1])))
        return
    found = {}
    for name in CASES:
        answer = subprocess.run(
            [sys.executable, __file__, name], capture_output=True, text=True, check=True
        )
        one = json.loads(answer.stdout.splitlines()[-1])
        found[name] = {**one, "estimate / measured": one["estimate"] / one["measured"]}
        print(f"{name}: {one['estimate']:.0f} MiB estimated, {one['measured']:.0f} MiB measured, "
              f"ratio {found[name]['estimate / measured']:.2f}", flush=True)  # fmt: skip
    machine = {key: described()[key] for key in ("processor", "memory_gib", "system")}
    RESULTS.write_text(json.dumps({"machine": machine, "cases": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
