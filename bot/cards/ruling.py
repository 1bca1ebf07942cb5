"""A ruling in words: for the agent who asked, and as the evidence on a card."""

from __future__ import annotations

from typing import Final

from bot.cards.blocks import Block, context, section
from bot.cards.text import escape, when
from policy.ruling import Escalate, Grant, Refuse, Result, Ruling

_MARK: Final = {Result.PASSED: "✓", Result.FAILED: "✗", Result.NOTED: "•"}
_SHOWN: Final = 8


def evidence(ruling: Ruling) -> list[Block]:
    """Show what decided, and what failed or is worth knowing; the passages and the rest in small print."""
    told = [finding for finding in ruling.findings if finding.result is not Result.PASSED]
    told.sort(key=lambda finding: finding.result is Result.NOTED)
    lines = [f"{_MARK[one.result]} {escape(one.text)}" for one in told[:_SHOWN]]
    passages = dict.fromkeys([ruling.source, *(one.source for one in told[:_SHOWN])])
    passed = len(ruling.findings) - len(told)
    return [
        section("\n".join(["*What the playbook found*", escape(ruling.why), *lines])),
        context(f"✓ {passed} other checks passed · {escape('; '.join(passages))}"),
    ]


def every_check(ruling: Ruling) -> list[Block]:
    """List everything that was consulted, each with its result and its passage."""
    lines = [f"{_MARK[one.result]} {escape(one.text)}\n_{escape(one.source)}_" for one in ruling.findings]
    return [section(f"*{escape(ruling.headline)}*"), *(section(line) for line in lines), *arithmetic(ruling)]


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
