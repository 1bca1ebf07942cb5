"""Read one subject as it is now, with all that its cards show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from msgspec.structs import replace
from sqlmodel import Session

from bot.cards.scene import Scene
from bot.desk.desk import Rules
from bot.directory import Directory
from bot.store import cases, changes, evidence, resolutions
from bot.store.engine import Store
from bot.store.statements import fetch
from bot.store.tables import Dispute, Escalation
from policy.changes import ChangeKind
from policy.playbook import Playbook


def looker(
    store: Store, directory: Directory, rules: Rules, now: Callable[[], datetime], *, livemode: bool
) -> Callable[[str], Awaitable[Scene]]:
    """Return the function that reads a subject's scene."""

    async def look(subject_id: str) -> Scene:
        read = partial(_read, subject_id=subject_id, now=now(), playbook=rules.playbook, livemode=livemode)
        scene = await store.read(read)
        subject = scene.case or scene.escalation or scene.dispute or scene.change
        routes = {subject.route, subject.also_route} if subject else set()
        known = [route for route in rules.playbook.routes if route in routes]
        return replace(scene, mentions={route: await directory.mention(route) for route in known})

    return look


def _read(session: Session, *, subject_id: str, now: datetime, playbook: Playbook, livemode: bool) -> Scene:
    scene = Scene(
        now=now,
        playbook=playbook,
        mentions={},
        livemode=livemode,
        resolution=resolutions.of_subject(session, subject_id),
    )
    if case := cases.get(session, subject_id):
        return replace(
            scene,
            case=case,
            operation=next(reversed(cases.operations(session, case.id)), None),
            outside=cases.outside(session, case.charge_id),
            dispute=cases.dispute_on_charge(session, case.charge_id),
        )
    if escalation := fetch(session, Escalation, subject_id):
        return replace(scene, escalation=escalation)
    if change := changes.get(session, subject_id):
        given = changes.comps_of(session, change.customer_id, now) if change.kind == ChangeKind.COMP else ()
        return replace(scene, change=change, steps=changes.steps(session, change.id), comps=given)
    dispute = fetch(session, Dispute, subject_id)
    if dispute is None:
        raise LookupError(f"there is no case, escalation, dispute or change {subject_id}")
    return replace(
        scene,
        dispute=dispute,
        charge_case=cases.newest_on_charge(session, dispute.charge_id),
        evidence=evidence.of_dispute(session, dispute.id),
    )
