"""What makes a training the same one, so that a folder is never continued as another's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peft import PeftModel

from ictrain.errors import RunError
from ictrain.files import write_json
from ictrain.models.saving import weights_digest
from ictrain.training.settings import TrainingSettings, fixed


def whole_identity(
    model: Any, settings: TrainingSettings, identity: Mapping[str, Any]
) -> dict[str, Any]:
    """Flat names and JSON values: the settings that count, the first weights, the caller's own."""
    whole = {f"training.{name}": value for name, value in fixed(settings).items()}
    whole |= {f"data.{name}": value for name, value in identity.items()}
    whole["model.weights"] = weights_digest(model)
    if isinstance(model, PeftModel):
        config = model.peft_config[model.active_adapter]
        whole |= {"adapter.alpha": config.lora_alpha, "adapter.dropout": config.lora_dropout}
    plain: dict[str, Any] = json.loads(json.dumps(whole, default=str))
    return plain


def check_identity(path: Path, identity: Mapping[str, Any], write: bool) -> None:
    """Compares with what an earlier call wrote at path, or writes it.

    Raises:
        RunError: naming all that differs, with both values of the first.
    """
    if path.is_file():
        stored = json.loads(path.read_text(encoding="utf-8"))
        names = sorted(stored.keys() | identity.keys())
        differ = [name for name in names if stored.get(name) != identity.get(name)]
        if differ:
            first = differ[0]
            raise RunError(
                f"the folder holds a run that differs in {', '.join(differ)} "
                f"({first}: {stored.get(first)!r} there, {identity.get(first)!r} now)",
                where=str(path.parent),
                mend="take another folder, or remove this one to start anew",
            )
    elif write:
        write_json(path, dict(identity))
