"""The lines of a dry run, but those of its arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ictrain.config import RunSettings
from ictrain.contexts import MODE_WORDS
from ictrain.evaluation import in_bands
from ictrain.experiments.dry_run.figures import DryRun
from ictrain.experiments.dry_run.memory import of_answers, of_weights
from ictrain.experiments.dry_run.model import Known
from ictrain.experiments.dry_run.paint import Page
from ictrain.experiments.dry_run.units import count, in_bytes, in_time
from ictrain.metrics import CorpusMetric
from ictrain.tasks import TaskData, TestSet
from ictrain.workers import at_once


def tell_start(page: Page, settings: RunSettings, found: DryRun, folder: Path) -> None:
    """What would be run, and where."""
    arms, seeds = count(len(settings.strategies), "arm"), count(len(settings.seeds), "seed")
    page.head(f"{settings.name}: {arms} x {seeds}")
    done = f"({found.done} of {count(found.jobs, 'job')} done already)" if found.done else ""
    page.line("run folder", str(folder), done)
    page.line("dry run", f"nothing is trained; all figures are of seed {settings.seeds[0]}")


def tell_absent(page: Page, rows: Mapping[str, int], without: Sequence[str]) -> None:
    """Which parts of the data are here, where some are not."""
    if without:
        page.head("DATA that is here")
        for part, count in rows.items():
            page.line(part, f"{count:,} pairs")
        page.warn(f"not here: {', '.join(without)}; what to do stands at the end", "without")


def tell_data(
    page: Page, settings: RunSettings, data: TaskData, tests: Mapping[str, TestSet], found: DryRun
) -> None:
    """What was read, and how far tests stand in their pools."""
    page.head("DATA")
    pool, targets, bands = len(data.pool), len(data.train), settings.similarity.bands.method
    repeated = f"; {pool - targets} of them repeat another's input" * (pool > targets)
    page.line("train", f"{targets:,} targets, a pool of {pool:,} pairs{repeated}")
    for name, test in tests.items():
        o, added = found.overlap[name], len(test.pool) - pool
        more = f" and {added:,} more" * (added > 0)
        page.line(
            f"test {name}", f"{o['items']:,} items, a pool of {pool:,}{more};",
            f"{o['exact']} have their input in it, {o['near']} nearly",
        )  # fmt: skip
        low, middle, high = o["best"]
        quartiles = f"{low:.2f} / {middle:.2f} / {high:.2f}"
        page.line("", f"closest in the pool: {quartiles} (quartiles of {bands} similarity)")
        page.line("", f"{'':21}{in_bands(o)}")
    for warning in found.data.get("warnings", []):
        page.warn(warning)
    headline, *others = (metric.name for metric in data.metrics)
    page.line("metrics", ", ".join([f"{headline} (the headline)", *others]))
    for metric in data.metrics:
        scores = found.gold.get(metric.name, [])  # none of what is heavy
        low = sum(score < 1 for score in scores)
        # n-gram scores of short texts are below 1 by their definition
        if low and not isinstance(metric, CorpusMetric):
            page.warn(f"{metric.name} gives less than 1 to {low} of {len(scores)} gold outputs")


def tell_model(page: Page, settings: RunSettings, known: Known, arm: str) -> None:
    """Tokenizer, model, window; arm: whose, where it is not the run's own."""
    page.head("TOKENIZER AND MODEL" + (f" of {arm}" if arm else ""))
    if known.counts:
        t = known.tokenizer
        bos = f"BOS {t.bos_token}" if t.bos_token else "no BOS"
        end = t.convert_ids_to_tokens(known.renderer.eos)
        page.line(
            "tokenizer", f"{known.source}: {len(t):,} tokens, {bos}, answers end with {end!r}"
        )
    else:
        page.warn("not on this machine: tokens are estimated by bytes", "tokenizer")
    if known.model is not None:
        _tell_size(page, settings, known)
    elif known.settings is not None:
        page.warn(f"{known.name}: its config is not on this machine", "model")
    else:
        page.line("model", f"{known.name}, behind an endpoint")
    page.line("prompts", f"at most {settings.prompt.max_tokens:,} tokens, label included")
    if settings.prompt.max_tokens > known.positions:
        has = f"the model has {known.positions:,} positions"
        page.warn(f"{has}: a longer prompt would stop the run")


