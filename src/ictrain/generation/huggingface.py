"""Greedy answers of a transformers causal LM, in padded batches, token for token as one by one.

        pad pad | prompt a      | answer a        attention mask 0 0 1 1 1 ...
            prompt b            | answer b        positions count from each prompt's own first token

In float32 the batch makes no difference. In bfloat16 a near tie between two tokens may fall either
way with the batch's shape: whoever compares outputs reports what two identical runs differ by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ictrain.errors import ModelError
from ictrain.files import digest
from ictrain.generation.base import Output, Request
from ictrain.generation.batching import batches, scale_change
from ictrain.generation.digests import Known, model_digest


class HuggingFaceGenerator:
    """A Generator over a model in memory.

    It stands for the weights as they are when it is asked: a training step changes its digest.

    Args:
        model: a transformers or PEFT causal LM; its mode and generation_config are restored.
        tokenizer: its tokenizer; a padding token is not needed.
        token_budget: rows x (prompt + answer) of one batch, in tokens.
        ends: further tokens that end an answer: Renderer.eos, which in a chat is often not the
            tokenizer's EOS.
    """

    def __init__(
        self, model: Any, tokenizer: Any, token_budget: int = 16384, ends: Iterable[int] = ()
    ) -> None:
        self.model, self.tokenizer, self.token_budget = model, tokenizer, token_budget
        self.eos_ids = _eos_ids(model, tokenizer, ends)
        self._known: Known = {}

    @property
    def digest(self) -> str:
        """See Generator.digest."""
        model = model_digest(self.model, self.tokenizer, self._known)
        return digest("huggingface-greedy-1", model, self.eos_ids)

    def generate(self, requests: Sequence[Request]) -> list[Output]:
        """See Generator.generate.

        Raises:
            ModelError: an empty prompt, or one whose answer does not fit the model's window.
        """
        check_requests(requests, self.model.config)
        answers: dict[Request, Output] = {}
        with _evaluating(self.model), _without_defaults(self.model):
            apart = scale_change(self.model.config)
            for batch in batches(requests, self.token_budget, apart):
                answers.update(zip(batch, self._answer(batch), strict=True))
        return [answers[request] for request in requests]

    def _answer(self, batch: Sequence[Request]) -> list[Output]:
        import torch

        width = max(len(request.ids) for request in batch)
        pad = self._pad_id()
        rows = [[pad] * (width - len(r.ids)) + list(r.ids) for r in batch]
        mask = [[0] * (width - len(r.ids)) + [1] * len(r.ids) for r in batch]
        device = self.model.device
        with torch.inference_mode():
            made = self.model.generate(
                input_ids=torch.tensor(rows, device=device),
                attention_mask=torch.tensor(mask, device=device),
                generation_config=self._decoding(max(r.max_new_tokens for r in batch)),
            )
        new = made[:, width:].tolist()
        return [self._output(ids, r) for ids, r in zip(new, batch, strict=True)]

    def _output(self, ids: list[int], request: Request) -> Output:
        ids = ids[: request.max_new_tokens]
        ends = [i for i, token in enumerate(ids) if token in self.eos_ids]
        kept = ids[: ends[0]] if ends else ids
        text = self.tokenizer.decode(
            kept, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return Output(tuple(kept), text.strip(), bool(ends))

    def _decoding(self, max_new_tokens: int) -> Any:
        from transformers import GenerationConfig

        return GenerationConfig(
            do_sample=False,
            num_beams=1,
            use_cache=True,
            max_new_tokens=max_new_tokens,
            eos_token_id=list(self.eos_ids) or None,
            pad_token_id=self._pad_id(),
        )

    def _pad_id(self) -> int:
        """Any id does, since the mask hides it and answers are cut at EOS."""
        known = self.tokenizer.pad_token_id
        return known if known is not None else next(iter(self.eos_ids), 0)


def check_requests(requests: Sequence[Request], config: Any) -> None:
    """Refuses what a model with this config cannot answer; errors as HuggingFaceGenerator's."""
    text = config.get_text_config() if config is not None else None
    window = getattr(text, "max_position_embeddings", None)
    for request in requests:
        size = len(request.ids) + request.max_new_tokens
        if not request.ids or request.max_new_tokens < 1:
            raise ModelError(
                f"a prompt of {len(request.ids)} tokens, {request.max_new_tokens} new ones",
                expected="at least one of each",
            )
        if window is not None and size > window:
            raise ModelError(
                f"a prompt of {len(request.ids)} tokens with {request.max_new_tokens} new ones",
                expected=f"at most {window} in all, the model's window",
                mend="draw fewer examples (k), or ask for fewer new tokens",
            )


def _eos_ids(model: Any, tokenizer: Any, ends: Iterable[int]) -> tuple[int, ...]:
    """What training puts behind every label, the tokenizer's EOS, and those of the model."""
    told = getattr(model.generation_config, "eos_token_id", None)
    found = [*ends, tokenizer.eos_token_id, *(told if isinstance(told, list) else [told])]
    return tuple(sorted({token for token in found if token is not None}))


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def _without_defaults(model: Any) -> Iterator[None]:
    """transformers fills what our decoding leaves open from the model's own generation_config,
    e.g. a repetition penalty that its authors published: that would no longer be greedy."""
    from transformers import GenerationConfig

    kept = [(m, m.generation_config) for m in model.modules() if "generation_config" in vars(m)]
    try:
        for module, _ in kept:
            module.generation_config = GenerationConfig()
        yield
    finally:
        for module, config in kept:
            module.generation_config = config
