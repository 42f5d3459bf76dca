"""The command `ictrain`: thin; every command composes what the rooms declare."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ictrain.errors import ConfigError, IctrainError
from ictrain.processes import is_main

if TYPE_CHECKING:
    from ictrain.config import RunSettings


class _Commands(TyperGroup):
    """Every command's help shows --debug, which main() takes out; Ctrl-C is told on one line."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, with one more option in its help."""
        command: Any = super().get_command(ctx, cmd_name)
        if command is not None and _debug_option() not in command.params:
            command.params.append(_debug_option())
        return command

    def get_params(self, ctx: Any) -> Any:
        """Those of `ictrain` itself."""
        *own, last = super().get_params(ctx)
        return [*own, _debug_option(), last]

    def invoke(self, ctx: Any) -> Any:
        """The command, stopped at any moment."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # also while a command still imports what it needs
            print("ictrain: stopped", file=sys.stderr)
            raise typer.Exit(130) from None


@cache
def _debug_option() -> Any:
    """Made as typer makes it, whose own classes differ from version to version."""
    made = typer.Typer(add_completion=False)

    @made.command()
    def shown(
        debug: Annotated[
            bool, typer.Option("--debug", help="Show the whole traceback of a one-line error.")
        ] = False,
    ) -> None:
        del debug

    option: Any = typer.main.get_command(made).params[0]
    option.expose_value = False
    return option


app = typer.Typer(
    name="ictrain",
    cls=_Commands,
    help="Fine-tune on one task so that the model keeps learning from examples in its prompt.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Config = Annotated[Path, typer.Argument(help="A YAML file; see configs/.", show_default=False)]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(help="Values to change, e.g. training.steps=100; @FILE", show_default=False),
]
Out = Annotated[Path, typer.Option(help="The folder that holds runs.")]


def say(line: str) -> None:
    """A line for the user, at once even when the output is a pipe; of several processes, once."""
    if is_main():
        print(line, flush=True)


@app.command(epilog="Example: ictrain demo --quick")
def demo(
    overrides: Overrides = None,
    quick: Annotated[bool, typer.Option("--quick", help="One seed, fewer steps.")] = False,
    out: Out = Path("runs"),
) -> None:
    """Run the whole comparison on the small base that ships with the package."""
    from ictrain.experiments.demo import demo_config

    _run(demo_config(quick), overrides, out)


@app.command(epilog="Example: ictrain run configs/geoquery.yaml seeds=[1,2] workers=1")
def run(
    config: Config,
    overrides: Overrides = None,
    out: Out = Path("runs"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Walk through it without training.")
    ] = False,
) -> None:
    """Run a whole comparison; the same command goes on where it was stopped."""
    if dry_run:
        from ictrain.config import load_config
        from ictrain.experiments import dry_run as dry

        dry.dry_run(load_config(config, overrides or []), out, say, dry.paint_for_stdout())
        return
    _run(config, overrides, out)


@app.command(
    epilog="Example: ictrain evaluate configs/demo.yaml "
    "--model runs/demo/contrastive/seed-200/adapter --k 1,8"
)
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
    the same. Stopped or failed, the same command goes on, and nothing is asked twice.
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
        against=against,
        name=name,
        sweep=[int(part) for part in k.split(",") if part],
        seeds=settings.seeds if own else (),
    )
    _comparison(checkup_settings(settings, asked), out)


def _run(config: Path, overrides: list[str] | None, out: Path) -> None:
    from ictrain.config import load_config

    _comparison(load_config(config, overrides or []), out)


def _comparison(settings: RunSettings, out: Path) -> None:
    from ictrain.experiments.run import run as run_comparison

    try:
        page = run_comparison(settings, out, say)
    except KeyboardInterrupt:
        # Told here: typer answers Ctrl-C itself before main() hears of it.
        print("ictrain: stopped; the same command goes on from here", file=sys.stderr)
        raise typer.Exit(130) from None
    say(f"the page: {page.resolve().as_uri()}")


@app.command(epilog="Example: ictrain tune my.yaml --trials 16 --budget 30m")
def tune(
    config: Config,
    overrides: Overrides = None,
    trials: Annotated[
        int | None, typer.Option(help="Candidates, the config's own among them.", show_default="16")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Over all calls, e.g. 90s, 30m, 2h; none if empty.")
    ] = None,
    strategy: Annotated[
        str | None, typer.Option(help="The arm to tune.", show_default="contrastive")
    ] = None,
    sampler: Annotated[str | None, typer.Option(help="tpe or random.", show_default="tpe")] = None,
    out: Out = Path("runs"),
) -> None:
    """Choose a mixture's weights, tau and k by measurement on dev, and say whether it pays.

    Searched by successive halving; no test item is asked. The best is compared with the config's
    own on items and seeds that the search has not seen. Stopped or killed, the same command goes
    on. Writes NAME-tune/ with trials.csv, a page, and best.yaml for ictrain run.
    """
    from ictrain.config import load_config
    from ictrain.experiments.tune import tune as tune_mixture

    given = {"trials": trials, "budget": budget, "strategy": strategy, "sampler": sampler}
    changes = [f"tune.{name}={value}" for name, value in given.items() if value is not None]
    settings = load_config(config, [*(overrides or []), *changes])
    try:
        page = tune_mixture(settings, out, say)
    except KeyboardInterrupt:
        print("ictrain: stopped; the same command goes on from here", file=sys.stderr)
        raise typer.Exit(130) from None
    say(f"the page: {page.resolve().as_uri()}")


@app.command(
    epilog="Example: ictrain contexts configs/demo.yaml --strategy contrastive --show 5, or "
    "ictrain contexts my.yaml --export for-trl --format trl --epochs 3"
)
def contexts(
    config: Config,
    overrides: Overrides = None,
    strategy: Annotated[str, typer.Option(help="Which arm of the config.")] = "contrastive",
    show: Annotated[int, typer.Option(help="How many contexts to print.")] = 5,
    seed: Annotated[int | None, typer.Option(help="The config's first seed if empty.")] = None,
    epoch: Annotated[int, typer.Option(help="Contexts are drawn anew in each epoch.")] = 0,
    export: Annotated[
        Path | None, typer.Option(help="Write prompts for another trainer into this new folder.")
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="For --export: trl, trl-chat, axolotl, llama-factory, openai or tokens.",
            show_default="trl",
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="For --export: one file each.", show_default="1")
    ] = None,
) -> None:
    """Look at drawn contexts: roles, similarities, and what each cell achieved; or export them."""
    from ictrain.config import load_config
    from ictrain.experiments.look import look_at_contexts

    settings = load_config(config, overrides or [])
    if export is not None:
        _export(settings, strategy, seed, export, format or "trl", 1 if epochs is None else epochs)
        return
    for name, value in (("--format", format), ("--epochs", epochs)):
        if value is not None:
            raise ConfigError(f"{name} without --export", mend="name a folder: --export FOLDER")
    chosen = settings.seeds[0] if seed is None else seed
    look_at_contexts(settings, strategy, chosen, epoch, show, say)


def _export(
    settings: RunSettings, strategy: str, seed: int | None, folder: Path, name: str, epochs: int
) -> None:
    from ictrain import Contexts
    from ictrain.exports import get_format

    get_format(name)  # before anything is read
    contexts = Contexts.from_config(settings, strategy=strategy, seed=seed)
    written = contexts.export(folder, name, epochs=epochs, say=say)
    for line in written.told():
        say(line)
    say(f"how to load them: {written.folder / 'README.md'}")


@app.command(epilog="Example: ictrain report runs/demo")
def report(folder: Annotated[Path, typer.Argument(help="A run's folder.")]) -> None:
    """Write a run's page again, from its rows and record alone."""
    from ictrain.experiments.run import report_again

    say(f"the page: {report_again(folder).resolve().as_uri()}")


