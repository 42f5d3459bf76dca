"""Makes the virtual environment in .venv, once: `make demo` and `make test` call it.

Needs nothing but Python 3.11 or newer. A second call with unchanged pyproject.toml and
constraints.txt returns at once. uv does the installing where it is there, pip otherwise.

On a Linux machine without an NVIDIA GPU only a CPU build of torch is taken, for the registry's
default build brings gigabytes of CUDA packages: first the one that pip's own configuration offers,
else uv's (`--torch-backend=cpu`); the result is checked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENV = ROOT / ".venv"
PYTHON = ENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENV / "ictrain-setup.txt"


def main() -> int:
    """Sets up, or finds that nothing is to be done."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--extras", default="dev", help="which optional parts (default: dev)")
    arguments = parser.parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036  any Python may start this script
        return fail(f"found Python {platform.python_version()}; expected 3.11 or newer")
    wanted = fingerprint(arguments.extras)
    if STAMP.exists() and STAMP.read_text() == wanted:
        return 0
    if not PYTHON.exists():
        print("making a virtual environment in .venv", flush=True)
        venv.create(ENV, with_pip=True)
    install(arguments.extras)
    problem = check()
    if problem:
        return fail(problem)
    STAMP.write_text(wanted)
    return 0


def fail(message: str) -> int:
    """One line, and the exit code of a failure."""
    print(f"set-up: {message}", file=sys.stderr)
    return 1


def fingerprint(extras: str) -> str:
    """Changes when something else would be installed."""
    parts = [extras, platform.python_version(), str(ENV)]
    parts += [(ROOT / name).read_text() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def pinned_torch() -> str:
    """torch==VERSION, as constraints.txt has it."""
    found = re.search(r"^torch==\S+", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert found, "constraints.txt pins torch"
    return found.group()


def wants_cpu_torch() -> bool:
    """Linux without an NVIDIA GPU: elsewhere the default build is the right one."""
    return platform.system() == "Linux" and shutil.which("nvidia-smi") is None


def install(extras: str) -> None:
    """torch first, so that no other package can bring another build of it; then the rest."""
    uv = shutil.which("uv")
    target = [f"{ROOT}[{extras}]" if extras else str(ROOT)]
    if wants_cpu_torch() and not torch_is_cpu():
        install_cpu_torch(uv)
    print(f"installing with {'uv' if uv else 'pip'}", flush=True)
    constraints = ["-c", str(ROOT / "constraints.txt")]
    run([*installer(uv), *constraints, "-e", *target], uv_environment())


def installer(uv: str | None) -> list[str]:
    """The start of an install command into .venv."""
    if uv:
        return [uv, "pip", "install", "-q", "--python", str(PYTHON)]
    return [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]


def install_cpu_torch(uv: str | None) -> None:
    """From where pip's configuration points if there is a CPU build, else through uv's backend."""
    if pip_offers_cpu():
        run([*installer(uv), pinned_torch()], uv_environment())
        return
    if uv is None:
        run([str(PYTHON), "-m", "pip", "install", "-q", "uv"], None)
        uv = str(PYTHON.parent / "uv")
    run([*installer(uv), "--torch-backend=cpu", pinned_torch()], uv_environment())


def pip_offers_cpu() -> bool:
    """Whether pip, as it is configured here, would take a build without CUDA; nothing is installed.

    The registry's default Linux build needs nvidia packages; a CPU build does not.
    """
    command = [
        str(PYTHON), "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps",
        "--quiet", "--report", "-", pinned_torch(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return False
    metadata = json.loads(done.stdout)["install"][0]["metadata"]
    needs = " ".join(metadata.get("requires_dist") or [])
    return "+cpu" in metadata["version"] or ("nvidia" not in needs and "cuda" not in needs)


def torch_is_cpu() -> bool:
    """Whether .venv holds the pinned torch already, in a build without CUDA."""
    code = "import torch; print(torch.__version__.split('+')[0], torch.version.cuda)"
    done = subprocess.run([str(PYTHON), "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.split() == [pinned_torch().removeprefix("torch=="), "None"]


def uv_environment() -> dict[str, str]:
    """uv does not read pip's configuration: hand it the places where pip looks for files.

    It compiles what it installs only when it is told to.
    """
    environment = dict(os.environ)
    listing = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    found = re.findall(r"find-links\s*=\s*'([^']*)'", listing.stdout)
    links = list(dict.fromkeys(" ".join(value.replace("\\n", " ") for value in found).split()))
    if links:
        environment.setdefault("UV_FIND_LINKS", ",".join(links))
    # As pip does: where Python may not write bytecode, every start would compile torch anew (9 s).
    environment.setdefault("UV_COMPILE_BYTECODE", "1")
    return environment


def run(command: list[str], environment: dict[str, str] | None) -> None:
    """Runs a command; its own message is the one that the user sees."""
    done = subprocess.run(command, env=environment, check=False)
    if done.returncode:
        raise SystemExit(fail(f"`{' '.join(command[:4])} ...` failed; its message stands above"))


def check() -> str:
    """What is wrong with the environment; empty if nothing is."""
    if not wants_cpu_torch():
        return ""
    if not torch_is_cpu():
        return f"torch is not a CPU build of {pinned_torch()}"
    listing = subprocess.run(
        [str(PYTHON), "-m", "pip", "list", "--format=freeze"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found = [line for line in listing.splitlines() if line.startswith(("nvidia-", "cuda-"))]
    return f"CUDA packages on a machine without a GPU: {', '.join(found)}" if found else ""


if __name__ == "__main__":
    sys.exit(main())
