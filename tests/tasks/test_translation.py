"""Translation as a task: the paper's prompt to the letter, languages, tests with two pools."""

from __future__ import annotations

import json

import pytest
import sacrebleu

from ictrain.config import RunSettings
from ictrain.contexts import Context, ContextExample
from ictrain.errors import ConfigError
from ictrain.examples import Example
from ictrain.experiments.data import data_report
from ictrain.probes.scores import Slot, copy_score
from ictrain.prompts import Renderer
from ictrain.tasks import TranslationSettings, load_task
from ictrain.tasks.translation import sentence_bleu, sentence_chrf
from tests.made_tokenizers import KINDS

PAIRS = [
    ("the cat", "die Katze"), ("a dog", "ein Hund"), ("we sing", "wir singen"),
    ("you saw it", "ihr saht es"), ("no rain", "kein Regen"), ("so far", "so weit"),
]  # fmt: skip


def write(path, pairs):
    rows = [{"id": f"{path.stem}{i}", "input": a, "output": b} for i, (a, b) in enumerate(pairs)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return str(path)


def run_settings(tmp_path, prompt=None, **task):
    values = {"name": "translation", "target_language": "German",
              "train": write(tmp_path / "train.jsonl", PAIRS[:4]),
              "tests": {"ood": write(tmp_path / "ood.jsonl", PAIRS[4:5])}, **task}  # fmt: skip
    arms = {"base": {"kind": "base"}}
    sections = {"prompt": prompt} if prompt is not None else {}
    return RunSettings.parse({"name": "r", "task": values, "strategies": arms, **sections})


def text(settings, k):
    shown = [ContextExample(Example(f"e{i}", a, b), "random", {}) for i, (a, b) in
             enumerate(PAIRS[:k])]  # fmt: skip
    renderer = Renderer(settings.prompt, KINDS["characters"](), "bm25")
    target = Example("t", *PAIRS[4])
    return renderer.render(Context("t", "random", tuple(shown)), target, "train")


def test_the_papers_prompt_to_the_letter(tmp_path):
    settings = run_settings(tmp_path)
    assert text(settings, 0).text == (
        "Translate the source text from English to German.\nSource: no rain\nTarget: kein Regen"
    )
    assert text(settings, 2).text == (
        "Consider the following 2 translations from English to German.\n"
        "Example 1:\nSource: the cat\nTarget: die Katze\n\n"
        "Example 2:\nSource: a dog\nTarget: ein Hund\n\n"
        "Translate the source text from English to German.\nSource: no rain\nTarget: kein Regen"
    )


def test_the_space_belongs_to_the_translation_and_not_to_the_prompt(tmp_path):
    rendered = text(run_settings(tmp_path), 1)
    assert rendered.segments[-1].text == " kein Regen"
    assert rendered.segments[-2].text.endswith("\nTarget:")


def test_languages_go_by_name_or_code_in_either_direction(tmp_path):
    settings = run_settings(tmp_path, source_language="lt", target_language="hi")
    assert settings.prompt.target.startswith("Translate the source text from Lithuanian to Hindi.")


def test_a_prompt_of_ones_own_stands_alone(tmp_path):
    settings = run_settings(tmp_path, {"example": "{input} = {output}\n"})
    assert text(settings, 1).text == "the cat = die Katze\nno rain = kein Regen"
    kept = run_settings(tmp_path, {"max_tokens": 64})
    assert kept.prompt.max_tokens == 64
    assert kept.prompt.target is not None


def test_in_turns_of_a_chat_examples_stand_bare(tmp_path):
    prompt = run_settings(tmp_path, {"chat": "turns"}).prompt
    assert prompt.instruction == "Translate the source text from English to German.\n"
    assert (prompt.example, prompt.target) == ("{input}{output}", None)


@pytest.mark.parametrize("key", ["source_language", "target_language"])
def test_an_unknown_language_names_the_nearest(tmp_path, key):
    with pytest.raises(ConfigError, match=r"unknown language 'Germn'.*'German'"):
        run_settings(tmp_path, **{key: "Germn"})


def test_two_languages_are_two(tmp_path):
    with pytest.raises(ConfigError, match=r"target_language are both German.*task\.name=pairs"):
        run_settings(tmp_path, source_language="de", target_language="German")


def test_a_language_that_is_no_text_is_told_by_its_key(tmp_path):
    with pytest.raises(ConfigError, match="target_language"):
        run_settings(tmp_path, target_language=7)


def test_one_file_may_be_two_tests_one_with_its_domains_pool(tmp_path):
    ood, pool = (write(tmp_path / f"{name}.jsonl", pairs) for name, pairs in
                 [("ood", PAIRS[4:5]), ("more", PAIRS[5:])])  # fmt: skip
    task = run_settings(
        tmp_path, tests={"ood": ood, "ood_pool": ood}, pools={"ood_pool": pool}
    ).task
    data = load_task(task, 0)
    assert [e.id for e in data.tests["ood"].examples] == ["ood0"]
    assert len(data.tests["ood"].pool) == 4
    assert len(data.tests["ood_pool"].pool) == 5
    assert [m.name for m in data.metrics] == ["chrf", "bleu"]
    assert (data.alike, data.copying, data.agreement) == (sentence_chrf, sentence_bleu, None)
    assert data.compared_by["copy"] == "sentence BLEU, as in the paper"
    assert data.compared_by["iwl"] == "chrF [ours]"


@pytest.mark.parametrize("language", ["German", "Hindi"])
def test_a_side_in_another_script_is_warned_of(tmp_path, language):
    report = data_report(run_settings(tmp_path, target_language=language), None)
    told = [line for line in report["warnings"] if "script" in line]
    assert told == [
        f"{n} of {n} outputs of {part} are not in the script of Hindi: are the columns exchanged, "
        "or target_language another?"
        for part, n in (("train", 4), ("ood", 1))
        if language == "Hindi"
    ]


def test_sentences_in_another_script_are_counted(tmp_path):
    train = write(
        tmp_path / "hi.jsonl", [("one", "एक"), ("two", "two"), ("3", "3"), ("four", "चार")]
    )
    task = {"target_language": "Hindi", "train": train, "tests": {}, "dev": None}
    settings = run_settings(tmp_path, split={"dev": 0, "test": 0.5}, **task)
    facts = load_task(settings.task, 0).facts
    counts = {k: v for k, v in facts.items() if "script" in k}
    assert sum(counts.values()) == 1
    assert next(iter(counts)).endswith("outputs_not_in_Hindis_script")


def test_two_sentences_are_as_alike_as_their_chrf():
    assert sentence_chrf("s", "die Katze", "die Katze") == 1
    assert sentence_chrf("s", "", "") == 1
    assert 0 < sentence_chrf("s", "die Katzen", "die Katze") < 1
    assert sentence_chrf("s", "xyx", "die Katze") == 0


def test_the_copy_score_of_translations_is_bleu_as_in_the_paper(tmp_path):
    label, answer = "der kleine Hund schläft heute im Garten", "der kleine Hund schläft im Garten"
    assert sentence_bleu("s", label, label) == 1
    assert sentence_bleu("s", "", "") == 1
    # The oracle: sacrebleu, which takes the hypothesis first. BLEU is not the same both ways.
    for one, other in ((answer, label), (label, answer)):
        expected = sacrebleu.sentence_bleu(one, [other]).score / 100
        assert sentence_bleu("s", one, other) == pytest.approx(expected)
    assert sentence_bleu("s", answer, label) != sentence_bleu("s", label, answer)
    slots = [Slot("ein Haus", 1.0, marked=True), Slot(label, 0.1), Slot("die Katze", 0.1)]
    found = copy_score("s", answer, slots, sentence_chrf, by=sentence_bleu)
    assert found == sentence_bleu("s", answer, label)
    strict = copy_score("s", answer, slots, sentence_chrf, gold=[label], by=sentence_bleu)
    assert strict == sentence_bleu("s", answer, "die Katze")


def test_settings_of_a_task_are_also_parsed_alone(tmp_path):
    task = TranslationSettings.parse({"target_language": "ta", "train": "x.jsonl"})
    assert task.metrics == ("chrf", "bleu")
