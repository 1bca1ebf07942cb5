"""A customer's personal data is taken out of billing changes too, once none of theirs is open."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlmodel import Session, select

from bot.app import Running
from bot.errors import DeskError
from bot.sandbox.changing import choose, open_form, send
from bot.sandbox.play import Play, words
from bot.sandbox.slack.cast import MAYA, REGGIE, REGGIE_CHANNEL, SUPPORT
from bot.sandbox.stripe import cast
from bot.store import erasure
from bot.store.tables import Audit, BillingChange, ChangeStep, Post

ELLA = cast.MONTHLY_CUSTOMER
_PERSONAL = ("Ella", "sorensentea", "birthday")


async def asked(play: Play) -> None:
    await open_form(play, MAYA, SUPPORT, "/comp", ELLA)
    await choose(play, MAYA, "comp_months", "1")
    await send(play, MAYA, ticket="4730", note="It is Ella's birthday.")
    await play.until(lambda: "change_approve" in str(play.card(REGGIE_CHANNEL, REGGIE, "Free access:")))


def personal_rows(session: Session) -> list[str]:
    rows = [row for table in (BillingChange, ChangeStep, Post, Audit) for row in session.exec(select(table))]
    return [str(row) for row in rows if any(word in str(row.model_dump()) for word in _PERSONAL)]


async def test_a_change_that_is_over_names_nobody_after_erasure(app: Running, play: Play) -> None:
    store = app.desk.store
    await asked(play)
    await play.click(REGGIE, REGGIE_CHANNEL, "change_deny", "Free access:")
    await play.say_why(REGGIE, "Not for a birthday of Ella's.")
    await play.until(lambda: "*Denied*" in words(play.card(REGGIE_CHANNEL, REGGIE, "Free access:")))
    await play.until(lambda: any("Not for a birthday" in text for text in play.direct(MAYA)))
    assert [] != await store.read(personal_rows)
    await store.write(lambda session: erasure.erase(session, ELLA, datetime.now(UTC)))
    assert [] == await store.read(personal_rows)
    await play.until(lambda: f"Free access: {ELLA}" in str(play.card(REGGIE_CHANNEL, REGGIE, "Free access:")))


async def test_while_a_change_is_open_nothing_is_erased(app: Running, play: Play) -> None:
    await asked(play)
    with pytest.raises(DeskError, match="still open"):
        await app.desk.store.write(lambda session: erasure.erase(session, ELLA, datetime.now(UTC)))
