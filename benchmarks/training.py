"""Useful tokens per second: packed training against the loops that a user would write instead.

    .venv/bin/python benchmarks/training.py            # about 3 minutes, one thread
    .venv/bin/python benchmarks/training.py --rounds 1 # a look

All ways take the same steps on the same batches (LoRA r = 16 on q, k, v), in turn, round by round;
the figure is the median over rounds and batches. Seconds are CPU seconds of the one thread, since
wall time on a shared machine says more about its other users. Useful tokens are those of the
prompts, without padding. TRL's SFTTrainer takes part where it can be imported; it is no dependency.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from accelerate import Accelerator
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM

from ictrain.models import AdapterSettings, add_adapter
from ictrain.prompts.rendered import Rendered, Segment
from ictrain.randomness import rng, torch_seed
from ictrain.training import TrainingSettings
from ictrain.training.isolation import base_of
from ictrain.training.loss import padded
from ictrain.training.stepping import Stepper

RESULTS = Path(__file__).parent / "results" / "training.json"
WIDE = {"hidden_size": 256, "intermediate_size": 688, "num_hidden_layers": 4}
SMALL = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "vocab_size": 285}
# name: (shape, prompts per batch, range of prompts' lengths, range of labelled tokens)
CASES: dict[str, tuple[dict[str, int], int, range, range]] = {
    "32k tokens": (WIDE | {"vocab_size": 32_000}, 8, range(50, 451), range(15, 46)),
    "3.3k tokens (head's share as in Llama 3.2 1B)": (
        WIDE | {"vocab_size": 3_300},
        8,
        range(50, 451),
        range(15, 46),
    ),
    "the demo's small base, any length": (SMALL, 16, range(11, 52), range(5, 6)),
    "the demo's small base, 1 to 5 examples": (SMALL, 16, range(16, 49, 8), range(5, 6)),
}


def model_of(shape: dict[str, int]) -> Any:
    """A random Llama with an adapter."""
    torch.manual_seed(0)
    config = LlamaConfig(
        **shape, num_attention_heads=4, num_key_value_heads=2, bos_token_id=0, eos_token_id=1
    )
    return add_adapter(LlamaForCausalLM(config), AdapterSettings(), 0)


def batch_of(case: str, step: int) -> list[Rendered]:
    """Random prompts as a function of case and step."""
    shape, size, lengths, labels = CASES[case]
    prompts = []
    for index in range(size):
        draw = rng(0, case, step, index)
        length = int(draw.choice(lengths))
        start = length - int(draw.choice(labels))
        ids = (*draw.integers(2, shape["vocab_size"], length - 1).tolist(), 1)
        segments = (Segment(0, start, "target"), Segment(start, length, "label"))
        prompts.append(Rendered(ids, segments, start, "", 0, 0))
    return prompts


def target_logits_loss(model: Any, prompts: list[Rendered], device: torch.device) -> torch.Tensor:
    """Padded, with logits at the labelled positions alone: the first step to do better."""
    ids, mask, labels = (tensor.to(device) for tensor in padded(prompts))
    following = torch.nn.functional.pad(labels[:, 1:], (0, 1), value=-100)
    wanted = following != -100
    output = model(input_ids=ids, attention_mask=mask, logits_to_keep=wanted, use_cache=False)
    return cross_entropy(output.logits.float(), following[wanted], reduction="sum")


class TargetLogits(Stepper):
    """Our step with that loss."""

    def _loss(self, part: Any) -> torch.Tensor:
        return target_logits_loss(self.model, list(part), self.accelerator.device)


Way = Callable[[list[Rendered], int], None]


def ours(case: str, kind: type[Stepper], packed: bool) -> Way:
    """One of our steps; a way keeps a model and an optimiser of its own."""
    model, accelerator = model_of(CASES[case][0]), Accelerator(cpu=True)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = accelerator.prepare(torch.optim.AdamW(trained, fused=True))
    settings = TrainingSettings(batch_size=CASES[case][1])
    stepper = kind(model, base_of(model), optimizer, accelerator, settings, packed)

    def step(prompts: list[Rendered], number: int) -> None:
        with stepper.attention():
            stepper.step(number, prompts)

    return step


def trl_padded(case: str) -> Way | None:
    """TRL's SFTTrainer on the same ids and labels: its own training step, one per call."""
    try:
        from datasets import Dataset
        from trl import SFTConfig, SFTTrainer
        from trl.trainer.sft_trainer import DataCollatorForLanguageModeling
    except ImportError:
        return None
    model = model_of(CASES[case][0])
    size = CASES[case][1]
    config = SFTConfig(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=size,
        report_to="none",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    trainer = SFTTrainer(
        model=model,
        args=config,
        train_dataset=Dataset.from_list([{"input_ids": [0, 1], "labels": [-100, 1]}]),
        data_collator=DataCollatorForLanguageModeling(pad_token_id=0),
        processing_class=_tokenizer(),
    )
    optimizer = trainer.create_optimizer()
    trainer.current_gradient_accumulation_steps = 1  # its train() would set it

    def step(prompts: list[Rendered], _number: int) -> None:
        rows = [
            {
                "input_ids": list(p.ids),
                "labels": [-100] * p.label_start + list(p.ids[p.label_start :]),
            }
            for p in prompts
        ]
        trainer.training_step(trainer.model, trainer.data_collator(rows))
        optimizer.step()
        optimizer.zero_grad()

    return step


def _tokenizer() -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(WordLevel({"<pad>": 0, "</s>": 1}, unk_token="<pad>"))
    return PreTrainedTokenizerFast(tokenizer_object=words, eos_token="</s>", pad_token="<pad>")


def measure(case: str, rounds: int) -> dict[str, float]:
    """Median useful tokens per CPU second of each way."""
    ways: dict[str, Way | None] = {
        "TRL SFTTrainer, padded": trl_padded(case),
        "padded, all logits": ours(case, Stepper, packed=False),
        "padded, target logits": ours(case, TargetLogits, packed=False),
        "packed (ictrain)": ours(case, Stepper, packed=True),
    }
    there = {name: way for name, way in ways.items() if way is not None}
    speeds: dict[str, list[float]] = {name: [] for name in there}
    for number in range(-1, 3 * rounds):  # step -1 warms up
        prompts = batch_of(case, abs(number))
        torch.manual_seed(torch_seed(0, "benchmark", abs(number)))
        for name, way in there.items():
            began = time.process_time()
            way(prompts, abs(number))
            seconds = time.process_time() - began
            if number >= 0:
                speeds[name].append(sum(len(p.ids) for p in prompts) / seconds)
    return {name: statistics.median(values) for name, values in speeds.items()}


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "threads": 1,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "load": list(os.getloadavg()),
    }


def main() -> None:
    """Measures all cases, prints them and writes the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="cases whose names hold this text")
    arguments = parser.parse_args()
    rounds = arguments.rounds
    torch.set_num_threads(1)
    cases = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for case in (name for name in CASES if arguments.only in name):
        batches = [batch_of(case, step) for step in range(3 * rounds)]
        lengths = [[len(p.ids) for p in prompts] for prompts in batches]
        useful = sum(map(sum, lengths)) / sum(len(part) * max(part) for part in lengths)
        speeds = measure(case, rounds)
        plain = speeds["padded, all logits"]
        print(f"\n{case}; {useful:.0%} of the padded batch is useful", flush=True)
        for name, speed in speeds.items():
            print(f"  {name:24} {speed:9,.0f} useful tokens/s  x {speed / plain:.2f}", flush=True)
        ratios = {name: speed / plain for name, speed in speeds.items()}
        cases[case] = {
            "machine": machine(),
            "useful_share": useful,
            "tokens_per_second": speeds,
            "ratio": ratios,
        }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(cases, indent=2) + "\n")


if __name__ == "__main__":
    main()
