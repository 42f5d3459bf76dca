"""How a published model answers by itself: greedily, to the end that training taught."""

from __future__ import annotations

from transformers import AutoConfig, GenerationConfig

from ictrain.errors import ModelError
from ictrain.models import ModelSettings, model_folder
from ictrain.prompts import Renderer
from ictrain.publishing.choose import Chosen
from ictrain.tasks import load_task


def generation_config(chosen: Chosen, renderer: Renderer) -> GenerationConfig:
    """Decoding as the run's rows were made; what the base's authors published is not taken over.

    An answer ends at the token that training put behind every label. The ends that the base brings
    along stay, for the run's own answers stopped there as well.

    Raises:
        IctrainError: the longest answer is the task's to say, and the task cannot be loaded.
    """
    tokenizer = renderer.tokenizer
    taught = [renderer.eos, tokenizer.eos_token_id, *_ends(chosen.settings.model)]
    ends = list(dict.fromkeys(taught))
    return GenerationConfig(
        do_sample=False,
        num_beams=1,
        max_new_tokens=longest_answer(chosen),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=ends if len(ends) > 1 else ends[0],
        pad_token_id=tokenizer.pad_token_id,
    )


def longest_answer(chosen: Chosen) -> int:
    """Tokens that an answer of the run could have."""
    told = getattr(chosen.settings.task, "max_new_tokens", None)
    if told is None:
        told = load_task(chosen.settings.task, chosen.job.seed).max_new_tokens
    return int(told)


def _ends(model: ModelSettings) -> list[int]:
    """EOS tokens of the base itself."""
    if model.scratch is not None:
        return []
    told = _stored(str(model_folder(model) or model.name), model.revision).eos_token_id
    return sorted(told) if isinstance(told, list) else [] if told is None else [told]


def _stored(place: str, revision: str | None) -> GenerationConfig:
    """Of the base, or made from its configuration as transformers does where it has none."""
    try:
        return GenerationConfig.from_pretrained(place, revision=revision)
    except OSError:
        pass
    try:
        return GenerationConfig.from_model_config(
            AutoConfig.from_pretrained(place, revision=revision)
        )
    except (OSError, ValueError) as error:
        cause = str(error).strip().splitlines()[0]
        raise ModelError(
            f"cannot load its configuration: {cause}",
            where=place,
            mend="check the name, the network and (for gated models) `hf auth login`",
        ) from error
