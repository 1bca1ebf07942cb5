"""Structured logs on standard error, one JSON line each, with secrets and addresses masked in every one."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Final

import structlog

_SECRETS: Final = re.compile(
    r"(xox[a-z]-|xapp-|sk_|rk_|whsec_)[A-Za-z0-9_-]{4,}|Bearer\s+\S+|(?<=://)[^/\s:@\"]*:[^/\s@\"]+(?=@)"
)
_EMAIL: Final = re.compile(r"([\w.%+'-])[\w.%+'-]*@([\w-]+(?:\.[\w-]+)+)")
_CARD: Final = re.compile(r"\b\d(?:[ -]?\d){10,14}[ -]?(\d{4})\b")


def mask(text: str) -> str:
    """Hide tokens, passwords, full card numbers and the names in email addresses."""
    text = _SECRETS.sub(lambda match: f"{match.group(1) or ''}***", text)
    return _CARD.sub(r"**** \1", _EMAIL.sub(r"\1***@\2", text))


def _masked(_logger: object, _name: str, line: Any) -> str:  # noqa: ANN401  # what the renderer returned
    return mask(str(line))


def configure(level: int = logging.INFO) -> None:
    """Send the program's and the libraries' logs through one formatter, with the mask as its last step."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.EventRenamer("what"),
                structlog.processors.JSONRenderer(ensure_ascii=False),
                _masked,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in (
        "slack_bolt",
        "slack_sdk",
        "apscheduler",
        "httpx",
        "httpcore",
        "stripe",
        "uvicorn",
        "mail.log",
        "alembic",
    ):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
    # Bolt finds SLACK_BOT_TOKEN in the environment and says that it will not use it; it is not meant to.
    logging.getLogger("slack_bolt.AsyncApp").addFilter(
        lambda record: "`token` will be unused" not in record.getMessage()
    )
