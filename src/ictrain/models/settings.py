"""Which base model, and what of it is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from ictrain.errors import ConfigError, ModelError
from ictrain.settings import Settings

SMALL = "package:small"


class ModelSettings(Settings):
    """Which base model, and how it is held in memory."""

    name: str = Field(SMALL, description="Hub name, folder, or package:small (ships with ictrain).")
    revision: str | None = Field(None, description="Branch, tag or commit of a Hub model.")
    dtype: Literal["float32", "bfloat16"] = Field(
        "float32", description="Of the base's weights; adapters are always trained in float32."
    )
    quantise: Literal["none", "4bit"] = Field(
        "none",
        description="4bit: the base's weights in nf4 with double quantisation, computed in "
        "bfloat16, trained through an adapter; needs CUDA and ictrain[quantised].",
    )
    attn: Literal["auto", "sdpa", "eager", "flash_attention_2"] = Field(
        "auto",
        description="Attention where batches are not packed (generation, padded training); auto: "
        "sdpa, or eager where a model needs what that has not (Gemma 2's soft caps).",
    )
    scratch: dict[str, Any] | None = Field(
        None,
        description="Shape of a new model with random weights, as a Hugging Face config of "
        "model_type (default llama); `tokenizer` is then needed and `name` is not read.",
    )
    tokenizer: str | None = Field(None, description="Folder or Hub name, where it is not `name`.")

    @model_validator(mode="after")
    def _scratch_can_be_trained(self) -> ModelSettings:
        if self.scratch is not None and self.tokenizer is None:
            raise ConfigError(
                "scratch without a tokenizer", mend="set tokenizer to a tokenizer's folder"
            )
        if self.scratch is not None and self.quantise != "none":
            raise ConfigError(
                "scratch with quantise: 4bit",
                expected="a stored base, since quantised weights cannot be trained",
            )
        return self


class AdapterSettings(Settings):
    """What is trained. [ours] marks values that the paper's text has lost or does not give."""

    peft: Literal["lora", "none"] = Field("lora", description="none trains every weight.")
    r: int = Field(16, ge=1, description="Rank of the update [ours].")
    alpha: float = Field(8.0, gt=0, description="The update is scaled by alpha / r [ours].")
    dropout: float = Field(0.05, ge=0, lt=1, description="On the adapter's input [ours].")
    targets: Literal["attention-qkv", "attention", "all-linear"] | tuple[str, ...] = Field(
        "attention-qkv",
        description="attention-qkv: query, key, value (paper, section 5); attention: and the "
        "output projection; all-linear: and the MLP; or endings of module names.",
    )


def model_folder(settings: ModelSettings) -> Path | None:
    """The folder of a model that is stored on this machine by path; None for one from the Hub."""
    if settings.scratch is not None:
        return None
    if settings.name == SMALL:
        from ictrain.base import small_base  # a higher room, read only here

        folder: Path = small_base()
        return folder
    return Path(settings.name) if Path(settings.name).is_dir() else None


def is_path(name: str) -> bool:
    """Whether a name can only be that of a folder: the Hub's are NAME or OWNER/NAME."""
    return name.startswith((".", "/", "~")) or name.count("/") > 1


def check_path(name: str) -> None:
    """Refuses a folder that is not there, before the Hub is asked for something of its name.

    Raises:
        ModelError: a path that leads to no folder.
    """
    if is_path(name) and not Path(name).is_dir():
        raise ModelError(
            "no such folder",
            expected="a model's folder, or a name on the Hub (NAME or OWNER/NAME)",
            where=name,
        )
