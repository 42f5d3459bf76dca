"""Exported rows against each trainer's documented schema, and what each would train on.

The schemas were read on the pages named at each check; no trainer but TRL is installed here, so the
documented way of reading a row is written down once more, the obvious way.
"""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.contexts import Context, ContextExample
from ictrain.errors import ConfigError, DataError
from ictrain.examples import Example, blank, normalise
from ictrain.exports import FORMATS, Style
from ictrain.exports.compare import Controls
from ictrain.prompts import PromptSettings, Renderer
from tests.api.kit import write_pairs
from tests.exports.kit import (
    PLAIN,
    contexts_of,
    contexts_with,
    own_epoch,
    prompts_of,
    rows_of,
    tokenizer_of,
)
from tests.support import pool_of

SYSTEM = {"chat": "turns", "system": "You shout."}


def keys(row, required, optional=()):
    assert set(required) <= set(row) <= {*required, *optional}


def messages(value, content=str):
    """A list of {"role", "content"}: system at most first, then user and assistant in turns."""
    roles = [message["role"] for message in value]
    rest = roles[1:] if roles[0] == "system" else roles
    assert rest == ["user", "assistant"] * (len(rest) // 2)
    assert all(isinstance(message["content"], content) and message["content"] for message in value)


def trl(row):
    """huggingface.co/docs/trl/dataset_formats#prompt-completion, standard."""
    keys(row, ["prompt", "completion"])
    assert all(isinstance(text, str) and text for text in row.values())


def trl_chat(row):
    """The same page, conversational; chat_template_kwargs: docs/trl/sft_trainer."""
    keys(row, ["prompt", "completion"], ["chat_template_kwargs"])
    messages(row["prompt"] + row["completion"])
    assert len(row["completion"]) == 1
    assert isinstance(row["chat_template_kwargs"], dict)


def axolotl(row):
    """docs.axolotl.ai/docs/dataset-formats/template_free: segments of label and text."""
    keys(row, ["segments"])
    for segment in row["segments"]:
        keys(segment, ["label", "text"])
        assert isinstance(segment["label"], bool)
        assert isinstance(segment["text"], str)


def axolotl_chat(row):
    """docs.axolotl.ai/docs/dataset-formats/conversation, example 5: a training flag per message."""
    keys(row, ["messages"])
    messages(row["messages"])
    assert [m["train"] for m in row["messages"]] == [False] * (len(row["messages"]) - 1) + [True]


def llama_factory(row):
    """LLaMA-Factory data/README.md, alpaca: instruction and output required."""
    keys(row, ["instruction", "output"], ["input", "system", "history"])
    assert all(isinstance(text, str) for text in row.values())
    assert row["instruction"]
    assert row["output"]
    assert row["input"] == ""  # it would be joined to the instruction by a line break


def llama_factory_chat(row):
    """The same page, sharegpt: human in odd places, gpt in even ones, system beside them."""
    keys(row, ["conversations"], ["system", "tools"])
    talk = row["conversations"]
    assert [turn["from"] for turn in talk] == ["human", "gpt"] * (len(talk) // 2)
    assert all(isinstance(turn["value"], str) and turn["value"] for turn in talk)


def openai(row):
    """developers.openai.com/api/docs/guides/fine-tuning-best-practices: weight 0 or 1, of assistant
    messages alone; the last message is the assistant's."""
    keys(row, ["messages"])
    messages(row["messages"])
    for message in row["messages"]:
        keys(message, ["role", "content"], ["weight"] if message["role"] == "assistant" else [])
    weights = [m["weight"] for m in row["messages"] if m["role"] == "assistant"]
    assert weights == [0] * (len(weights) - 1) + [1]


def tokens(row):
    """docs.axolotl.ai/docs/dataset-formats/tokenized: exactly these three columns."""
    keys(row, ["input_ids", "attention_mask", "labels"])
    assert {len(value) for value in row.values()} == {len(row["input_ids"])}
    assert set(row["attention_mask"]) == {1}


CHECKS = [
    ("trl", trl, {}),
    ("trl-chat", trl_chat, {"chat": "turn"}),
    ("trl-chat", trl_chat, SYSTEM),
    ("axolotl", axolotl, {"instruction": "Shout.\n"}),
    ("axolotl", axolotl_chat, SYSTEM),
    ("llama-factory", llama_factory, {}),
    ("llama-factory", llama_factory_chat, {"chat": "turns"}),
    ("llama-factory", llama_factory_chat, SYSTEM),
    ("openai", openai, {"chat": "turn"}),
    ("openai", openai, SYSTEM),
    ("tokens", tokens, {}),
    ("tokens", tokens, {"chat": "turns"}),
]


@pytest.mark.parametrize(("name", "check", "prompt"), CHECKS)
def test_every_row_follows_the_documented_schema(name, check, prompt, tmp_path):
    contexts = contexts_of(tmp_path, odd=True, prompt=prompt)
    written = contexts.export(tmp_path / "out", name, epochs=2, tokenizer=tokenizer_of("llama3"))
    files = sorted(written.folder.glob("epoch-*.jsonl"))
    assert [file.name for file in files] == ["epoch-000.jsonl", "epoch-001.jsonl"]
    rows = [rows_of(file) for file in files]
    assert len(rows[0]) == len(rows[1]) == 17
    assert rows[0] != rows[1]
    for row in (row for epoch in rows for row in epoch):
        check(row)


@pytest.mark.parametrize(("name", "prompt"), [(name, prompt) for name, _, prompt in CHECKS])
def test_how_to_load_the_rows_is_markdown_and_nothing_else(name, prompt, tmp_path):
    contexts = contexts_of(tmp_path, prompt=prompt)
    written = contexts.export(tmp_path / "out", name, tokenizer=tokenizer_of("llama3"))
    text = (written.folder / "README.md").read_text()
    assert "\\" not in text
    loading = text.split("## Loading\n\n")[1]
    assert loading[0].isupper() or loading[0] == "`"


def test_no_format_is_without_a_check():
    assert {name for name, _, _ in CHECKS} == set(FORMATS)


@pytest.mark.parametrize("kind", sorted(PLAIN))
def test_axolotl_reads_ictrains_ids_and_labels_with_every_tokenizer(kind, tmp_path):
    """prompt_strategies/input_output.py: the ids of each segment on its own, one behind another."""
    tokenizer = tokenizer_of(kind)
    contexts = contexts_of(tmp_path, odd=kind == "byte_level_bpe")
    written = contexts.export(tmp_path / "out", "axolotl", tokenizer=tokenizer)
    rows, prompts = rows_of(written.folder / "epoch-000.jsonl"), own_epoch(contexts, tokenizer)
    for row, rendered in zip(rows, prompts, strict=True):
        ids, labels = [], []
        for segment in row["segments"]:
            own = tokenizer(segment["text"], add_special_tokens=False)["input_ids"]
            ids += own
            labels += own if segment["label"] else [-100] * len(own)
        assert tuple(ids) == rendered.ids
        assert labels == [-100] * rendered.label_start + list(rendered.ids[rendered.label_start :])
    assert written.manifest["read_by_the_trainer"]["same"] == len(rows)


@pytest.mark.parametrize("kind", sorted(PLAIN))
def test_llama_factory_reads_ictrains_labels_with_every_tokenizer(kind, tmp_path):
    """template.py, `empty`: the instruction's ids and the output's, each encoded on its own."""
    tokenizer, contexts = tokenizer_of(kind), contexts_of(tmp_path)
    written = contexts.export(tmp_path / "out", "llama-factory", tokenizer=tokenizer)
    rows, prompts = rows_of(written.folder / "epoch-000.jsonl"), own_epoch(contexts, tokenizer)
    same = 0
    for row, rendered in zip(rows, prompts, strict=True):
        source = tokenizer.encode(row["instruction"], add_special_tokens=False)
        target = tokenizer.encode(row["output"], add_special_tokens=False)
        assert tuple(target) == rendered.ids[rendered.label_start :]
        assert target[-1] == tokenizer.eos_token_id
        same += tuple(source) == rendered.ids[: rendered.label_start]
    told = written.manifest["read_by_the_trainer"]
    assert (told["same"], told["labels"]) == (same, len(rows) - same)


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(
    lambda t: not blank(t)
)


@given(
    st.lists(st.tuples(TEXTS, TEXTS), min_size=2, max_size=4, unique_by=lambda p: normalise(p[0]))
)
@settings(max_examples=60, deadline=None)
def test_whatever_the_words_are_they_come_back_whole(pairs):
    """Through JSON, split into a prompt and a label that is the output with its space."""
    *examples, target = [Example(f"e{i}", *pair) for i, pair in enumerate(pairs)]
    context = Context(target.id, "random", tuple(ContextExample(e, "random") for e in examples))
    tokenizer = tokenizer_of("byte_level_bpe")
    renderer = Renderer(PromptSettings(max_tokens=4000), tokenizer, "overlap")
    rendered, style = renderer.render(context, target, "train"), Style.of(renderer)
    words = "".join(f"{e.input}: {e.output}\n" for e in examples) + f"{target.input}:"
    rows = {
        name: FORMATS[name].row(rendered, style) for name in ("trl", "axolotl", "llama-factory")
    }
    back = json.loads(json.dumps(rows, ensure_ascii=False))
    label = f" {target.output}"
    assert back["trl"] == {"prompt": words, "completion": label}
    parts = [(s["label"], s["text"]) for s in back["axolotl"]["segments"]]
    assert "".join(text for labelled, text in parts if not labelled) == f"<|bos|>{words}"
    assert "".join(text for labelled, text in parts if labelled) == f"{label}<|eos|>"
    assert back["llama-factory"]["instruction"] == f"<|bos|>{words}"
    assert back["llama-factory"]["output"] == f"{label}<|eos|>"


def test_the_words_of_a_chat_are_the_prompts(tmp_path):
    """Turn by turn, in all formats alike."""
    contexts = contexts_of(tmp_path, prompt={**SYSTEM, "instruction": "Like this:\n"})
    tokenizer = tokenizer_of("llama3")
    found = {}
    for name in ("trl-chat", "axolotl", "llama-factory", "openai"):
        written = contexts.export(tmp_path / name, name, tokenizer=tokenizer)
        found[name] = rows_of(written.folder / "epoch-000.jsonl")
    ours = [p.messages for p in prompts_of(contexts, tokenizer, 0)]
    pairs = {
        "trl-chat": [row["prompt"] + row["completion"] for row in found["trl-chat"]],
        "axolotl": [row["messages"] for row in found["axolotl"]],
        "openai": [row["messages"] for row in found["openai"]],
    }
    for talks in pairs.values():
        assert [tuple((m["role"], m["content"]) for m in talk) for talk in talks] == ours
    for row, talk in zip(found["llama-factory"], ours, strict=True):
        assert (("system", row["system"]), *[t["value"] for t in row["conversations"]]) == (
            talk[0],
            *[content for _, content in talk[1:]],
        )


@pytest.mark.parametrize("prompt", [{}, {"chat": "turns"}, SYSTEM])
def test_llama_factory_finds_the_rows_by_its_own_description(prompt, tmp_path):
    contexts = contexts_of(tmp_path, prompt=prompt)
    written = contexts.export(
        tmp_path / "out", "llama-factory", epochs=3, tokenizer=tokenizer_of("llama3")
    )
    info = json.loads((written.folder / "dataset_info.json").read_text())
    config = yaml.safe_load((written.folder / "llama-factory.yaml").read_text())
    assert config["dataset"].split(",") == list(info)
    for one in info.values():
        assert one["formatting"] == ("sharegpt" if prompt else "alpaca")
        row = rows_of(written.folder / one["file_name"])[0]
        assert set(one["columns"].values()) <= set(row)
    assert config["cutoff_len"] > written.manifest["longest_tokens"]
    assert config.get("mask_history") is (True if prompt else None)
    assert config.get("template") == (None if prompt else "empty")
    assert (config["packing"], config["disable_shuffling"]) == (False, True)


@pytest.mark.parametrize(("prompt", "kind"), [({}, "input_output"), (SYSTEM, "chat_template")])
def test_axolotl_finds_the_rows_by_the_part_of_a_config(prompt, kind, tmp_path):
    contexts = contexts_of(tmp_path, prompt=prompt)
    written = contexts.export(
        tmp_path / "out", "axolotl", epochs=2, tokenizer=tokenizer_of("llama3")
    )
    config = yaml.safe_load((written.folder / "axolotl.yaml").read_text())
    assert [one["path"] for one in config["datasets"]] == ["epoch-000.jsonl", "epoch-001.jsonl"]
    assert {one["type"] for one in config["datasets"]} == {kind}
    assert config["sequence_len"] > written.manifest["longest_tokens"]
    assert config["train_on_inputs"] is False
    if prompt:
        (one, _) = config["datasets"]
        row = rows_of(written.folder / one["path"])[0]
        assert one["message_field_training"] in row[one["field_messages"]][0]
        assert one["roles_to_train"] == []
        assert config["eot_tokens"] == ["<|eot_id|>"]


def test_openai_takes_no_file_of_fewer_than_ten_rows(tmp_path):
    write_pairs(tmp_path / "pairs.jsonl", pool_of(9).examples)
    import ictrain

    contexts = ictrain.Contexts(tmp_path / "pairs.jsonl", epsilon=0, k=2, prompt={"chat": "turns"})
    with pytest.raises(DataError, match="9 rows per epoch; expected at least 10"):
        contexts.export(tmp_path / "out", "openai")
    assert list(tmp_path.iterdir()) == [tmp_path / "pairs.jsonl"]


@pytest.mark.parametrize("name", ["trl-chat", "openai"])
def test_a_format_for_chats_says_how_to_make_one(name, tmp_path):
    with pytest.raises(ConfigError, match=r"prompt\.chat is none.*prompt\.chat=turns"):
        contexts_of(tmp_path).export(tmp_path / "out", name, tokenizer=tokenizer_of("llama3"))


def test_plain_text_for_trl_is_not_made_of_a_chat(tmp_path):
    contexts = contexts_of(tmp_path, prompt={"chat": "turn"})
    with pytest.raises(ConfigError, match=r"prompt\.chat is turn; .*use trl-chat"):
        contexts.export(tmp_path / "out", "trl", tokenizer=tokenizer_of("llama3"))


@pytest.mark.parametrize("name", ["axolotl", "llama-factory", "tokens", "openai"])
def test_control_tokens_are_named_where_no_trainer_is_at_hand(name, tmp_path):
    """As text where ids are written; as what a trainer makes tokens of where text is."""
    contexts = contexts_with(tmp_path, "<|eot_id|>", prompt={"chat": "turns"}, strategy="zero")
    written = contexts.export(tmp_path / "out", name, tokenizer=tokenizer_of("llama3"))
    told, readme = "\n".join(written.told()), (written.folder / "README.md").read_text()
    held = written.manifest["control_tokens_in_data"]
    if name == "openai":
        assert held is None
        assert "control token" not in told + readme
        return
    assert (held["rows"], held["tokens"]) == (5, {"<|eot_id|>": 5})
    for text in (told, readme):
        assert "in the data of 5 of 14 rows (`<|eot_id|>` in 5; first in row" in text
        assert ("WARNING" in text) == (name != "tokens")
        assert ("They are text in these ids" in text) == (name == "tokens")


def test_control_tokens_of_a_plain_template_are_meant(tmp_path):
    """The words around the data may hold some; nothing is said of them."""
    prompt = {"instruction": "<|eot_id|>", "example": "{input}<|eot_id|>{output}\n"}
    contexts = contexts_of(tmp_path, prompt=prompt)
    written = contexts.export(tmp_path / "out", "trl", tokenizer=tokenizer_of("llama3"))
    assert written.manifest["control_tokens_in_data"] == {"rows": 0, "first": None, "tokens": {}}
    assert "WARNING" not in "\n".join(written.told())


@pytest.mark.parametrize("chat", ["none", "turn", "turns"])
def test_an_example_that_was_dropped_holds_nothing(chat):
    tokenizer, target = tokenizer_of("qwen2"), Example("t", "ask", "answer")
    example = ContextExample(Example("e", "in " * 30, "out <|im_end|>"), "random")
    context = Context("t", "random", (example,))
    found, room = [], 400
    for _ in range(2):
        renderer = Renderer(PromptSettings(max_tokens=room, chat=chat), tokenizer, "overlap")
        rendered = renderer.render(context, target, "train")
        held = Controls(Style.of(renderer)).held(context, target, rendered)
        found.append((rendered.k_rendered, held))
        room = len(rendered.ids) - 1
    assert found == [(1, {"<|im_end|>"}), (0, set())]


@pytest.mark.parametrize("kind", ["gemma", "characters"])
def test_what_stands_for_unknown_characters_is_no_control_token(kind):
    tokenizer, target = tokenizer_of(kind), Example("t", "a <unk> \u2603", "a")
    renderer = Renderer(PromptSettings(), tokenizer, "overlap")
    context = Context("t", "none", ())
    rendered = renderer.render(context, target, "train")
    assert tokenizer.unk_token_id in rendered.ids
    assert Controls(Style.of(renderer)).held(context, target, rendered) == set()
