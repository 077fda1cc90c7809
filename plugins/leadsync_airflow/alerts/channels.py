"""Where alerts go: e-mail and whatever Apprise reaches, through Airflow's connections.

| variable | what |
|---|---|
| `LEADSYNC_ALERT_EMAIL` | addresses, comma-separated; sent through the connection `smtp_default` |
| `LEADSYNC_ALERT_APPRISE` | ids of connections of type `apprise`, comma-separated |

An Apprise connection's `config` holds the service's URL with its token, so no secret is in a
variable or in a log.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from leadsync.errors import LeadsyncError

if TYPE_CHECKING:
    from leadsync_airflow.alerts.alert import Alert

EMAIL_VARIABLE = "LEADSYNC_ALERT_EMAIL"
APPRISE_VARIABLE = "LEADSYNC_ALERT_APPRISE"
SMTP_CONNECTION = "smtp_default"


class UndeliveredError(LeadsyncError):
    """A channel did not take an alert."""


class Channel(Protocol):
    """A way to people. ``name`` stays the same, because incidents remember it."""

    @property
    def name(self) -> str: ...

    def send(self, alert: Alert) -> None:
        """Deliver the alert.

        :raises Exception: whatever the provider raises when it cannot.
        """
        ...


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """One e-mail to all recipients, through Airflow's ``SmtpNotifier``."""

    recipients: tuple[str, ...]
    conn_id: str = SMTP_CONNECTION

    @property
    def name(self) -> str:
        return f"email:{self.conn_id}"

    def send(self, alert: Alert) -> None:
        """Send the e-mail; its text is no template, because errors can contain braces."""
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        notifier = SmtpNotifier(
            to=list(self.recipients),
            subject=alert.subject,
            html_content=alert.html(),
            smtp_conn_id=self.conn_id,
        )
        notifier.notify({})


@dataclass(frozen=True, slots=True)
class AppriseChannel:
    """A message to every service of one Apprise connection."""

    conn_id: str

    @property
    def name(self) -> str:
        return f"apprise:{self.conn_id}"

    def send(self, alert: Alert) -> None:
        """Send the message.

        Airflow's ``AppriseNotifier`` does not tell whether a service took it, so Apprise is called
        with the services that its hook reads from the connection.

        :raises UndeliveredError: a service refused it or cannot be reached.
        """
        from airflow.providers.apprise.hooks.apprise import AppriseHook
        from apprise import Apprise, NotifyType

        hook, services = AppriseHook(self.conn_id), Apprise()
        hook.set_config_from_conn(hook.get_connection(self.conn_id), services)
        if not services.notify(
            title=alert.subject,
            body=alert.text(),
            notify_type=NotifyType(alert.level),
            tag="all",
        ):
            raise UndeliveredError(
                f"A service of the connection {self.conn_id} did not take the alert.",
                remedy="Check the URLs in its config; Apprise's log lines say which one failed.",
            )


def configured_channels(environ: Mapping[str, str] | None = None) -> list[Channel]:
    """Return the channels that the environment names; none when it names none."""
    environ = os.environ if environ is None else environ
    channels: list[Channel] = []
    recipients = _listed(environ, EMAIL_VARIABLE)
    if recipients:
        channels.append(EmailChannel(tuple(recipients)))
    channels += [AppriseChannel(conn_id) for conn_id in _listed(environ, APPRISE_VARIABLE)]
    return channels


def _listed(environ: Mapping[str, str], name: str) -> list[str]:
    return [item.strip() for item in environ.get(name, "").split(",") if item.strip()]
