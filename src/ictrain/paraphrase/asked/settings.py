"""How a language model is asked for near-duplicates, and at what price."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ictrain.errors import ConfigError
from ictrain.generation import PATIENCE, ServerSettings
from ictrain.languages import language_name
from ictrain.paraphrase.asked.cap import CAPS, cap_of, merged, times_of
from ictrain.paraphrase.asked.form import SENTENCES, Form
from ictrain.settings import Settings
from ictrain.similarity import SimilaritySettings


class PriceSettings(Settings):
    """What a server asks for its work; take it from the provider's page."""

    prompt: float = Field(default=0.0, ge=0, description="per million tokens that are sent")
    completion: float = Field(default=0.0, ge=0, description="per million tokens that are answered")
    currency: str = Field(default="USD", description="a word for the page")

    def of(self, prompt: float, completion: float) -> float:
        """The price of so many tokens."""
        return (prompt * self.prompt + completion * self.completion) / 1e6

    def most(self, unsure: float) -> float:
        """The price of tokens of which nobody knows whether they were sent or answered."""
        return unsure * max(self.prompt, self.completion) / 1e6


class BudgetSettings(Settings):
    """What may be spent on one model and prompt, over all runs that share the cache's file."""

    calls: int | None = Field(default=None, ge=0, description="requests, repeated ones too")
    tokens: int | None = Field(default=None, ge=0, description="sent and answered together")
    money: float | None = Field(default=None, ge=0, description="by `price`, in its currency")


class AskedSettings(Settings):
    """What is asked for, and which answers are good enough."""

    form: ClassVar[Form] = SENTENCES

    count: int = Field(default=5, ge=1, description="paraphrases of each sentence [paper]")
    at_least: int = Field(
        default=3, ge=1,
        description="so many valid ones are enough, so that a sentence is not asked for again "
        "because of the last one or two; at most count [ours]",
    )  # fmt: skip
    per_call: int = Field(
        default=10, ge=1, description="sentences in one request, keyed by id [ours]"
    )
    tries: int = Field(
        default=3, ge=1,
        description="how often a sentence is asked for until it is given up: at first with "
        "others, then with fewer, at last alone [ours]",
    )  # fmt: skip
    language: str | None = Field(
        default=None,
        description="of the inputs, by its English name or code (ISO 639-1); told to the model",
    )
    check_language: Literal["words", "script", "off"] = Field(
        default="words",
        description="words: the same script as the sentence, and no other language's function "
        "words and letters (de, en, es, fr, lt); script: the script alone",
    )
    prompt_version: Literal["1"] = Field(default="1", description="of the built-in instruction")
    instruction: str | None = Field(
        default=None,
        description="another instruction; {count} and {language} are filled in, and the answer "
        "has to be the same JSON",
    )
    similarity: SimilaritySettings = Field(
        default=SimilaritySettings(method="overlap"),
        description="of sentence and paraphrase: overlap of words [ours]; dense where its encoder "
        "knows the language",
    )
    similarity_range: tuple[float, float] = Field(
        default=(0.1, 0.95),
        description="from, to: below it probably says something else, above it is a copy [ours; "
        "measured in docs/paraphrasers.md]",
    )
    cache: str | None = Field(
        default=None,
        description="the file that keeps what was paid for; paraphrases.sqlite in the folder that "
        "holds runs if empty",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        low, high = self.similarity_range
        if low >= high:
            raise ConfigError(
                f"similarity_range is {low:g} to {high:g}", expected="a smaller number first"
            )
        if self.language is not None:
            language_name(self.language)  # raises where there is none
        if self.instruction is not None and "JSON" not in self.instruction:
            raise ConfigError("an instruction without the word JSON", expected="how to answer")
        return self

    @property
    def enough(self) -> int:
        """How many valid paraphrases end the asking."""
        return min(self.at_least, self.count)


class LlmSettings(ServerSettings, AskedSettings):
    """A language model behind any OpenAI-compatible endpoint: OpenAI, Gemini's compatible one,
    vLLM, Ollama."""

    method: Literal["llm"] = Field(default="llm", description="a served language model is asked")
    temperature: float | None = Field(
        default=0.7, ge=0, description="of sampling [ours]; null says nothing to the server"
    )
    max_tokens: int | None = Field(
        default=None, ge=1,
        description="the longest answer; if empty three times what is expected. A model that "
        "thinks first needs more. In `extra` it may have another name: {max_tokens: null, "
        "max_completion_tokens: 4000}",
    )  # fmt: skip
    price: PriceSettings = Field(
        default_factory=PriceSettings, description="for the estimate and the budget"
    )
    budget: BudgetSettings = Field(
        default_factory=BudgetSettings,
        description="the call that could pass it, at the longest answer that its fields allow, is "
        "not made",
    )

    @model_validator(mode="after")
    def _can_count(self) -> Self:
        if self.budget.money is not None and not (self.price.prompt or self.price.completion):
            raise ConfigError(
                "budget.money without prices",
                expected="price: {prompt: ..., completion: ...} per million tokens",
            )
        limits = {"tokens": self.budget.tokens, "money": self.budget.money}
        named = [name for name, limit in limits.items() if limit is not None]
        if named and cap_of(self.fields(1)) is None:
            raise ConfigError(
                f"budget.{named[0]} without a longest answer: extra leaves the request none",
                expected="extra: {max_completion_tokens: N}, or max_tokens, and n as whole numbers",
            )
        return self

    def fields(self, longest: int) -> dict[str, Any]:
        """What a request says beside its messages.

        Args:
            longest: tokens of an answer, where the config names no other number.
        """
        ours = {"temperature": self.temperature, "max_tokens": self.max_tokens or longest}
        return merged(ours, self.extra)

    @property
    def room(self) -> int | None:
        """Tokens back from one call at most where the config says it; None where it follows from
        what is expected, or nothing bounds them."""
        own = self.max_tokens or any(self.extra.get(name) is not None for name in CAPS)
        return cap_of(self.fields(1)) if own else None

    @property
    def unbounded(self) -> bool:
        """Whether the server alone decides how long an answer becomes."""
        return cap_of(self.fields(1)) is None

    @property
    def times(self) -> int:
        """How many answers are asked for with one request, and paid for."""
        return times_of(self.fields(1))


class LocalSettings(AskedSettings):
    """A Hugging Face model on this machine, with the same prompts and checks; greedy."""

    method: Literal["local"] = Field(default="local", description="a model in memory is asked")
    model: str = Field(description="Hub name or folder")
    dtype: Literal["float32", "bfloat16"] = Field(
        default="bfloat16", description="of its weights: 7 billion are 14 GB in bfloat16"
    )
    quantise: Literal["none", "4bit"] = Field(default="none", description="as model.quantise")
    attn: Literal["auto", "sdpa", "eager", "flash_attention_2"] = Field(
        default="auto", description="as model.attn"
    )
    batch_tokens: int = Field(default=8192, ge=1, description="tokens in memory at once")


FREE = {
    "llm": PATIENCE | {"price", "budget", "cache", "per_call", "max_tokens"},
    "local": frozenset({"cache", "batch_tokens", "per_call", "attn"}),
}
"""By method, settings that decide how near-duplicates are got, and not which ones a run has."""
