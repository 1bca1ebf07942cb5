"""A ruling in words: for the agent who asked, and as the evidence on a card."""

from __future__ import annotations

from typing import Final

from bot.cards.blocks import Block, context, section
from bot.cards.text import escape, when
from policy.ruling import Escalate, Grant, Refuse, Result, Ruling

_MARK: Final = {Result.FAILED: "✗", Result.NOTED: "•"}
_SHOWN: Final = 8


def evidence(ruling: Ruling) -> list[Block]:
    """Show what decided, what failed or is worth knowing, and what passed in one line."""
    told = [finding for finding in ruling.findings if finding.result is not Result.PASSED]
    told.sort(key=lambda finding: finding.result is Result.NOTED)
    lines = [f"{_MARK[one.result]} {escape(one.text)} _{escape(one.source)}_" for one in told[:_SHOWN]]
    decided = f"{escape(ruling.why)} _{escape(ruling.source)}_"
    passed = [
        one.rule.rpartition(".")[2].replace("_", " ")
        for one in ruling.findings
        if one.result is Result.PASSED
    ]
    checks = [context(f"✓ {len(passed)} checks passed: {', '.join(passed)}")] if passed else []
    return [section("\n".join(["*What the playbook found*", decided, *lines])), *checks]


def arithmetic(ruling: Ruling) -> list[Block]:
    """Show how the amount came about, line by line, where there is something to show."""
    if len(ruling.arithmetic) < 2:
        return []
    lines = "\n".join(f"{escape(line.text)}: {line.amount}" for line in ruling.arithmetic)
    return [section(f"*How the amount came about*\n{lines}")]


def told(ruling: Ruling, *, mention: str, case_id: str = "") -> list[Block]:
    """Tell the agent what happens and why, what to do now, and what the customer can be told."""
    blocks = [section(f"{_SIGN[type(ruling)]} *{escape(ruling.headline)}*"), *_until(ruling, mention)]
    blocks.append(section(f"*Why*\n{escape(ruling.why)}\n_{escape(ruling.source)}_"))
    if ruling.next_steps:
        blocks.append(section("*What to do now*\n" + _bullets(ruling.next_steps)))
    if ruling.tell_customer:
        blocks.append(section("*What you can tell the customer*\n" + _bullets(ruling.tell_customer)))
    blocks += arithmetic(ruling)
    return [*blocks, context(" · ".join(filter(None, [case_id, f"playbook {ruling.playbook}"])))]


_SIGN: Final[dict[type[Ruling], str]] = {Grant: "✅", Escalate: "⏳", Refuse: "⛔"}


def _until(ruling: Ruling, mention: str) -> list[Block]:
    if not isinstance(ruling, Escalate):
        return []
    return [section(f"{mention} answer by {when(ruling.due_at)}. You will hear of it in a direct message.")]


def _bullets(sentences: tuple[str, ...]) -> str:
    return "\n".join(f"• {escape(sentence)}" for sentence in sentences)
