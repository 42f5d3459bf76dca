from __future__ import annotations

import pytest

from ictrain import cli


def ictrain(*arguments, monkeypatch):
    monkeypatch.setattr("sys.argv", ["ictrain", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def test_a_users_mistake_is_one_line_and_no_traceback(tmp_path, monkeypatch, capsys):
    path = tmp_path / "x.yaml"
    path.write_text("name: x\ntask: {name: alignment}\nstrategies: {zro: {}}\n")
    assert ictrain("run", str(path), monkeypatch=monkeypatch) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "did you mean 'zero'" in error


def test_debug_shows_where_it_came_from(tmp_path, monkeypatch):
    from ictrain.errors import ConfigError

    monkeypatch.setattr("sys.argv", ["ictrain", "run", str(tmp_path / "no.yaml"), "--debug"])
    with pytest.raises(ConfigError):
        cli.main()


COMMANDS = ["demo", "run", "contexts", "report", "base", "theory", "init", "harness", "export"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name, monkeypatch, capsys):
    assert ictrain(name, "--help", monkeypatch=monkeypatch) in (0, None)
    assert "Example: ictrain" in capsys.readouterr().out
