"""What somebody does who has never heard of ictrain: peft, transformers, a prompt."""

from __future__ import annotations

from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig


def loaded(folder, base=None):
    """The model of a folder; with base a PeftModel on it."""
    if base is None:
        return AutoModelForCausalLM.from_pretrained(folder)
    return PeftModel.from_pretrained(base, folder)


def answers(model, folder, prompts):
    """Answers by plain generate, one prompt at a time, decoding as the folder says."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    decoding = GenerationConfig.from_pretrained(folder)
    found = []
    for prompt in prompts:
        ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
        made = model.generate(ids, generation_config=decoding)[0, ids.shape[1] :]
        found.append(tokenizer.decode(made, skip_special_tokens=True).strip())
    return found


def texts(folder):
    """Every file of a folder that is text, by name."""
    found = {}
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix in (".json", ".md", ".txt", ".jinja"):
            found[file.relative_to(folder).as_posix()] = file.read_text("utf-8")
    return found
