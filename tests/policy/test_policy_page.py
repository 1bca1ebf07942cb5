"""The page about the playbook says what is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

from policy.facts import Reason
from policy.reading.refunds import CHECKS
from policy.ruling import Grant, rule
from policy.wire import facts_from_dict
from tests.policy.asking import NOW, playbook

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text("utf-8")


def test_the_case_on_the_page_is_ruled_on() -> None:
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    document = json.loads(found[1])
    facts = facts_from_dict(document["facts"])
    ruling = rule(facts, playbook(), NOW)
    assert (NOW.isoformat(), Reason.ACCIDENTAL_RENEWAL) == (document["now"], facts.ask.reason)
    assert isinstance(ruling, Grant)


def test_each_check_and_each_table_of_the_default_playbook_is_on_the_page() -> None:
    book = playbook()
    assert [] == [check for check in CHECKS if f"`{check}`" not in PAGE]
    text = (Path(__file__).parents[2] / "policy" / "playbooks" / book.name).read_text("utf-8")
    tables = {name.split(".")[0] for name in re.findall(r"(?m)^\[+([\w.]+)\]", text)}
    assert [] == sorted(table for table in tables if not re.search(rf"`\[+{table}[.\]]", PAGE))
