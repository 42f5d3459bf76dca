"""Writes what was proposed as a commented config of under 40 lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ictrain.config import RunSettings
from ictrain.survey.look import Survey
from ictrain.survey.proposal import Proposal

SCRATCH = {
    "hidden_size": 96,
    "intermediate_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "tie_word_embeddings": True,
}
"""The small model of configs/geoquery.yaml: half a million parameters."""

SEEDS = (0, 1, 2)
"""The fewest trainings whose spread shows how far they lie apart [ours]."""

_MOST_LINES = 40
_ENOUGH_SWAPPED = 50
"""Test items with a near-duplicate, so that a goal can be decided on them [ours]."""
_COMMENT_COLUMN = 46


def config_text(survey: Survey, proposal: Proposal, out: Path) -> str:
    """The YAML; it is read back before it is given away.

    Args:
        survey: what was found.
        proposal: what follows from it.
        out: where it will be put; its stem becomes the run's name.
    """
    source = " ".join(survey.request.train.split())
    lines = [
        f"# Written by `ictrain init {source}`; every key: docs/configuration.md.",
        f"# First look: ictrain run {out} --dry-run. Everything, to one page: ictrain run {out}",
        _line(0, "name", run_name(out)),
        _line(
            0, "seeds", list(SEEDS), "one training says nothing of others; first look: seeds=[0]"
        ),
        "task:",
        *_task(survey, proposal),
        *_model(survey, proposal),
        *_contexts(survey, proposal),
        *_training(survey, proposal),
        *_comparison(survey, proposal),
    ]
    text = "\n".join(lines) + "\n"
    RunSettings.parse(yaml.safe_load(text), where=str(out))
    assert len(lines) < _MOST_LINES
    return text


def run_name(out: Path) -> str:
    """A folder's name from a file's; what may not stand in one becomes '-'."""
    name = re.sub(r"[^\w@.+-]+", "-", out.name.partition(".")[0]).strip("-.")
    return name if name and name not in ("report", "cache") else "pairs"


def _line(depth: int, key: str, value: Any, comment: str = "") -> str:
    """One key with its value in YAML's short form."""
    body = _flow({key: value}, quoted=False)
    if "\n" in body or yaml.safe_load(f"{{{body}}}") != {key: value}:
        body = _flow({key: value}, quoted=True).replace(
            f'"{key}"', key, 1
        )  # line ends and other signs that YAML folds
    text = "  " * depth + body
    return f"{text:<{_COMMENT_COLUMN}}  # {comment}" if comment else text


def _flow(values: dict[str, Any], *, quoted: bool) -> str:
    """On one line, without the braces around the whole."""
    style: dict[str, Any] = {"default_style": '"'} if quoted else {"allow_unicode": True}
    text: str = yaml.safe_dump(
        values, default_flow_style=True, sort_keys=False, width=10**6, **style
    )
    return text.strip()[1:-1]


def _task(survey: Survey, proposal: Proposal) -> list[str]:
    task, parts = survey.task, survey.leakage.parts
    lines = [_line(1, "name", "pairs"), _line(1, "train", task.train, _size(survey, "train"))]
    if task.dev is not None:
        lines.append(_line(1, "dev", task.dev, f"{parts['dev'].items:,} rows"))
    if task.tests:
        sizes = ", ".join(f"{parts[name].items:,}" for name in task.tests)
        lines.append(_line(1, "tests", dict(task.tests), f"{sizes} rows"))
    if task.pool is not None:
        lines.append(_line(1, "pool", task.pool, f"contexts come from its {parts['pool'].items:,}"))
    if task.split is not None:
        shares = {"dev": task.split.dev, "test": task.split.test}
        unused = {"dev": task.dev is not None, "test": bool(task.tests)}
        shares = {name: share for name, share in shares.items() if not unused[name]}
        made = ", ".join(f"{name} {parts[name].items:,}" for name in shares)
        lines.append(_line(1, "split", shares, f"of train, by input: {made} rows"))
    unnamed = "- is no column: rows are numbered, since id repeats or has gaps"
    lines.append(_line(1, "columns", _columns(survey), unnamed if task.columns.id == "-" else ""))
    if survey.parts.skipped:
        bad = sum(count for count, _ in survey.parts.skipped.values())
        lines.append(_line(1, "on_bad_row", "skip", f"{bad:,} left out; stop would refuse them"))
    reasons = proposal.reasons
    lines.append(_line(1, "metrics", list(proposal.metrics), reasons["metrics"]))
    lines.append(_line(1, "max_new_tokens", proposal.max_new_tokens, reasons["max_new_tokens"]))
    if proposal.max_test_items is not None:
        lines.append(_line(1, "max_test_items", proposal.max_test_items, "for a first look"))
    if proposal.max_characters is not None:
        comment = "longer rows do not fit the prompt: left out"
        lines.append(_line(1, "max_characters", proposal.max_characters, comment))
    if proposal.swaps:
        swaps = f"makes near-duplicates of {survey.swappable:.0%}"
        lines.append(_line(1, "paraphrase", {"method": "literal_swap"}, swaps))
    return lines


