"""Pushing, against a live server that plays the Hub: what arrives, and what is told when not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import HfApi

from ictrain import cli
from ictrain.errors import RunError
from ictrain.publishing import Push
from tests.publishing.hub_server import TOKEN, HubServer

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    huggingface_hub.utils.disable_progress_bars()
    server = HubServer()
    yield server
    server.close()


@pytest.fixture
def folder(tmp_path):
    out = tmp_path / "model"
    (out / "base").mkdir(parents=True)
    (out / "README.md").write_text("---\nlibrary_name: peft\n---\n# model\n")
    (out / "adapter_model.safetensors").write_bytes(os.urandom(5000))
    (out / "base" / "config.json").write_text("{}")
    return out


def api(hub, token=TOKEN):
    return HfApi(endpoint=hub.url, token=token)


def contents(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_the_folder_arrives_byte_by_byte_in_one_commit(hub, folder):
    push = Push("me/model", private=True)
    push.check(api(hub))
    assert push.upload(folder, "little: contrastive, seed 3", api(hub)) == f"{hub.url}/me/model"
    assert hub.repos == {"me/model": contents(folder)}
    assert hub.private == {"me/model"}
    assert hub.commits == [("me/model", "little: contrastive, seed 3")]
    assert any(path.startswith("/lfs/") for _, path in hub.seen)  # the weights went as a large file


def test_a_public_repository_is_not_private(hub, folder):
    Push("me/model").upload(folder, "m", api(hub))
    assert hub.private == set()


def test_a_repository_that_is_there_is_only_changed_when_asked_for(hub, folder):
    hub.repos["me/model"] = {".gitattributes": b"*", "adapter_config.json": b"old"}
    with pytest.raises(RunError, match=r"me/model on the Hub: is there already.*--update"):
        Push("me/model").check(api(hub))
    with pytest.raises(RunError, match=r"answered 409.*--update"):
        Push("me/model").upload(folder, "m", api(hub))
    assert hub.repos["me/model"] == {".gitattributes": b"*", "adapter_config.json": b"old"}
    Push("me/model", update=True).check(api(hub))
    Push("me/model", update=True).upload(folder, "m", api(hub))
    # What is no longer in the folder would be loaded with it, so it goes.
    assert hub.repos["me/model"] == {".gitattributes": b"*", **contents(folder)}


@pytest.mark.parametrize(
    ("refuse", "status", "said"),
    [
        (("POST", "/api/repos/create"), 401, "token is not valid"),
        (("POST", "/api/repos/create"), 403, "may not write there"),
        (("POST", "/api/repos/create"), 500, "try again later"),
        (("POST", "/preupload/"), 403, "may not write there"),
        (("POST", "/objects/batch"), 403, "may not write there"),
        (("POST", "/commit/"), 403, "may not write there"),
        (("POST", "/commit/"), 500, "try again later"),
    ],
)
def test_a_refusal_is_one_line_and_leaves_nothing(hub, folder, refuse, status, said):
    hub.refuse[refuse] = status
    with pytest.raises(RunError, match=rf"the Hub answered {status}") as told:
        Push("me/model").upload(folder, "m", api(hub))
    assert said in str(told.value)
    assert "\n" not in str(told.value)
    assert hub.repos == {}  # a repository that was made for this push is gone again
    hub.refuse.clear()
    Push("me/model").upload(folder, "m", api(hub))
    assert hub.repos["me/model"] == contents(folder)


def test_an_update_that_is_refused_leaves_the_repository_as_it_was(hub, folder):
    hub.repos["me/model"] = {"README.md": b"old"}
    hub.refuse["POST", "/commit/"] = 500
    with pytest.raises(RunError, match="answered 500"):
        Push("me/model", update=True).upload(folder, "m", api(hub))
    assert hub.repos == {"me/model": {"README.md": b"old"}}


def test_what_stands_in_the_way_is_told_before_anything_is_computed(hub, monkeypatch, tmp_path):
    with pytest.raises(RunError, match=r"answered 401.*token is not valid"):
        Push("me/model").check(api(hub, "hf_wrong"))
    monkeypatch.setattr("huggingface_hub.hf_api.get_token", lambda: None)
    with pytest.raises(RunError, match=r"not logged in.*hf auth login"):
        Push("me/model").check(api(hub, None))
    for name in ("model", "me/mo del", "a/b/c", "me/-x"):
        with pytest.raises(RunError, match=r"not a name.*expected user/name"):
            Push(name).check(api(hub))
    url = hub.url
    hub.close()
    with pytest.raises(RunError, match=r"cannot reach the Hub.*check the network"):
        Push("me/model").check(HfApi(endpoint=url, token=TOKEN))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(RunError, match="HF_HUB_OFFLINE is set"):
        Push("me/model").check(HfApi(endpoint=url, token=TOKEN))


@pytest.mark.slow
def test_the_command_exports_and_pushes(hub, run, tmp_path):
    """As a user would: another process, with the endpoint and the token in its environment."""
    told = {
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": TOKEN,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
    }
    code = "from ictrain.cli import main; main()"
    arguments = [
        "export",
        str(run),
        "--strategy",
        "contrastive",
        "--merge",
        "--out",
        str(tmp_path / "o"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments, "--push", "me/little", "--license", "mit"],
        env={**os.environ, **told}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"pushed: {hub.url}/me/little" in done.stdout
    assert hub.repos["me/little"] == contents(tmp_path / "o")
    card = hub.repos["me/little"]["README.md"].decode()
    assert "name = 'me/little'" in card
    assert "license: mit" in card
    assert "model-index:\n- name: little\n" in card


def test_private_or_update_without_push_is_refused(run, tmp_path, monkeypatch, capsys):
    arguments = ["export", str(run), "--out", str(tmp_path / "o"), "--private"]
    monkeypatch.setattr("sys.argv", ["ictrain", *arguments])
    with pytest.raises(SystemExit):
        cli.main()
    assert "expected --push user/name" in capsys.readouterr().err
    assert list(Path(tmp_path).iterdir()) == []
