"""The scripts that set up and document the project."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def script(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_key_of_the_reference_has_a_meaning_and_every_section_its_own_name():
    page = script("make_docs").page()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) > 120
    blank = [row for row in rows if not re.split(r"(?<!\\)\|", row)[3].strip()]
    assert blank == []
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert len(headings) == len(set(headings))
    assert {"## task (name: pairs)", "## task (name: alignment)"} <= set(headings)


def test_the_configuration_reference_is_up_to_date():
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert page == script("make_docs").page(), "run make docs"


def test_uv_is_told_where_pip_looks_for_files(monkeypatch):
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_FIND_LINKS", "/some/wheels /more/wheels")
    links = script("setup_env").uv_environment()["UV_FIND_LINKS"].split(",")
    assert {"/some/wheels", "/more/wheels"} <= set(links)
    monkeypatch.setenv("UV_FIND_LINKS", "/own")
    assert script("setup_env").uv_environment()["UV_FIND_LINKS"] == "/own"


def test_a_cuda_build_is_found_out(monkeypatch):
    setup = script("setup_env")
    monkeypatch.setattr(setup, "wants_cpu_torch", lambda: True)
    assert setup.check() == ""
    monkeypatch.setattr(setup, "torch_is_cpu", lambda: False)
    assert "not a CPU build" in setup.check()


def test_constraints_are_exact_public_versions_without_hosts_or_paths():
    lines = (ROOT / "constraints.txt").read_text().split()
    assert all(re.fullmatch(r"[A-Za-z0-9_.\-]+==[0-9][\w.]*", line) for line in lines)
    assert any(line.startswith("torch==") for line in lines)


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="this machine has a GPU")
def test_no_cuda_package_came_along():
    from importlib import metadata

    names = {d.metadata["Name"].lower() for d in metadata.distributions()}
    assert not [n for n in names if n.startswith("nvidia-")]
