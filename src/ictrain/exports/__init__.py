"""Contexts as files that other trainers load: one per epoch, in each trainer's own format."""

from collections.abc import Mapping

from ictrain.errors import ConfigError, nearest
from ictrain.exports.axolotl import Axolotl
from ictrain.exports.base import About, Format, Row, Style, check_style
from ictrain.exports.llama_factory import LlamaFactory
from ictrain.exports.openai import OpenAI
from ictrain.exports.tokens import Tokens
from ictrain.exports.trl import Trl, TrlChat
from ictrain.exports.write import Written, check_request, write_export

FORMATS: Mapping[str, Format] = {
    one.name: one for one in (Trl(), TrlChat(), Axolotl(), LlamaFactory(), OpenAI(), Tokens())
}

__all__ = [
    "FORMATS",
    "About",
    "Format",
    "Row",
    "Style",
    "Written",
    "check_request",
    "check_style",
    "get_format",
    "write_export",
]


def get_format(name: str) -> Format:
    """The format of that name.

    Raises:
        ConfigError: naming the nearest known one.
    """
    if name not in FORMATS:
        raise ConfigError(f"unknown format {name!r}", where="--format", mend=nearest(name, FORMATS))
    return FORMATS[name]