def _tell_size(page: Page, settings: RunSettings, known: Known) -> None:
    weights = list(known.model.parameters())
    number = sum(weight.numel() for weight in weights)
    size = f"{number / 1e9:.2f} billion" if number >= 1e9 else f"{number / 1e6:.2f} million"
    held = in_bytes(of_weights(known.model, known.quantised))
    kind = known.model.config.model_type
    dtype = "4 bits" if known.quantised else str(weights[0].dtype).removeprefix("torch.")
    page.line(
        "model",
        f"{known.name} ({kind}): {size} parameters in {dtype}, {held};",
    )
    if known.published:
        page.line("", "its config is not on this machine: sizes are of the published one")
    kept = in_bytes(of_answers(known.model, settings.evaluation.batch_tokens))
    page.line("", f"while it answers about {kept} more for keys and values")


def tell_questions(
    page: Page, settings: RunSettings, data: TaskData, known: Known, found: DryRun
) -> None:
    """How often each model is asked."""
    page.head("QUESTIONS to each model")
    modes = settings.evaluation.modes
    names, width = list(found.asked), max(len(mode) for mode in modes)
    columns = [max(len(name), 7) for name in names]
    heads = "  ".join(f"{name:>{w}}" for name, w in zip(names, columns, strict=True))
    page.say(f"  {'':<{width}}  {heads}")
    for mode in modes:
        asked = [found.asked[name][mode].asked for name in names]
        cells = "  ".join(f"{n:>{w},}" for n, w in zip(asked, columns, strict=True))
        page.say(f"  {mode:<{width}}  {cells}  {MODE_WORDS[mode]}")
    for k, asked_again in found.swept.items():
        number = sum(one.asked for by_mode in asked_again.values() for one in by_mode.values())
        page.line("with k " + str(k), f"{number:,} more")
    every = found.every(swept=True)
    longest = max((one.longest for one in every), default=0)
    if not known.counts:
        page.line("prompts", f"the longest has about {longest:,} tokens")
    else:
        dropped, too_long = sum(o.dropped for o in every), sum(o.too_long for o in every)
        page.line(
            "prompts", f"the longest has {longest:,} tokens;",
            f"{dropped:,} examples dropped for room;",
            f"{too_long} targets too long, left out of the figures",
        )  # fmt: skip
    page.line("answers", f"of at most {data.max_new_tokens} tokens")


def tell_end(page: Page, settings: RunSettings, data: TaskData | None, found: DryRun) -> None:
    """Sums over all jobs, and what is missing here."""
    page.head("IN ALL")
    seeds, workers = len(settings.seeds), min(settings.workers or at_once(), found.jobs)
    on = count(workers, "process")
    page.line("jobs", f"{found.jobs} on {on} of {count(settings.threads, 'thread')} each")
    if data is not None:
        answers = seeds * len(found.arms) * found.answers
        probes = seeds * sum(arm.probes for arm in found.arms.values())
        more = f"; for probes {probes:,} more" * (probes > 0)
        page.line("answers", f"{answers:,} of at most {data.max_new_tokens} tokens{more}")
    _tell_paraphrases(page, found, seeds)
    _tell_costs(page, found, seeds, workers)
    for line in found.missing:
        page.warn(line, "MISSING")
    if found.missing:
        whole = "all that is told above is as the run would have it"
        page.line(
            "", f"the run needs it; {whole if data else 'the above is all that needs no data'}"
        )


def _tell_paraphrases(page: Page, found: DryRun, seeds: int) -> None:
    trained = [arm.training for arm in found.arms.values() if arm.training is not None]
    asked = seeds * sum(training.asked for training in trained)
    if asked:
        targets = max(training.asked_targets for training in trained)
        page.line(
            "paraphrases", f"{asked:,} near-duplicates in training, of up to {targets:,} targets;",
            "" if found.paraphrases else "made by rules: 0 calls of a language model",
        )  # fmt: skip
    for line in found.paraphrases:
        page.line("paraphraser", line.removeprefix("paraphrases: "))


def _tell_costs(page: Page, found: DryRun, seeds: int, workers: int) -> None:
    arms = [arm for arm in found.arms.values() if arm.training is not None]
    on = count(workers, "process")
    sizes = sorted((arm.memory.total for arm in arms if arm.memory is not None), reverse=True)
    if sizes:
        total = in_bytes(sum(sizes[:workers]))
        page.line(
            "memory", f"about {total} on {on}, an estimate;",
            "half a GiB each for Python and its libraries comes on top",
        )  # fmt: skip
    timed = [a.seconds * a.training.steps for a in arms if a.seconds and a.training]
    if timed and len(timed) == len(arms):
        total, share = in_time(seeds * sum(timed)), in_time(seeds * sum(timed) / workers)
        page.line(
            "time", f"{total} of training, {share} on {on} if each has a core;",
            "answers and probes come on top",
        )  # fmt: skip
