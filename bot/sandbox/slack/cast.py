"""The cast: who works at Larkspur, where they talk, and the messages that are there from the start."""

from __future__ import annotations

from typing import Final

from bot.sandbox.clock import SandboxClock
from bot.sandbox.slack.messages import Message, mentioned
from bot.sandbox.slack.workspace import (
    APP_ID,
    BOT_ID,
    BOT_USER,
    OTHER_TEAM_ID,
    SLACKBOT,
    Channel,
    Group,
    User,
    Workspace,
)

MAYA: Final = "U07MAYACHEN"
TOM: Final = "U07TOMOKAFR"
PRIYA: Final = "U07PRIYANAR"
JONAS: Final = "U07JONASWBR"
LENA: Final = "U07LENAFSCH"
REGGIE: Final = "U07REGGIEAL"
SAM: Final = "U07SAMIDRIS"
NOOR: Final = "U07NOORHADD"
GUS: Final = "U07GUSBERG1"
PETRA: Final = "U05PETRALNG"
DANA: Final = "U07DANAPIKE"
RELAY: Final = "U07MAILRELY"

SUPPORT: Final = "C07SUPPORT1"
SUPPORT_LEADS: Final = "C07SUPLEADS"
FINANCE: Final = "C07FINANCE1"
REGGIE_CHANNEL: Final = "C07REGGIECH"
SECURITY: Final = "C07SECURITY"
ENG_PLATFORM: Final = "C07ENGPLATF"
ENG_CRITICAL: Final = "C07ENGCRITI"

LEADS_GROUP: Final = "S07SUPLEADS"
FINANCE_GROUP: Final = "S07FINANCE1"
REGGIE_GROUP: Final = "S07REGGIEGR"
SECURITY_GROUP: Final = "S07SECURITY"
PLATFORM_GROUP: Final = "S07ENGPLATF"
CRITICAL_GROUP: Final = "S07ENGCRITI"

_PEOPLE: Final = (
    User(SLACKBOT, "slackbot", "Slackbot", color="757575", is_bot=True),
    User(BOT_USER, "makegood", "Makegood", "The refund desk", "UTC", "2f7d5b", is_bot=True),
    User(RELAY, "mail-relay", "Support inbox", "Relays customers' mail", "UTC", "7a6f9b", is_bot=True),
    User(MAYA, "maya.chen", "Maya Chen", "Support agent", "America/Los_Angeles", "d1495b"),
    User(TOM, "tom.okafor", "Tom Okafor", "Support agent", "Europe/London", "2e86ab"),
    User(PRIYA, "priya.nair", "Priya Nair", "Support lead", "Asia/Kolkata", "e4a010"),
    User(JONAS, "jonas.weber", "Jonas Weber", "Support lead", "Europe/Berlin", "3b8b5d"),
    User(LENA, "lena.fischer", "Lena Fischer", "Finance", "Europe/Vienna", "8e5ea2"),
    User(REGGIE, "reggie.alvarez", "Reggie Alvarez", "Head of support", "America/New_York", "b5532d"),
    User(SAM, "sam.idris", "Sam Idris", "Security", "Europe/London", "46647e"),
    User(NOOR, "noor.haddad", "Noor Haddad", "Platform engineer", "Asia/Dubai", "1b998b"),
    User(GUS, "gus.berg", "Gus Berg", "Contractor", "Europe/Oslo", "a26769", is_restricted=True),
    User(
        PETRA,
        "petra.lang",
        "Petra Lang",
        "Account manager at Quayside",
        "Europe/Zurich",
        "6c757d",
        team_id=OTHER_TEAM_ID,
        is_stranger=True,
    ),
    User(DANA, "dana.pike", "Dana Pike", "Support agent, left in spring", "UTC", "999999", deleted=True),
)

_CHANNELS: Final = (
    (SUPPORT, "support", "Customers' questions and refunds", [MAYA, TOM, PRIYA, JONAS, REGGIE, GUS, PETRA]),
    (
        SUPPORT_LEADS,
        "support-leads",
        "Refunds for the leads to decide; the agents read along",
        [PRIYA, JONAS, REGGIE, MAYA, TOM, GUS, PETRA],
    ),
    (FINANCE, "finance", "Refunds above the leads' limit, disputes", [LENA, REGGIE]),
    (REGGIE_CHANNEL, "reggie", "What Reggie decides", [REGGIE, PRIYA, JONAS]),
    (SECURITY, "security", "Fraud and account safety", [SAM, REGGIE]),
    (ENG_PLATFORM, "eng-platform", "Billing platform", [NOOR]),
    (ENG_CRITICAL, "eng-critical", "Wakes the engineer on call", [NOOR, REGGIE]),
)

_GROUPS: Final = (
    (LEADS_GROUP, "support-leads", "Support leads", [PRIYA, JONAS, REGGIE]),
    (FINANCE_GROUP, "finance", "Finance", [LENA]),
    (REGGIE_GROUP, "reggie", "Reggie", [REGGIE]),
    (SECURITY_GROUP, "security", "Security", [SAM]),
    (PLATFORM_GROUP, "eng-platform", "Platform engineering", [NOOR]),
    (CRITICAL_GROUP, "eng-critical", "Critical engineering", [NOOR]),
)

_RELAYED: Final = (
    "From dana@harborbooks.example: you charged my card twice today, 49 dollars each. Ticket 4711.",
    "From grace@okaforflorals.example: we cancelled and were billed again a week later. Ticket 4718.",
    "From mara@northwindyoga.example: our yearly plan renewed and nobody wanted it to. Ticket 4723.",
)


def seeded(clock: SandboxClock) -> Workspace:
    """Return Larkspur as it is on the first morning, with the app in every channel."""
    workspace = Workspace(clock)
    for person in _PEOPLE:
        workspace.users[person.id] = User(**vars(person))
    for channel_id, name, topic, members in _CHANNELS:
        workspace.channels[channel_id] = Channel(channel_id, name, topic, members=[*members, BOT_USER])
    for group_id, handle, name, members in _GROUPS:
        workspace.groups[group_id] = Group(group_id, handle, name, list(members))
    for text in _RELAYED:
        ts = workspace.ts()
        workspace.channels[SUPPORT].messages[ts] = Message(ts, RELAY, text, mentions=mentioned(text))
    return workspace


BOT_PROFILE: Final = {"id": BOT_ID, "app_id": APP_ID, "name": "Makegood", "deleted": False}
