"""The README says what is so: its diagram, its settings, its commands."""

from __future__ import annotations

import re
from pathlib import Path

from bot.settings import Settings
from policy.lifecycle import CASE, CHANGE, DISPUTE

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_lifecycle_diagrams_are_those_that_the_tables_draw() -> None:
    drawn = re.findall(r"```mermaid\n(.*?)\n```", README, re.DOTALL)
    assert [CASE.mermaid(), DISPUTE.mermaid(), CHANGE.mermaid()] == drawn


def test_the_configuration_table_names_every_setting() -> None:
    table = README.partition("## Configuration")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([A-Z_]+)`", table))
    assert {name.upper() for name in Settings.model_fields} == named


def test_every_make_target_that_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^ *)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test", "check", "tour"} <= named
    assert set() == named - targets


def test_every_file_that_it_links_to_exists() -> None:
    linked = re.findall(r"\]\(([^)#]+)\)", README)
    assert [] == [name for name in linked if not (ROOT / name).exists()]
