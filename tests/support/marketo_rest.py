"""A plain REST caller for tests of the Marketo stand-in."""

from __future__ import annotations

from typing import Any

import requests

from support.sandbox import Control, RunningSandbox

Json = dict[str, Any]


class Rest:
    """Calls the stand-in as any HTTP client would."""

    def __init__(self, running: RunningSandbox) -> None:
        self.url = running.url
        self.control: Control = running.control
        self.client = (running.client_id, running.client_secret)
        self.session = requests.Session()
        self.authenticate()

    def identity(self, **parameters: str) -> requests.Response:
        given = {
            "grant_type": "client_credentials",
            "client_id": self.client[0],
            "client_secret": self.client[1],
            **parameters,
        }
        return self.session.get(f"{self.url}/identity/oauth/token", params=given, timeout=10)

    def authenticate(self) -> None:
        token = self.identity().json()["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=30, **options)

    def get(self, path: str, **parameters: Any) -> Json:
        found: Json = self.raw("GET", path, params=parameters).json()
        return found

    def post(self, path: str, content: Any = None, **parameters: Any) -> Json:
        found: Json = self.raw("POST", path, json=content, params=parameters).json()
        return found

    def sync(self, *records: Json, **options: Any) -> list[Json]:
        answer = self.post("/rest/v1/leads.json", {**options, "input": list(records)})
        assert answer["success"], answer
        found: list[Json] = answer["result"]
        return found

    def create(self, **values: Any) -> int:
        (result,) = self.sync(values, action="createOnly")
        assert result["status"] == "created", result
        return int(result["id"])

    def lead(self, number: int, *fields: str) -> Json:
        query = {"fields": ",".join(fields)} if fields else {}
        (found,) = self.get(f"/rest/v1/lead/{number}.json", **query)["result"]
        return dict(found)

    def leads(self, filter_type: str, *values: Any, **options: Any) -> list[Json]:
        joined = ",".join(map(str, values))
        path = "/rest/v1/leads.json"
        answer = self.get(path, filterType=filter_type, filterValues=joined, **options)
        assert answer["success"], answer
        found: list[Json] = answer["result"]
        return found

    def token(self, since: str = "2000-01-01T00:00:00Z") -> str:
        path = "/rest/v1/activities/pagingtoken.json"
        return str(self.get(path, sinceDatetime=since)["nextPageToken"])

    def changes(self, token: str, fields: str = "firstName") -> list[Json]:
        path = "/rest/v1/activities/leadchanges.json"
        return list(self.get(path, nextPageToken=token, fields=fields).get("result", []))

    def code(self, answer: Json) -> str:
        assert answer["success"] is False
        assert set(answer) == {"requestId", "success", "errors"}
        return str(answer["errors"][0]["code"])
