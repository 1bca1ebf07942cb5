"""What was gathered for a challenge, paper by paper, against what wins such a dispute."""

from __future__ import annotations

from bot.cards.blocks import Block, section
from bot.cards.scene import Scene
from bot.cards.text import escape, shortened, who
from bot.store.tables import Dispute, Evidence
from policy.evidence import checklist, missing, with_more
from policy.lifecycle import DisputeState
from policy.model import Paper

_SHOWN = (DisputeState.GATHERING, DisputeState.SUBMITTING, DisputeState.CHALLENGED)


def evidence(scene: Scene, dispute: Dispute) -> list[Block]:
    """Draw the checklist: before somebody challenges, only what it would take."""
    papers = checklist(scene.playbook, dispute.reason)
    if not papers:
        return []
    if dispute.state == DisputeState.OPEN:
        names = "\n".join(f"• {escape(paper.name)}" for paper in papers)
        return [section(f"*What wins such a dispute*\n{names}")]
    if dispute.state not in _SHOWN:
        return []
    there = {row.field: row for row in scene.evidence if row.text or row.slack_file}
    lines = [_line(paper, there.get(paper.field), dispute) for paper in papers]
    more = [paper for paper in with_more(papers)[len(papers) :] if paper.field in there]
    lines += [_line(paper, there[paper.field], dispute) for paper in more]
    count = len(papers) - len(still_missing(scene, dispute))
    return [
        section(f"*Evidence: {count} of the {len(papers)} papers that win it are there*\n" + "\n".join(lines))
    ]


def still_missing(scene: Scene, dispute: Dispute) -> tuple[Paper, ...]:
    """Return the papers of which neither we nor Stripe have anything."""
    there = {row.field for row in scene.evidence if row.text or row.slack_file} | set(dispute.held)
    return missing(checklist(scene.playbook, dispute.reason), there)


def _line(paper: Paper, row: Evidence | None, dispute: Dispute) -> str:
    name = escape(paper.name)
    if row is None:
        return f"✅ {name} · laid down at Stripe" if paper.field in dispute.held else f"⬜ {name} · _missing_"
    by = f"by {who(row.given_by)}"
    file = f"“{escape(shortened(row.file_name, 60))}”"
    if row.problem:
        return f"⚠️ {name} · {file} did not reach Stripe. {escape(row.problem)}"
    what = file if row.slack_file else f"{len(row.text):,} characters"
    if row.staged != row.revision and dispute.state != DisputeState.CHALLENGED:
        return f"⏳ {name} · {what}, {by}; on its way to Stripe"
    return f"✅ {name} · {what}, {by}"
