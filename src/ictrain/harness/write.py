"""The folder that lm-evaluation-harness takes with --include_path."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ictrain.config import RunSettings
from ictrain.contexts import MODE_WORDS
from ictrain.evaluation import Question
from ictrain.files import check_free, new_folder
from ictrain.harness.asked import Asked, ask
from ictrain.harness.layout import COLUMNS, Layout, task_name
from ictrain.harness.scoring import (
    FILE,
    check_scores,
    copy_along,
    description,
    is_plain,
    name_of,
    reads_meta,
)
from ictrain.statistics import band


def write_harness(
    settings: RunSettings,
    out: Path,
    *,
    seed: int | None = None,
    name: str = "",
    force: bool = False,
    copies: Sequence[Path] = (),
    say: Callable[[str], None] = print,
) -> None:
    """Writes the questions of a config as tasks; the folder appears whole or not at all.

    Args:
        settings: of the config; no strategy of it is looked at, for any model can be asked.
        out: the folder.
        seed: whose contexts; the config's first one if None.
        name: of the group of all tasks; ictrain-NAME of the config if empty.
        force: replace a folder that an earlier call wrote.
        copies: files that a metric of your own reads beside itself; they go along.
        say: gets lines for the user.

    Raises:
        RunError: out is there, or cannot be written.
        DataError: no such file to copy; a metric that does not run in the folder.
        IctrainError: as asked.ask.
    """
    out, name = Path(out), task_name(name, settings.name)
    check_free(out, force, FILE)
    asked = ask(settings, settings.seeds[0] if seed is None else seed)
    meta, method = reads_meta(asked.data.metrics), settings.similarity.bands.method
    records = [record(q, method, meta) for q in asked.questions]
    own = [name_of(m) for m in asked.data.metrics]
    plain = next((m.name for m in asked.data.metrics if is_plain(m)), "string_match")
    layout = _layout(name, settings, records, list(dict.fromkeys([*own, plain])))
    with new_folder(out) as folder:
        (folder / "tasks").mkdir()
        for file, text in layout.files(_base(asked, layout.metrics)).items():
            (folder / file).write_text(text, "utf-8")
        lines = [json.dumps(r, ensure_ascii=False) for r in records]
        (folder / "questions.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        told = description(asked.data, settings.task, asked.seed, folder)
        (folder / FILE).write_text(json.dumps(told | {"plain": plain}) + "\n", "utf-8")
        utils = resources.files("ictrain.harness") / "files/utils.py"
        (folder / "utils.py").write_text(utils.read_text("utf-8"), "utf-8")
        (folder / "README.md").write_text(_readme(asked, layout, plain), "utf-8")
        copy_along(copies, folder)
        check_scores(folder, records)
    _tell(asked, layout, out, say)


def _tell(asked: Asked, layout: Layout, out: Path, say: Callable[[str], None]) -> None:
    count = len(asked.questions)
    lost = f", {len(asked.too_long)} left out as too long" if asked.too_long else ""
    say(f"{count} questions, {len(layout.cells)} cells of test set, mode and band{lost}")
    if asked.same_ids < count:
        say(
            f"WARNING: tokenised as one text, {count - asked.same_ids} of {count} prompts have "
            "other token ids than ictrain trains with; see the README there"
        )
    more = "" if asked.bos_argument is None else f",add_bos_token={asked.bos_argument}"
    say(f"lm_eval --model hf --model_args pretrained=MODEL{more} "
        f"--tasks {layout.name} --include_path {out}")  # fmt: skip


def record(question: Question, method: str, meta: bool) -> dict[str, Any]:
    """One question as a line of questions.jsonl; s and band are those of its row in a run."""
    assert question.rendered is not None
    s = question.seen.similarity(method)
    further = {"meta": json.dumps(dict(question.target.meta), ensure_ascii=False, default=str)}
    return {
        "test_set": question.test_set,
        "mode": question.mode,
        "band": band(s),
        "s": s,
        "target_id": question.target.id,
        "prompt": question.rendered.text,
        "reference": question.target.output,
        "input": question.target.input,
        **(further if meta else {}),
    }


def _layout(
    name: str, settings: RunSettings, records: list[dict[str, Any]], metrics: list[str]
) -> Layout:
    found = Counter((r["test_set"], r["mode"], r["band"]) for r in records)
    asked = settings.evaluation.modes
    pooled = tuple(mode for mode in settings.analysis.band_modes if mode in asked)
    return Layout(name, found, metrics, pooled)


def _base(asked: Asked, metrics: Any) -> Mapping[str, Any]:
    return {
        "output_type": "generate_until",
        "test_split": "test",
        "doc_to_text": "prompt",
        "doc_to_target": "reference",
        "description": "",
        "target_delimiter": "",
        "fewshot_delimiter": "",
        "num_fewshot": 0,
        "generation_kwargs": {
            "until": asked.stop,
            "max_gen_toks": asked.data.max_new_tokens,
            "do_sample": False,
        },
        "metric_list": [
            {"metric": name, "aggregation": "mean", "higher_is_better": True} for name in metrics
        ],
        "metadata": {"version": 1},
    }


def _readme(asked: Asked, layout: Layout, plain: str) -> str:
    env = Environment(
        loader=PackageLoader("ictrain.harness"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    lengths = [len(q.rendered.ids) for q in asked.questions if q.rendered]
    return env.get_template("README.md.j2").render(
        asked=asked,
        settings=asked.settings,
        layout=layout,
        columns=COLUMNS,
        words=MODE_WORDS,
        longest=max(lengths),
        lost=Counter((q.test_set, q.mode) for q in asked.too_long),
        plain=plain,
        version=version("ictrain"),
        metrics=[name_of(m) for m in asked.data.metrics],
    )
