"""The desk's refusals: each error's text is the sentence that the person who met it reads."""

from __future__ import annotations

from collections.abc import Mapping


class DeskError(Exception):
    """What the desk refuses to do, in words: what happened, and what to do."""


class NotAllowedError(DeskError):
    """The person may not do this. `subject` is the kind and the id of what they may not decide."""

    subject = ("", "")


class CouldNotCheckError(DeskError):
    """Slack did not answer who may do this, so nobody may for the moment."""


class AlreadyDecidedError(DeskError):
    """Somebody was first. `subject_id` is the case, escalation or dispute."""

    def __init__(self, subject_id: str, sentence: str) -> None:
        super().__init__(sentence)
        self.subject_id = subject_id


class LimitError(DeskError):
    """The playbook's limit for this is reached."""


class NotFoundError(DeskError):
    """There is no such case, charge or dispute."""


class FieldError(DeskError):
    """What is wrong with the fields of a request: a sentence for each, under the field's name."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        super().__init__(" ".join(sentences.values()))
        self.sentences = dict(sentences)


class StripeUnavailableError(DeskError):
    """Stripe could not be reached, or answered that it cannot at the moment."""


class StripeRefusedError(DeskError):
    """Stripe refused: the key lacks a permission, or the request was wrong."""


class StripeKeyError(StripeRefusedError):
    """Stripe did not look at the request: it does not accept the key, or not for this."""


class SlackUnavailableError(DeskError):
    """Slack did not give what it was asked for; it is asked again."""


class NothingToSubmitError(DeskError):
    """There is no evidence, or it is too late for any."""


class StoreUnavailableError(DeskError):
    """The database did not take the write; nothing was changed."""


class ConfigurationError(DeskError):
    """A setting is missing or malformed; the sentence names it and says how to get it."""
