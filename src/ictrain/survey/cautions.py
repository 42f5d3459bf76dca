"""What will not work on these data, or not as it seems, and why."""

from __future__ import annotations

from collections.abc import Iterator

from ictrain.evaluation import leakage_warnings
from ictrain.survey.closeness import Closeness
from ictrain.survey.look import Survey
from ictrain.survey.proposal import REJECTED, Proposal

_INTERVAL, _NARROW = 20, 100
_TRAINABLE = 50


def cautions(survey: Survey, proposal: Proposal) -> list[str]:
    """In sentences, what stops a run first."""
    return [
        *_window(survey, proposal),
        *_model(survey),
        *_outputs(survey),
        *_columns(survey),
        *_sizes(survey),
        *_near(survey),
        *survey.parts.left_out(),
        *leakage_warnings(survey.leakage),
    ]


def _window(survey: Survey, proposal: Proposal) -> Iterator[str]:
    alone = survey.measured.alone
    longer = float((alone > proposal.max_tokens).mean())
    if proposal.max_characters is not None:
        yield (
            f"{longer:.2%} of the rows do not fit {proposal.max_tokens:,} tokens even without an "
            f"example (the longest has {int(alone.max()):,}), and training refuses more than "
            f"{REJECTED:.0%} of its own: the config leaves them out by task.max_characters; or "
            "raise prompt.max_tokens as far as model and memory allow"
        )
    elif longer:
        yield (
            f"{longer:.2%} of the rows do not fit {proposal.max_tokens:,} tokens even without an "
            f"example (the longest has {int(alone.max()):,}): they are left out and counted"
        )
    one = survey.measured.prompt(1, proposal.max_tokens)
    if one.median > proposal.max_tokens:
        yield (
            "most targets fit the window only without an example: contexts will be dropped, so "
            "in-context learning can be neither taught nor measured"
        )
    cut = float((survey.measured.outputs > proposal.max_new_tokens).mean())
    if cut:
        yield (
            f"{cut:.1%} of the outputs are longer than max_new_tokens ({proposal.max_new_tokens}): "
            "their answers are cut and cannot be right"
        )


def _model(survey: Survey) -> Iterator[str]:
    if survey.request.model.scratch is not None:
        yield (
            "a model from scratch has no in-context learning to keep: what these strategies may "
            "preserve in a pretrained model it can only learn here, if it learns it at all; "
            "--model NAME takes a pretrained one"
        )
    if not survey.tokens.exact:
        trouble = survey.tokens.trouble.replace(".;", ";")
        if "cannot load" in trouble:
            yield f"lengths are estimates, so check max_tokens before a long run: {trouble}"
        else:
            yield f"a run with this model will stop at once: {trouble}"
    if survey.tokens.unknown > 0.001:
        yield (
            f"{survey.tokens.unknown:.1%} of the tokens are not in the model's vocabulary: it "
            "cannot read these texts; choose another --model"
        )


def _outputs(survey: Survey) -> Iterator[str]:
    outputs = survey.outputs
    if outputs.distinct == 1:
        yield "all outputs are equal: there is nothing to learn, and every model scores the same"
    elif outputs.most_frequent >= 0.8:
        yield (
            f"one output stands in {outputs.most_frequent:.0%} of the rows: always giving it is "
            "right that often, so look at accuracy beside that number"
        )
    if outputs.copied >= 0.5:
        yield (
            f"{outputs.copied:.0%} of the outputs equal their inputs: a model that copies its "
            "question is right that often"
        )
    for name, new in survey.unknown_words.items():
        if new.share >= 0.3:
            yield (
                f"{new.share:.0%} of the outputs of {name} hold a word that stands neither in "
                f"their input nor in any output that is trained on or in the pool (e.g. "
                f"{new.word!r}): no model can know these; put what they come from, such as a "
                "schema, into the input"
            )
    if outputs.missing:
        yield (
            f"{outputs.missing:,} outputs are the word {outputs.missing_word!r}: if that means a "
            "missing value, remove these rows"
        )


def _columns(survey: Survey) -> Iterator[str]:
    by_path = {look.path: look for look in survey.columns}
    columns = survey.task.columns
    for part, path in (("input", columns.input), ("output", columns.output)):
        look = by_path[path]
        if look.looks_like_an_id:
            yield (
                f"the {part} column {path!r} looks like an id (e.g. {look.sample[:30]!r}, hardly "
                f"ever twice): --{part} names another"
            )
        if look.kind not in ("text", "null"):
            yield f"the {part} column {path!r} holds {look.kind}s: they are taken as text"
    if len(survey.columns) == 2 and all(len(c.path.split()) > 3 for c in survey.columns):
        yield "the first line was taken as the header, but reads like a row: add a line of names"


def _sizes(survey: Survey) -> Iterator[str]:
    name, items = survey.smallest_test
    if items < _INTERVAL:
        yield (
            f"{name} has {items} items: fewer than {_INTERVAL} get no interval at all, and no goal "
            "can be decided; give more test rows"
        )
    elif items < _NARROW:
        yield (
            f"{name} has {items} items: an interval of accuracy will be about "
            f"±{100 / items**0.5:.0f} points"
        )
    if survey.targets < _TRAINABLE:
        yield f"{survey.targets} different inputs to train on are few: expect memory, not learning"
    if survey.distinct_pool < 5:
        yield (
            f"the pool has {survey.distinct_pool} different inputs: too few to draw contexts from "
            "(the modes of evaluation need at least 4 beside the target's own)"
        )


def _near(survey: Survey) -> Iterator[str]:
    if survey.similarity.spaceless:
        yield (
            "this script puts no spaces between words: closeness is measured by shared characters, "
            "which is coarse; an encoder for the language is better "
            "(similarity.bands: {method: dense, options: {encoder: NAME}})"
        )
    drawn = survey.drawn
    if drawn is not None and drawn.random_low * survey.smallest_test[1] < _INTERVAL:
        yield (
            f"only {drawn.random_low:.0%} of random contexts lie in the low band, since these "
            "inputs share so many words: how a model does with nothing close in its context can "
            "hardly be measured"
        )
    if drawn is not None and max(one.nearer for one in drawn.taus) < 0.6:
        yield (
            "even the closest examples of the pool can hardly be told from random ones: contexts "
            "cannot teach in-context learning here, and contrastive will come out as random does"
        )
    train = survey.closeness["train"]
    for name, close in survey.closeness.items():
        if name != "train":
            yield from _of_test(name, close, train)
            if close.copies >= max(0.5, survey.outputs.most_frequent + 0.1):
                yield (
                    f"copying the closest example's output is right for {close.copies:.0%} of "
                    f"{name}: hold every model against the row copy_nearest of the page"
                )


def _of_test(name: str, close: Closeness, train: Closeness) -> Iterator[str]:
    if close.some < 0.1:
        yield (
            f"only {close.some:.0%} of {name} have an example in the pool that is close at all "
            "(medium or high): context can help few of them, and the high band cannot be measured"
        )
    elif close.share("high") * close.targets < _INTERVAL:
        high = round(close.share("high") * close.targets)
        yield (
            f"{high or 'no'} item{'s' * (high > 1)} of {name} ha{'ve' if high > 1 else 's'} an "
            "example in the high band: what a very close example gives cannot be measured on "
            "natural contexts"
        )
    if train.some - close.some > 0.3:
        yield (
            f"{train.some:.0%} of the training rows have a close example in the pool, but "
            f"{close.some:.0%} of {name}: training shows contexts that the test will not have"
        )
