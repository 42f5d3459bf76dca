"""Loads a base model and its tokenizer, or makes a small model from scratch."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from ictrain.errors import ConfigError, ModelError, nearest
from ictrain.models.quantised import loading_options, prepared
from ictrain.models.settings import SMALL, ModelSettings, check_path
from ictrain.processes import device
from ictrain.quiet import no_bars
from ictrain.randomness import torch_seed

_CANNOT_ATTEND = re.compile("attention implementation|FlashAttention")


def load_model(settings: ModelSettings, seed: int) -> tuple[Any, Any]:
    """The model in evaluation mode on this process's device, and its tokenizer.

    Args:
        settings: which model.
        seed: makes the weights of a model from scratch; a stored model does not read it.

    Returns:
        A transformers causal language model and a fast tokenizer with EOS and pad tokens.

    Raises:
        ModelError: no such model or tokenizer, no EOS token, a tokenizer with more tokens than
            the model has embeddings, or 4 bits where they cannot be.
        ConfigError: an unknown key in scratch.
    """
    tokenizer = load_tokenizer(settings)
    model = (
        _from_scratch(settings, tokenizer, seed)
        if settings.scratch is not None
        else _stored(settings)
    )
    check_rows(model, tokenizer, settings)
    return model.eval().to(device()), tokenizer


def check_rows(model: Any, tokenizer: Any, settings: ModelSettings) -> None:
    """Refuses a tokenizer with more tokens than the model has embeddings."""
    rows = model.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > rows:
        raise ModelError(
            f"{len(tokenizer)} tokens but {rows} embeddings",
            where=f"model {settings.name!r}",
            mend="use the tokenizer that the model was trained with",
        )


def load_tokenizer(settings: ModelSettings) -> Any:
    """The tokenizer alone; errors as load_model.

    A missing pad token becomes the EOS token, here and nowhere else. That is harmless: labels are
    known by their positions and never by comparing ids, so a pad id cannot hide an EOS from the
    loss (transformers #23530, trl #976), and padding itself is hidden by the attention mask.
    """
    name = settings.tokenizer or settings.name
    with _told_on_one_line("tokenizer", name):
        tokenizer = AutoTokenizer.from_pretrained(_place(name), revision=settings.revision)
    if tokenizer.eos_token_id is None:
        raise ModelError(
            "no EOS token",
            where=f"tokenizer {name!r}",
            mend="set tokenizer.eos_token to a token of its vocabulary and save_pretrained() it; "
            "without one the model can never learn to stop",
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _stored(settings: ModelSettings) -> Any:
    options = loading_options(settings)
    with _told_on_one_line("model", settings.name), no_bars():
        model = AutoModelForCausalLM.from_pretrained(
            _place(settings.name),
            revision=settings.revision,
            attn_implementation=_attention(settings),
            **options,
        )
    return prepared(model)


def _from_scratch(settings: ModelSettings, tokenizer: Any, seed: int) -> Any:
    shape = dict(settings.scratch or {})
    kind = shape.pop("model_type", "llama")
    try:
        known = AutoConfig.for_model(kind).to_dict()
    except ValueError:
        raise ConfigError(f"unknown {kind!r}", where="model.scratch.model_type") from None
    for key in shape:
        if key not in known:
            raise ConfigError("unknown key", where=f"model.scratch.{key}", mend=nearest(key, known))
    ends = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id")}
    values = {"vocab_size": len(tokenizer), "pad_token_id": None} | ends | shape
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_seed(seed, "scratch model"))
        try:
            model = AutoModelForCausalLM.from_config(
                AutoConfig.for_model(kind, **values),
                dtype=getattr(torch, settings.dtype),
                attn_implementation=_attention(settings),
            ).eval()
            if model.device.type != "meta":  # a dry run's has no weights to try
                _try(model)
            return model
        # transformers' own checks raise whatever suits them; all say that the shape is wrong
        except Exception as error:
            cause = " ".join(str(error).split())
            raise ConfigError(f"no such model: {cause}", where="model.scratch") from error


def _try(model: Any) -> None:
    """Some shapes that do not fit together are noticed only in use."""
    with torch.no_grad():
        model(input_ids=torch.zeros(1, 2, dtype=torch.int64), use_cache=False)


def _attention(settings: ModelSettings) -> str | None:
    return None if settings.attn == "auto" else settings.attn


def _place(name: str) -> str:
    if name != SMALL:
        check_path(name)
        return name
    try:
        from ictrain.base import small_base  # a higher room, read only here
    except ImportError:
        raise ModelError("this installation has no small base", where=f"model {SMALL!r}") from None
    return str(small_base())


@contextlib.contextmanager
def _told_on_one_line(what: str, name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, ImportError) as error:
        # The Hub's own message runs over many lines and mostly speaks of tokens and log-ins.
        cause = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if _CANNOT_ATTEND.search(cause):
            mend = "set model.attn: auto"
        elif Path(name).is_dir():
            mend = f"the folder does not hold a whole {what}"
        else:
            mend = "check the name, the network and (for gated models) `hf auth login`"
        raise ModelError(f"cannot load the {what}: {cause}", where=name, mend=mend) from error