@app.command(epilog="Example: ictrain base --out my-base --seed 1")
def base(
    out: Annotated[Path, typer.Option(help="The folder to write.")] = Path("runs/base"),
    seed: Annotated[int, typer.Option(help="Of weights, data and the default dictionary.")] = 0,
) -> None:
    """Train the small in-context learner that ships with the package."""
    from ictrain.base import BaseSettings, train_base

    folder = train_base(BaseSettings(seed=seed), out, say)
    say(f"the base: {folder.resolve()}")


@app.command(epilog="Example: ictrain theory --quick, or ictrain theory problem.k=16 --seed 1")
def theory(
    overrides: Overrides = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Of target, contexts and training.", show_default="0"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The page's folder.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="The fixed estimator alone.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Every bar on several seeds.")] = False,
    seeds: Annotated[str | None, typer.Option(help="For --check, e.g. 100:105.")] = None,
    workers: Annotated[int, typer.Option(help="Processes; 0 is one per core.")] = 0,
) -> None:
    """The minimal model: why the mixture of contexts decides what is learned."""
    if check and quick:
        raise ConfigError("--quick with --check", expected="--quick, or --check")
    if check and seed is not None:
        raise ConfigError("--seed with --check", expected="--seed N, or --check --seeds A:B")
    if seeds and not check:
        raise ConfigError("--seeds without --check", expected="--seed N, or --check --seeds A:B")
    try:
        from ictrain.theory import command

        settings, many = command.settings_of(overrides or []), command.workers_of(workers)
        if check:
            chosen = command.seeds_of(seeds) if seeds else None
            command.run_check(settings, chosen, out or Path("runs/theory-check"), many, say)
            return
        shown, place = " ".join(["ictrain theory", *sys.argv[2:]]), out or Path("runs/theory")
        page = command.run_theory(settings, seed or 0, place, quick, many, shown, say)
    except KeyboardInterrupt:
        print("ictrain: stopped", file=sys.stderr)
        raise typer.Exit(130) from None
    say(f"the page: {page.as_uri()}")


