"""`ictrain init`: looks at pairs, says what it sees, writes the config."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from ictrain.errors import ConfigError
from ictrain.files import write_atomic
from ictrain.models import ModelSettings
from ictrain.survey.cautions import cautions
from ictrain.survey.config import SCRATCH, config_text
from ictrain.survey.look import Request, look
from ictrain.survey.proposal import propose
from ictrain.survey.show import show

Say = Callable[[str], None]
_SCRATCH_TOKENIZER = "made:bpe-600"
_INSTRUCT = re.compile(r"instruct|chat|[-_]it\b", re.IGNORECASE)
_SHORT, _LONG = "{input} => {output}\n", "Input: {input}\nOutput: {output}\n\n"


def is_instruct(name: str) -> bool:
    """Whether a model calls itself one that was trained on chats."""
    return bool(_INSTRUCT.search(Path(name).name))


def model_of(name: str) -> tuple[ModelSettings, str]:
    """The model's settings and the template of an example that suits it."""
    if name == "scratch":
        return ModelSettings.parse({"scratch": SCRATCH, "tokenizer": _SCRATCH_TOKENIZER}), _SHORT
    return ModelSettings.parse({"name": name}), _LONG


def named_tests(given: Sequence[str]) -> dict[str, str]:
    """'FILE' is called test, 'NAME=FILE' by its name.

    Raises:
        ConfigError: two of one name.
    """
    found: dict[str, str] = {}
    for one in given:
        name, equals, source = one.partition("=")
        is_name = bool(equals) and name.isidentifier()
        key = name if is_name else "test"
        if key in found:
            raise ConfigError(
                f"two test sets are called {key!r}", where="--test", expected="--test NAME=FILE"
            )
        found[key] = source if is_name else one
    return found


def init(request: Request, out: Path, force: bool, say: Say) -> Path:
    """Surveys the pairs and writes the config.

    Args:
        request: files, columns, model.
        out: the config's place.
        force: whether a file there may be replaced.
        say: gets lines for the user.

    Raises:
        ConfigError: a file stands at `out`.
        DataError: pairs that cannot be read.
    """
    if out.exists() and not force:
        raise ConfigError(
            "it exists already", where=str(out), mend="--force replaces it, --out names another"
        )
    survey = look(request)
    proposal = propose(survey)
    text = config_text(survey, proposal, out)
    show(survey, proposal, cautions(survey, proposal), say)
    write_atomic(out, text)
    return out