def _size(survey: Survey, part: str) -> str:
    found = survey.leakage.parts[part]
    return f"{found.items:,} rows, {found.distinct:,} different inputs"


def _columns(survey: Survey) -> dict[str, str]:
    columns = survey.task.columns
    found = {"input": columns.input, "output": columns.output}
    if columns.id != "id":
        found = {"id": columns.id, **found}
    return found if columns.numbers == "refuse" else {**found, "numbers": columns.numbers}


def _model(survey: Survey, proposal: Proposal) -> list[str]:
    model, most = survey.request.model, proposal.max_tokens
    if model.scratch is not None:
        lines = [
            "model:",
            _line(1, "tokenizer", model.tokenizer, "made of the training texts alone"),
            *_broken(_line(1, "scratch", {**SCRATCH, "max_position_embeddings": most})),
            _line(0, "adapter", {"peft": "none"}, "from scratch: every weight is trained"),
        ]
    else:
        lines = [
            "model:",
            _line(1, "name", model.name, "any causal language model: hub name or folder"),
            _line(0, "adapter", {"r": 16, "alpha": 8}, "LoRA; peft: none trains every weight"),
        ]
    chat = [_line(1, "chat", "turn", "in the instruct model's own template")]
    return [
        *lines,
        "prompt:",
        *(chat if survey.request.chat else []),
        _line(1, "example", survey.request.template),
        _line(1, "max_tokens", proposal.max_tokens, proposal.reasons["max_tokens"]),
    ]


def _broken(line: str) -> list[str]:
    """A long one in two."""
    first, comma, second = line.partition(", num_attention_heads")
    return [f"{first},", f"    num_attention_heads{second}"] if comma else [line]


def _contexts(survey: Survey, proposal: Proposal) -> list[str]:
    roles = survey.similarity.roles
    methods = {
        "retrieval": _method(roles.retrieval.model_dump()),
        "bands": _method(roles.bands.model_dump()),
    }
    return [
        _line(0, "similarity", methods, survey.similarity.reason),
        _line(
            0, "context", {"k": proposal.k, "tau": _plain(proposal.tau)}, proposal.reasons["tau"]
        ),
    ]


def _plain(number: float) -> float:
    """2, and not 2.0."""
    return int(number) if number == int(number) else number


def _method(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value != {}}


def _training(survey: Survey, proposal: Proposal) -> list[str]:
    scratch = survey.request.model.scratch is not None
    rate = "from scratch" if scratch else "for LoRA; 10 times less where every weight is trained"
    return [
        "training:",
        _line(1, "steps", proposal.steps, proposal.reasons["steps"]),
        _line(1, "batch_size", proposal.batch_size),
        _line(1, "learning_rate", 0.002 if scratch else 0.0002, rate),
    ]


def _comparison(survey: Survey, proposal: Proposal) -> list[str]:
    contrastive = {} if proposal.swaps else {"context": {"epsilon": 0}}
    modes = ["none", "random", "similar", "one_similar"]
    near = ["one_similar"]
    if proposal.swaps:
        modes = [*modes, "one_paraphrase"]
        enough = survey.swappable * survey.smallest_test[1] >= _ENOUGH_SWAPPED
        near = ["one_paraphrase", *near] if enough else [*near, "one_paraphrase"]
    first, second, *_ = [*survey.parts.tests, *survey.parts.tests]
    analysis = {"id_test": first, "ood_test": second, "near_modes": near}
    return [
        "strategies:",
        _line(1, "base", {"kind": "base"}, "the model as it came"),
        _line(1, "zero", {}, "the usual fine-tuning, without context"),
        _line(1, "random", {}),
        _line(
            1,
            "contrastive",
            contrastive,
            f"the mixture{'' if proposal.swaps else ': nothing makes near-duplicates here'}",
        ),
        _line(0, "evaluation", {"modes": modes, "k": proposal.k_test}),
        _line(0, "analysis", analysis, "what the page's two goals are about"),
    ]