@app.command(epilog="Example: ictrain init pairs.csv --test test.csv --model Qwen/Qwen2.5-0.5B")
def init(
    file: Annotated[str, typer.Argument(help="Pairs: a file, a saved folder, or hf:NAME#SPLIT.")],
    test: Annotated[
        list[str] | None, typer.Option(help="Test pairs, FILE or NAME=FILE; split off if empty.")
    ] = None,
    dev: Annotated[str | None, typer.Option(help="Pairs for choosing settings.")] = None,
    pool: Annotated[str | None, typer.Option(help="Contexts come from here.")] = None,
    input: Annotated[str | None, typer.Option(help="The input's column.")] = None,
    output: Annotated[str | None, typer.Option(help="The output's column.")] = None,
    model: Annotated[
        str, typer.Option(help="Hub name, folder, or scratch: a small one for any machine.")
    ] = "Qwen/Qwen2.5-0.5B",
    similarity: Annotated[str, typer.Option(help="auto, overlap or dense.")] = "auto",
    out: Annotated[Path, typer.Option(help="The config to write.")] = Path("config.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Look at your own pairs and write a commented config for them."""
    from ictrain import survey

    if similarity not in ("auto", "overlap", "dense"):
        raise ConfigError(f"--similarity {similarity}", expected="auto, overlap or dense")
    settings, template = survey.model_of(model)
    request = survey.Request(
        train=file, model=settings, template=template, tests=survey.named_tests(test or []),
        dev=dev, pool=pool, input=input, output=output, similarity=similarity,
        chat=survey.is_instruct(model),
    )  # fmt: skip
    written = survey.init(request, out, force, say)
    say(f"\nwritten: {written}\nnext:    ictrain run {written} --dry-run   and without it")


@app.command(epilog="Example: ictrain harness configs/demo.yaml --out tasks/demo")
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


@app.command(
    epilog="Example: ictrain export runs/demo --strategy contrastive --seed 200 --out my-model"
)
def export(
    run: Annotated[Path, typer.Argument(help="A run's folder.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The folder to write.", show_default=False)],
    strategy: Annotated[str | None, typer.Option(help="The only one if empty.")] = None,
    seed: Annotated[int | None, typer.Option(help="The only one if empty.")] = None,
    merge: Annotated[bool, typer.Option("--merge", help="Base and adapter in one.")] = False,
    base: Annotated[str | None, typer.Option(help="A local base's name on the Hub.")] = None,
    license: Annotated[str | None, typer.Option(help="For the card, e.g. apache-2.0.")] = None,
    no_example: Annotated[
        bool, typer.Option("--no-example", help="No prompt on the card.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an older export.")] = False,
    push: Annotated[str | None, typer.Option(help="And to the Hub, as user/name.")] = None,
    private: Annotated[bool, typer.Option("--private", help="With --push.")] = False,
    update: Annotated[bool, typer.Option("--update", help="With --push: it may be there.")] = False,
) -> None:
    """Write a trained model, with a card, for plain peft and transformers; push it to the Hub."""
    from ictrain.publishing import ExportSettings, Push
    from ictrain.publishing import export as write

    if (private or update) and not push:
        raise ConfigError("--private or --update without --push", expected="--push user/name")
    to = Push(push, private, update) if push else None
    settings = ExportSettings(strategy, seed, merge, base, license, not no_example, force, to)
    write(run, out, settings, say)


def main() -> None:
    """Entry point: a user's mistake is one line on stderr and exit code 1; --debug shows it all."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        app(arguments)
    except IctrainError as error:
        if debug:
            raise
        print(f"ictrain: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(141)
