"""One of two processes that train with transformers' Trainer; see test_processes."""

from __future__ import annotations

import json
import os
from pathlib import Path


def child(folder: str, rank: int, port: int) -> None:
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "1"}
    from transformers import Trainer, TrainingArguments

    import ictrain
    from tests.api.kit import tiny_model
    from tests.made_tokenizers import byte_level_bpe

    tokenizer = byte_level_bpe()
    contexts = ictrain.Contexts.from_config(f"{folder}/config.yaml", strategy="contrastive")
    dataset, seen = contexts.dataset(tokenizer), []

    def collate(items):
        seen.append((dataset.epoch, [item["input_ids"] for item in items]))
        return dataset.collate(items)

    args = TrainingArguments(
        f"{folder}/out", num_train_epochs=2, per_device_train_batch_size=4, use_cpu=True,
        report_to="none", disable_tqdm=True, save_strategy="no", dataloader_pin_memory=False,
    )  # fmt: skip
    model = tiny_model(tokenizer)
    trainer = Trainer(
        model, args, train_dataset=dataset, data_collator=collate, callbacks=[dataset.callback()]
    )
    trainer.train()
    Path(folder, f"seen-{rank}.json").write_text(json.dumps(seen))
