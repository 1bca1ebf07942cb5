"""The environment, read and checked once; `.env` is read too."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import ConfigurationError

_HOW = {
    "SLACK_BOT_TOKEN": "Slack app page, “OAuth & Permissions”, “Bot User OAuth Token”; it begins with xoxb-",
    "SLACK_SIGNING_SECRET": "Slack app page, “Basic Information”, “Signing Secret”",
    "SLACK_APP_TOKEN": "Slack app page, “Basic Information”, “App-Level Tokens”; it begins with xapp-",
    "STRIPE_API_KEY": "Stripe Dashboard, “Developers”, “API keys”; a restricted key begins with rk_",
    "STRIPE_WEBHOOK_SECRET": "Stripe Dashboard, “Webhooks”, your endpoint; it begins with whsec_",
    "SMTP_URL": "your mail server, such as smtp://user:password@mail.example.com:587",
    "MAIL_FROM": "the sender's address, such as billing@example.com",
    "DATABASE_URL": "sqlite:///data/makegood.db, or postgresql+psycopg://user:password@host/name",
    "MAKEGOOD_CHANNELS": "route=channel pairs, such as leads=#refunds,finance=C0123456789",
    "MAKEGOOD_APPROVERS": "route=people pairs, such as leads=@support-leads,reggie=U0123456789+U0987654321",
}

_BEGINS = {
    "slack_bot_token": ("xoxb-",),
    "slack_app_token": ("xapp-",),
    "stripe_api_key": ("sk_", "rk_"),
    "stripe_webhook_secret": ("whsec_",),
}


class Settings(BaseSettings):
    """Everything the environment says, under the names of the README's configuration table."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)

    slack_bot_token: SecretStr
    slack_signing_secret: SecretStr = SecretStr("")
    slack_app_token: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    stripe_api_key: SecretStr
    stripe_webhook_secret: SecretStr
    stripe_api_base: str = "https://api.stripe.com"
    smtp_url: SecretStr
    mail_from: str = Field(pattern=r"@")
    database_url: SecretStr = SecretStr("sqlite:///data/makegood.db")
    makegood_playbook: Path | None = None
    makegood_base_url: str = ""
    makegood_channels: Annotated[dict[str, str], NoDecode] = {}
    makegood_approvers: Annotated[dict[str, str], NoDecode] = {}
    makegood_usage: SecretStr = SecretStr("")
    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=0, le=65535)

    @field_validator("makegood_channels", "makegood_approvers", mode="before")
    @classmethod
    def _pairs(cls, value: str | dict[str, str]) -> dict[str, str]:
        if isinstance(value, dict):
            return value
        pairs = [pair.strip() for pair in value.split(",") if pair.strip()]
        if any("=" not in pair for pair in pairs):
            raise ValueError("needs route=value pairs with commas between them")
        return {route.strip(): target.strip() for route, target in (pair.split("=", 1) for pair in pairs)}

    @field_validator("slack_app_token", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: str | None) -> str | None:
        return value or None

    @field_validator("slack_bot_token", "slack_app_token", "stripe_api_key", "stripe_webhook_secret")
    @classmethod
    def _begins_as_issued(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(_BEGINS[str(info.field_name)]):
            raise ValueError("is not of the form that it is issued in")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp(cls, value: SecretStr) -> SecretStr:
        address = urlsplit(value.get_secret_value())
        if address.scheme not in {"smtp", "smtps"} or not address.hostname:
            raise ValueError("needs an smtp:// or smtps:// address")
        return value

    @property
    def socket_mode(self) -> bool:
        """Slack reaches us over a socket that we opened, rather than at a public address."""
        return self.slack_app_token is not None

    @property
    def livemode(self) -> bool:
        """The Stripe key moves real money."""
        return "_live_" in self.stripe_api_key.get_secret_value()


def read_settings(**given: object) -> Settings:
    """Read the environment, with `given` before it. Raises ConfigurationError naming the first fault."""
    try:
        settings = Settings(**given)  # type: ignore[arg-type]  # pydantic checks each value against its field
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        name = str(fault["loc"][0]).upper()
        what = "is not set" if fault["type"] == "missing" else "is set, but not to a value of the right form"
        raise ConfigurationError(
            f"{name} {what}. Where to get it: {_HOW.get(name, 'see the README')}."
        ) from None
    if not settings.socket_mode and not settings.slack_signing_secret.get_secret_value():
        raise ConfigurationError(
            "SLACK_SIGNING_SECRET is not set, and neither is SLACK_APP_TOKEN. Set the first for HTTP, "
            "the second for Socket Mode. Where to get them: "
            f"{_HOW['SLACK_SIGNING_SECRET']}; {_HOW['SLACK_APP_TOKEN']}."
        )
    return settings
