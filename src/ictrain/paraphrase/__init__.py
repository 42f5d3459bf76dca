"""Near-duplicates of a target with their own valid output, by rules that need no model."""

from ictrain.paraphrase.settings import ParaphraseSettings, make_paraphraser

__all__ = ["ParaphraseSettings", "make_paraphraser"]
