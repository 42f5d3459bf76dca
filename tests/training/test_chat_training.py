"""What a chat's template puts behind an answer is what is trained, and where answers end."""

import pytest

from ictrain.contexts import Context, Source, StrategySettings
from ictrain.errors import RunError
from ictrain.examples import Example, PoolSnapshot
from ictrain.generation import HuggingFaceGenerator, Request
from ictrain.models import AdapterSettings, add_adapter
from ictrain.prompts import PromptSettings, Renderer
from ictrain.training import DrawnBatches, TrainingSettings, prepare, train
from tests.made_chats import instruct_tokenizer
from tests.training.training_kit import small_model

TOKENIZER = instruct_tokenizer("qwen2")
POOL = PoolSnapshot.of([Example(f"e{i}", f"cat {i}", "die Katze") for i in range(12)])
STRATEGY = StrategySettings(name="random", k="0-1")


def renderer(chat):
    return Renderer(PromptSettings.parse({"chat": chat}), TOKENIZER, "overlap")


def trained(out, own, steps=25, **others):
    source = Source(POOL, {}, None)
    prepared = prepare(STRATEGY, source, POOL.examples, None, own)
    batches = DrawnBatches(STRATEGY, source, prepared, own, batch_size=4, seed=0)
    model = small_model(vocab_size=len(TOKENIZER), max_position_embeddings=256)
    model = add_adapter(model, AdapterSettings(r=4, dropout=0.0, targets="all-linear"), 0)
    settings = TrainingSettings(steps=steps, batch_size=4, learning_rate=2e-2)
    train(model, TOKENIZER, batches, settings, out, progress=False, **others)
    return model


@pytest.mark.parametrize("chat", ["turn", "turns"])
def test_a_model_learns_to_end_its_turn_and_is_stopped_there(tmp_path, chat):
    own = renderer(chat)
    assert own.eos != TOKENIZER.eos_token_id
    model = trained(tmp_path, own, eos=own.eos)
    rendered = own.render(
        Context("t", "zero"), Example("t", "cat 99", ""), "benchmark", label=False
    )
    asked = [Request(rendered.ids, 20)]
    (answer,) = HuggingFaceGenerator(model, TOKENIZER, ends=[own.eos]).generate(asked)
    assert (answer.text, answer.stopped) == ("die Katze", True)
    (deaf,) = HuggingFaceGenerator(model, TOKENIZER).generate(asked)
    assert deaf.ids[: len(answer.ids)] == answer.ids
    assert not deaf.stopped or len(deaf.ids) > len(answer.ids)


def test_a_label_that_ends_otherwise_than_told_stops_the_training(tmp_path):
    """The tokenizer's EOS is not what this template ends an answer with."""
    with pytest.raises(RunError, match=r"the last label is id \d+, not EOS"):
        trained(tmp_path, renderer("turn"))
