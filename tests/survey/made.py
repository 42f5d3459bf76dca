"""Pairs for surveys, made on the spot."""

from __future__ import annotations

import json
from pathlib import Path

from ictrain.models import ModelSettings
from ictrain.survey import Request, Survey, look, model_of

CITIES = ["rom", "wien", "bonn", "oslo", "kyiv", "lima", "prag", "riga", "bern", "minsk"]
ASKED = ["einwohner", "fluss", "hauptstadt", "groesse", "hoehe", "nachbar", "see", "sprache"]


def questions(number: int) -> list[dict[str, str]]:
    """Questions in German to a formal language; a literal in both of them."""
    rows = []
    for i in range(number):
        city, asked = CITIES[i % 10], ASKED[(i // 10) % 8]
        text = f"welche {asked} hat die stadt {city} im jahr {i}"
        rows.append({"input": text, "output": f"answer({asked}(cityid('{city}')), {i})"})
    return rows


def write(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return str(path)


def scratch() -> ModelSettings:
    return model_of("scratch")[0]


def survey_of(path: Path, rows: list[dict], **more) -> Survey:
    source = write(path / "train.jsonl", rows)
    known = {"model": scratch(), "template": "{input} => {output}\n", "similarity": "overlap"}
    return look(Request(**{"train": source, **known, **more}))
