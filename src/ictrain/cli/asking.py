"""What models are asked for a config: evaluate, paraphrase, harness."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

from ictrain.cli.running import comparison
from ictrain.cli.shared import Config, Out, Overrides, resumable, say
from ictrain.errors import ConfigError


def evaluate(
    config: Config,
    overrides: Overrides = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="An adapter's or model's folder, or a Hub name; [LABEL=]NAME."),
    ] = None,
    endpoint: Annotated[
        list[str] | None, typer.Option(help="OpenAI-compatible: [LABEL=]URL#MODEL.")
    ] = None,
    api: Annotated[str, typer.Option(help="Of the endpoints: chat or completions.")] = "chat",
    key: Annotated[
        str,
        typer.Option(
            help="The environment variable with the endpoints' key; if empty OPENAI_API_KEY, which "
            "goes to OpenAI, this machine and private networks alone."
        ),
    ] = "",
    base: Annotated[
        str | None, typer.Option(help="What adapters are put on; the config's model if empty.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Whom goal 2 holds the first model against; itself if empty.")
    ] = None,
    k: Annotated[str, typer.Option(help="Further numbers of examples, e.g. 1,2,8,16.")] = "",
    name: Annotated[str | None, typer.Option(help="The run's folder under --out.")] = None,
    out: Out = Path("runs"),
) -> None:
    """Ask any model under every grade of similarity: does it read its context, or remember?

    The task, prompt and similarity are the config's; nothing is trained. Several models are asked
    the same. Stopped or failed, the same command goes on, and no answer that has come is asked for
    again; what was under way when the process was killed is.
    """
    from ictrain.config import load_config
    from ictrain.experiments.checkup import Asked, checkup_settings

    settings = load_config(config, overrides or [])
    if api not in ("chat", "completions"):
        raise ConfigError(f"--api {api}", expected="chat or completions")
    if not all(part.strip().isdigit() for part in k.split(",") if k):
        raise ConfigError(f"--k {k}", expected="whole numbers, e.g. 1,2,8,16")
    own = any(change.startswith("seeds=") for change in overrides or [])
    asked = Asked(
        models=model or (),
        endpoints=endpoint or (),
        base=base,
        api="completions" if api == "completions" else "chat",
        key=key,
        against=against,
        name=name,
        sweep=[int(part) for part in k.split(",") if part],
        seeds=settings.seeds if own else (),
    )
    chosen = checkup_settings(settings, asked)
    comparison(chosen, out)
    _say_verdicts(out / chosen.name / "report" / "tables" / "verdicts.csv")


def _say_verdicts(table: Path) -> None:
    """What each model is, as on the page; nothing where nothing was probed."""
    if not table.is_file():
        return
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            say(f"{row['strategy']} on {row['test_set']}: {row['kind']}. {row['words']}")


def harness(
    config: Config,
    out: Annotated[Path, typer.Option(help="The folder to write.", show_default=False)],
    overrides: Overrides = None,
    seed: Annotated[int | None, typer.Option(help="The config's first seed if empty.")] = None,
    name: Annotated[str, typer.Option(help="Of the tasks; ictrain-NAME if empty.")] = "",
    copy: Annotated[
        list[Path] | None, typer.Option(help="A file that a metric of yours reads beside itself.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an older one.")] = False,
) -> None:
    """Write a config's questions as tasks of lm-evaluation-harness, for any model."""
    from ictrain.config import load_config
    from ictrain.harness import write_harness

    settings = load_config(config, overrides or [])
    write_harness(settings, out, seed=seed, name=name, force=force, copies=copy or (), say=say)


def paraphrase(
    config: Config,
    overrides: Overrides = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Tell calls, tokens and price; ask nothing.")
    ] = False,
    out: Out = Path("runs"),
) -> None:
    """Ask a language model for the near-duplicates that a run will want, and keep them.

    Stopped, killed or out of budget, the same command goes on; what has come is never paid for
    twice. Calls that were under way at a kill (kill -9, a power cut) are asked again; the budget
    counts them as spent.
    """
    from ictrain.config import load_config
    from ictrain.experiments.paraphrasing.command import paraphrase as ask

    with resumable():
        ask(load_config(config, overrides or []), out, estimate, say)
