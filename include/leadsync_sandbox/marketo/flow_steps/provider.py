"""A flow-step service of somebody else: installed by its definition, then called.

(reference/marketo-rest.md 18.1, 18.3)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import requests

from leadsync_sandbox.common.sandbox import ControlError, Json
from leadsync_sandbox.marketo.instance import Instance

#: Marketo waits so long for a service.
TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class Provider:
    """An installed service.

    :param base_url: where its paths start.
    :param callback_base: URL of this stand-in, as the service sees it.
    """

    number: int
    base_url: str
    key_name: str
    key: str
    callback_base: str
    definition: Json

    @property
    def name(self) -> str:
        """The step's name, as marketers see it."""
        return str(self.definition["i18n"]["en_US"]["name"])

    def call(self, method: str, path: str, content: Any = None) -> requests.Response:
        """Make one call with the key.

        :raises requests.RequestException: no answer came.
        """
        return requests.request(
            method,
            f"{self.base_url}{path}",
            json=content,
            headers={self.key_name: self.key},
            timeout=TIMEOUT,
            allow_redirects=False,
        )

    def choices(self) -> dict[str, list[Json]]:
        """Return the choices of all inputs that have some, as Marketo reads them every night."""
        inputs = self.definition["invocationPayloadDef"].get("flowAttributes", [])
        found = {}
        for name in (one["apiName"] for one in inputs if one.get("hasPicklist")):
            answer = self.call("POST", "/getPicklist", {"name": name, "type": "flow"})
            found[name] = _content(answer)["choices"]
        return found


def install(box: Instance, fields: Json) -> Json:
    """Install a service as an administrator does: by the URL of its definition, and its key.

    :param fields: ``url``, ``key``, and ``callback_base``.
    :raises ControlError: the definition lacks what Marketo requires; names it.
    """
    document = _content(requests.get(fields["url"], timeout=TIMEOUT))
    scheme = _first_scheme(document)
    servers = document.get("servers") or [{"url": urljoin(fields["url"], ".").rstrip("/")}]
    number = box.keep.take_numbers("flow_service", 1, 1)
    asked = Provider(
        number, servers[0]["url"], scheme["name"], fields["key"], fields["callback_base"], {}
    )
    for path in ("/submitAsyncAction", "/getServiceDefinition", "/status"):
        if path not in document["paths"]:
            raise ControlError(f"The definition has no path {path}.")
    definition = _content(asked.call("GET", "/getServiceDefinition"))
    for name in ("apiName", "i18n", "primaryAttribute", "callbackPayloadDef"):
        if name not in definition:
            raise ControlError(f"The service definition has no {name}.")
    row = (number, asked.base_url, asked.key_name, asked.key, asked.callback_base)
    box.database.run(
        "INSERT INTO flow_service VALUES (?, ?, ?, ?, ?, ?)", (*row, json.dumps(definition))
    )
    return {"id": number}


def installed(box: Instance, number: int) -> Provider:
    """Return an installed service.

    :raises ControlError: there is none.
    """
    row = box.database.row("SELECT * FROM flow_service WHERE id = ?", (number,))
    if row is None:
        raise ControlError(f"No flow-step service {number} is installed.")
    return Provider(
        number,
        row["base_url"],
        row["key_name"],
        row["key"],
        row["callback_base"],
        json.loads(row["definition"]),
    )


def _first_scheme(document: Json) -> Json:
    """Return the first scheme of the document's security, the only one that Marketo looks at."""
    name = next(iter(document["security"][0]))
    scheme: Json = document["components"]["securitySchemes"][name]
    if scheme.get("type") != "apiKey" or scheme.get("in") != "header":
        raise ControlError("This stand-in knows keys in a header only.")
    return scheme


def _content(answer: requests.Response) -> Json:
    if answer.status_code != 200:
        raise ControlError(f"{answer.request.method} {answer.url} answered {answer.status_code}.")
    content: Json = answer.json()
    return content
