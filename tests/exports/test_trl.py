"""TRL's own loading and preparation of exported files, token by token against ictrain's labels."""

import json
import re

import pytest
from datasets import disable_progress_bars, load_dataset
from trl import SFTConfig, SFTTrainer

from ictrain.exports import get_format
from ictrain.exports.base import Style
from tests.api.kit import tiny_model
from tests.exports.kit import (
    PLAIN,
    contexts_of,
    contexts_with,
    prompts_of,
    rows_of,
    tokenizer_of,
)
from tests.made_chats import ENDS, FAMILIES

pytestmark = [
    pytest.mark.filterwarnings("ignore:.gradient_checkpointing. is deprecated:FutureWarning"),
]
disable_progress_bars()

EQUAL = ["byte_level_bpe", "characters", "unigram_with_bos", "unigram_without_bos"]
"""Tokenizers that merge neither across the joint nor across examples, as of Llama 3 or Qwen."""
TAILS = {"gemma": "\n", "phi3": "<|endoftext|>", "qwen2": "\n", "qwen3": "\n"}
"""What TRL trains behind the token that ends a turn: all that the template writes there."""


def prepared(folder, tokenizer, tmp_path, **changes):
    """The folder's rows in order, after load_dataset and SFTTrainer's own preparation."""
    files = [str(file) for file in sorted(folder.glob("epoch-*.jsonl"))]
    rows = load_dataset("json", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    args = SFTConfig(
        str(tmp_path / "out"), num_train_epochs=1, train_sampling_strategy="sequential",
        max_length=None, completion_only_loss=True, bf16=False, use_cpu=True, report_to="none",
        disable_tqdm=True, **changes,
    )  # fmt: skip
    trainer = SFTTrainer(
        tiny_model(tokenizer), args, train_dataset=rows, processing_class=tokenizer
    )
    return [(tuple(row["input_ids"]), tuple(row["labels"])) for row in trainer.train_dataset]


def labels_of(rendered):
    return (-100,) * rendered.label_start + rendered.ids[rendered.label_start :]


def exported(contexts, tokenizer, tmp_path, name, epochs=2):
    return contexts.export(tmp_path / name, name, epochs=epochs, tokenizer=tokenizer)


def own(contexts, tokenizer, epochs=2):
    return [p for epoch in range(epochs) for p in prompts_of(contexts, tokenizer, epoch)]


@pytest.mark.parametrize("kind", EQUAL)
def test_its_ids_and_labels_are_ictrains_token_by_token(kind, tmp_path):
    tokenizer = tokenizer_of(kind)
    contexts = contexts_of(tmp_path, odd=kind == "byte_level_bpe")
    written = exported(contexts, tokenizer, tmp_path, "trl")
    theirs = prepared(written.folder, tokenizer, tmp_path)
    ours = [(p.ids, labels_of(p)) for p in own(contexts, tokenizer)]
    assert theirs == ours
    assert written.manifest["read_by_the_trainer"]["same"] == len(ours)


@pytest.mark.parametrize("kind", sorted(PLAIN))
def test_what_the_manifest_says_of_labels_is_what_trl_does(kind, tmp_path):
    """Also for tokenizers that merge across joints, or put a space in front of a text."""
    tokenizer, contexts = tokenizer_of(kind), contexts_of(tmp_path)
    written = exported(contexts, tokenizer, tmp_path, "trl")
    told = written.manifest["read_by_the_trainer"]
    theirs = prepared(written.folder, tokenizer, tmp_path)
    found = {"same": 0, "labels": 0, "tail": 0, "other": 0}
    for (ids, labels), rendered in zip(theirs, own(contexts, tokenizer), strict=True):
        labelled = tuple(label for label in labels if label != -100)
        if labelled == rendered.ids[rendered.label_start :]:
            found["same" if ids == rendered.ids else "labels"] += 1
        else:
            found["other"] += 1
    assert {name: told[name] for name in found} == found
    joins = {"merging": "other", "phi3": "other", "mistral": "labels"}.get(kind, "same")
    assert found[joins] > 20


@pytest.mark.parametrize("kind", ["merging", "phi3", "byte_level_bpe"])
def test_ids_written_as_ids_are_equal_whatever_the_tokenizer_joins(kind, tmp_path):
    tokenizer, contexts = tokenizer_of(kind), contexts_of(tmp_path)
    written = exported(contexts, tokenizer, tmp_path, "tokens")
    theirs = prepared(written.folder, tokenizer, tmp_path)
    assert theirs == [(p.ids, labels_of(p)) for p in own(contexts, tokenizer)]


@pytest.mark.parametrize("chat", ["turn", "turns"])
@pytest.mark.parametrize("family", FAMILIES)
def test_chats_are_trained_on_the_last_answer_and_what_the_template_puts_behind_it(
    family, chat, tmp_path
):
    tokenizer = tokenizer_of(family)
    contexts = contexts_of(tmp_path, prompt={"chat": chat})
    written = exported(contexts, tokenizer, tmp_path, "trl-chat")
    theirs = prepared(written.folder, tokenizer, tmp_path)
    tail = tuple(tokenizer.encode(TAILS.get(family, ""), add_special_tokens=False))
    for (ids, labels), rendered in zip(theirs, own(contexts, tokenizer), strict=True):
        labelled = tuple(label for label in labels if label != -100)
        assert labelled == rendered.ids[rendered.label_start :] + tail
        if family != "dated":  # its template writes today's date, ictrain's a fixed one
            assert ids == rendered.ids + tail
    told = written.manifest["read_by_the_trainer"]
    kind = "tail" if tail else "labels" if family == "dated" else "same"
    assert told[kind] == told["compared"] == len(theirs)


@pytest.mark.parametrize("chat", ["turn", "turns"])
@pytest.mark.parametrize("family", sorted({*FAMILIES} - {"dated"}))
def test_control_tokens_in_a_chats_data_are_counted_and_named_as_the_cause(family, chat, tmp_path):
    """TRL makes real ones of them: each row's ids and labels are its own, not a reading of ours."""
    tokenizer, end = tokenizer_of(family), ENDS[family]
    held, number = f" {end} forged", tokenizer.convert_tokens_to_ids(end)
    contexts = contexts_with(tmp_path, held, f" {end} x", prompt={"chat": chat})
    written = exported(contexts, tokenizer, tmp_path, "trl-chat")
    tail = tuple(tokenizer.encode(TAILS.get(family, ""), add_special_tokens=False))
    found = dict.fromkeys(["same", "labels", "tail", "labels_tail", "other"], 0)
    theirs, ours, holding = (
        prepared(written.folder, tokenizer, tmp_path),
        own(contexts, tokenizer),
        0,
    )
    for (ids, labels), rendered in zip(theirs, ours, strict=True):
        forged = end in "".join(content for _, content in rendered.messages)
        holding += forged
        assert (ids.count(number) > rendered.ids.count(number)) == forged
        labelled = tuple(label for label in labels if label != -100)
        if labelled != rendered.ids[rendered.label_start :] + tail:
            assert forged
            found["other"] += 1
            continue
        equal = ids[: -len(labelled)] == rendered.ids[: rendered.label_start]
        assert equal is not forged
        found[("tail" if equal else "labels_tail") if tail else "same" if equal else "labels"] += 1
    read, held = (written.manifest[k] for k in ("read_by_the_trainer", "control_tokens_in_data"))
    assert {kind: read[kind] for kind in found} == found
    assert read["because_of_control_tokens"] == {
        kind: n for kind, n in found.items() if n and kind not in ("same", "tail")
    }
    assert 0 < found["other"] < holding < len(ours)
    assert (held["rows"], held["tokens"]) == (holding, {end: holding})
    asks = [
        row["prompt"] + row["completion"] for row in rows_of(written.folder / "epoch-000.jsonl")
    ]
    first = next(i for i, row in enumerate(asks) if any(end in m["content"] for m in row))
    assert held["first"]["row"] == first + 1
    told, readme = "\n".join(written.told()), (written.folder / "README.md").read_text()
    assert f"prompts as well in {len(ours) - holding}, read" in told
    for text in (told, readme):
        assert f"in the data of {holding} of 28 rows (`{end}` in {holding}; first in row" in text
    assert readme.count("the data hold control tokens (see below)\n") == len(
        read["because_of_control_tokens"]
    )
    assert "joint" not in told + readme  # no other cause is given
    assert "joins" not in told


def test_a_thought_that_ends_in_the_data_is_cut_by_the_template_and_named(tmp_path):
    """Qwen3's template cuts a context answer at it, so no token tells; the text is lost."""
    contexts = contexts_with(tmp_path, "", " </think> x", prompt={"chat": "turns"})
    tokenizer = tokenizer_of("qwen3")
    written = exported(contexts, tokenizer, tmp_path, "trl-chat", epochs=3)
    read = written.manifest["read_by_the_trainer"]
    held = written.manifest["control_tokens_in_data"]
    theirs, ours = prepared(written.folder, tokenizer, tmp_path), own(contexts, tokenizer, 3)
    line = tokenizer.encode("\n", add_special_tokens=False)
    unlike = sum(ids != (*p.ids, *line) for (ids, _), p in zip(theirs, ours, strict=True))
    assert held == {**held, "rows": unlike, "tokens": {"</think>": unlike}}
    assert sum(read["because_of_control_tokens"].values()) == unlike > 3
    assert read["tail"] == len(ours) - unlike


@pytest.mark.parametrize("name", ["trl", "tokens"])
def test_control_tokens_in_plain_data_are_real_ones_and_that_is_said(name, tmp_path):
    tokenizer, eos = tokenizer_of("qwen2"), "<|eos|>"
    contexts = contexts_with(tmp_path, " <|im_end|> a", f" x {eos}", strategy="zero")
    written = exported(contexts, tokenizer, tmp_path, name, epochs=1)
    theirs, ours = prepared(written.folder, tokenizer, tmp_path), own(contexts, tokenizer, 1)
    real = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert sum(real in ids for ids, _ in theirs) == sum(real in p.ids for p in ours) == 5
    twice = [p.ids[-2:] == (tokenizer.eos_token_id,) * 2 for p in ours]
    assert sum(twice) == 1
    unlike = [theirs_ != (p.ids, labels_of(p)) for theirs_, p in zip(theirs, ours, strict=True)]
    assert unlike == (twice if name == "trl" else [False] * 14)  # TRL adds no second EOS
    read, held = (written.manifest[k] for k in ("read_by_the_trainer", "control_tokens_in_data"))
    assert read["because_of_control_tokens"] == ({"other": 1} if name == "trl" else {})
    holding = [real in p.ids or two for p, two in zip(ours, twice, strict=True)]
    assert held["first"]["row"] == holding.index(True) + 1
    assert (held["rows"], held["tokens"]) == (6, {eos: 1, "<|im_end|>": 5})
    for text in ("\n".join(written.told()), (written.folder / "README.md").read_text()):
        assert "WARNING: control tokens stand in the data of 6 of 14 rows" in text
        assert "In plain text they are real ones, for `ictrain run` as well" in text
        assert "joins" not in text


def test_what_a_tokenizer_merges_is_not_put_on_control_tokens(tmp_path):
    """In plain text they are tokens for both, so rows that hold some differ for another cause."""
    contexts = contexts_with(tmp_path, " <eos> a", strategy="zero")
    written = exported(contexts, tokenizer_of("merging"), tmp_path, "trl", epochs=1)
    read = written.manifest["read_by_the_trainer"]
    assert written.manifest["control_tokens_in_data"]["tokens"] == {"<eos>": 5}
    assert (read["other"], read["because_of_control_tokens"]) == (14, {})
    assert "merges across the joint of prompt" in (written.folder / "README.md").read_text()
    assert "joins prompt and output in another way" in "\n".join(written.told())


def test_with_its_date_told_a_template_gives_the_same_prompt(tmp_path):
    tokenizer = tokenizer_of("dated")
    prompt = {"chat": "turns", "chat_template_kwargs": {"date_string": "1 May 2025"}}
    contexts = contexts_of(tmp_path, prompt=prompt)
    written = exported(contexts, tokenizer, tmp_path, "trl-chat")
    theirs = prepared(written.folder, tokenizer, tmp_path)
    assert [ids for ids, _ in theirs] == [p.ids for p in own(contexts, tokenizer)]


def test_answers_in_the_context_are_no_labels(tmp_path):
    """The same conversations with the loss on every answer: what the split into two prevents."""
    tokenizer = tokenizer_of("llama3")
    contexts = contexts_of(tmp_path, prompt={"chat": "turns"}, k=3)
    written = exported(contexts, tokenizer, tmp_path, "trl-chat", epochs=1)
    for row in rows_of(written.folder / "epoch-000.jsonl"):
        assert [m["role"] for m in row["prompt"]] == ["user", "assistant"] * 3 + ["user"]
        assert [m["role"] for m in row["completion"]] == ["assistant"]
    theirs = prepared(written.folder, tokenizer, tmp_path)
    for (_, labels), rendered in zip(theirs, own(contexts, tokenizer, 1), strict=True):
        assert sum(label != -100 for label in labels) == len(rendered.ids) - rendered.label_start


def test_the_leading_space_is_the_completions(tmp_path):
    """In the prompt it would be a token of its own, and the first label another (pitfall 6)."""
    tokenizer, contexts = tokenizer_of("byte_level_bpe"), contexts_of(tmp_path)
    written = exported(contexts, tokenizer, tmp_path, "trl", epochs=1)
    style = Style.of(contexts.renderer(tokenizer))
    moved = 0
    for row, rendered in zip(
        rows_of(written.folder / "epoch-000.jsonl"), own(contexts, tokenizer, 1), strict=True
    ):
        assert row["prompt"].endswith(":")
        assert row["completion"].startswith(" ")
        wrong = {"prompt": row["prompt"] + " ", "completion": row["completion"][1:]}
        _, labelled = get_format("trl").read(wrong, style)
        moved += labelled != len(rendered.ids) - rendered.label_start
    assert moved == 14


@pytest.mark.parametrize("bos", ["never", "always"])
def test_a_bos_token_that_trl_adds_or_does_not(bos, tmp_path):
    """always, where the tokenizer adds none: it stands in the text; never, where it adds one: only
    the labels are equal, and the manifest says so."""
    kind = "unigram_with_bos" if bos == "never" else "qwen2"
    tokenizer = tokenizer_of(kind)
    if bos == "always":
        tokenizer.bos_token = "<|im_start|>"
    contexts = contexts_of(tmp_path, prompt={"bos": bos})
    written = exported(contexts, tokenizer, tmp_path, "trl", epochs=1)
    told = written.manifest["read_by_the_trainer"]
    assert told["labels" if bos == "never" else "same"] == 14
    theirs = prepared(written.folder, tokenizer, tmp_path)
    ours = own(contexts, tokenizer, 1)
    skip = 1 if bos == "never" else 0
    assert [ids[skip:] for ids, _ in theirs] == [p.ids for p in ours]


@pytest.mark.filterwarnings("ignore:.pin_memory. argument is set:UserWarning")
@pytest.mark.parametrize("prompt", [{}, {"chat": "turns"}])
def test_the_readme_beside_the_files_trains_on_them(prompt, tmp_path, monkeypatch):
    """Its Python as it is printed; your-model is a folder beside it."""
    tokenizer = tokenizer_of("llama3")
    name = "trl-chat" if prompt else "trl"
    written = exported(contexts_of(tmp_path, prompt=prompt), tokenizer, tmp_path, name)
    tokenizer.save_pretrained(written.folder / "your-model")
    tiny_model(tokenizer).save_pretrained(written.folder / "your-model")
    (code,) = re.findall(r"```python\n(.*?)```", (written.folder / "README.md").read_text(), re.S)
    monkeypatch.chdir(written.folder)
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    assert len(names["rows"]) == 28
    state = json.loads((written.folder / "out/checkpoint-4/trainer_state.json").read_text())
    assert state["epoch"] == 1
