"""`ictrain run --dry-run`: the whole way of a run but the training, with the run's own code.

Data, tokenizer, template, neighbours, contexts, prompts, batches and questions are made by the very
functions that a run calls, for the first seed; what would stop the run stops the dry run. What is
only absent (a set of the hub without network, a file that a variable should name, a tokenizer, a
config) is listed at the end, and all that does not need it is told.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from ictrain.config import RunSettings
from ictrain.experiments.dry_run.figures import ArmFigures, DryRun
from ictrain.experiments.dry_run.here import load_what_is_here
from ictrain.experiments.dry_run.paint import Page, Paint, paint_for_stdout
from ictrain.experiments.dry_run.walk import Walk
from ictrain.experiments.dry_run.words import tell_absent, tell_start
from ictrain.experiments.folder import RunFolder
from ictrain.experiments.hub import asked_once
from ictrain.experiments.paraphrasing.attach import from_cache
from ictrain.experiments.room import check_largest_k
from ictrain.experiments.run import jobs_of
from ictrain.tasks import FileTask, read_parts

__all__ = ["ArmFigures", "DryRun", "Paint", "dry_run", "paint_for_stdout"]

Say = Callable[[str], None]


def dry_run(
    settings: RunSettings, out: Path, say: Say = print, paint: Paint | None = None
) -> DryRun:
    """Walks through a run and tells what it finds, as it finds it.

    Args:
        settings: the comparison.
        out: the folder that holds runs; neighbours and embeddings are kept there for the run.
        say: gets lines for the user.
        paint: colours, or none.

    Raises:
        IctrainError: whatever would stop the run.
    """
    page = Page(say, paint or Paint())
    folder = RunFolder(Path(out) / settings.name)
    with asked_once(settings, page.say):
        return _walked(settings, folder, page)


def _walked(settings: RunSettings, folder: RunFolder, page: Page) -> DryRun:
    folder.check(settings)
    jobs = jobs_of(settings)
    found = DryRun(len(jobs), sum(folder.is_done(job) for job in jobs))
    here = load_what_is_here(settings)
    found.missing += here.missing
    settings, data = here.settings, here.data
    if data is not None:
        data = from_cache(data, folder.path.parent, pending=True)
        check_largest_k(settings, data.pool.examples, data.train, lambda: _left_out(settings))
    tell_start(page, settings, found, folder.path)
    with tempfile.TemporaryDirectory() as aside:
        walk = Walk(settings, folder, Path(aside), found, page)
        tell_absent(page, here.rows, here.without)
        if data is None:
            walk.go_without_data()
        else:
            walk.go(data)
    return found


def _left_out(settings: RunSettings) -> list[str]:
    task = settings.task
    return read_parts(task).left_out() if isinstance(task, FileTask) else []
