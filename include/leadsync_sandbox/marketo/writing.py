"""Writing a batch of persons: every rule of reference/marketo-rest.md 7.3, record by record."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadsync_sandbox.common.clock import format_moment
from leadsync_sandbox.marketo.activity_log import Entry
from leadsync_sandbox.marketo.changes import (
    apply_values,
    company_values,
    created_entry,
    is_unsubscribed,
    spread_unsubscribed,
)
from leadsync_sandbox.marketo.envelope import Json, MarketoError, SkippedError
from leadsync_sandbox.marketo.fields import COMPANY_FIELDS, Field
from leadsync_sandbox.marketo.instance import Instance, Origin
from leadsync_sandbox.marketo.people import Person
from leadsync_sandbox.marketo.values import accept, invalid

#: how long a racing upsert looks away between lookup and write.
RACE_SECONDS = 0.1
ACTIONS = ("createOrUpdate", "createOnly", "updateOnly", "createDuplicate")


@dataclass(frozen=True, slots=True)
class WriteMode:
    """How a batch finds and treats persons."""

    action: str = "createOrUpdate"
    lookup: str = "email"
    partition: int | None = None


class PersonWriter:
    """Writes one batch; nothing is stored before :meth:`write` has gone through all records."""

    def __init__(self, box: Instance, mode: WriteMode, origin: Origin) -> None:
        self._box = box
        self._mode = mode
        self._origin = origin
        self._fields = box.fields.all()
        self._at = format_moment(box.clock.now())
        self._known: dict[str, list[Person]] = {}
        self._created: dict[int, Person] = {}
        self._updated: dict[int, Person] = {}
        self._opted: dict[int, Person] = {}
        self._entries: list[Entry] = []
        self._seen: set[str] = set()

    def write(self, records: Sequence[Json]) -> list[Json]:
        """Write the records and return one result for each, by position.

        :raises MarketoError: 1006 or 1011, before anything is written.
        """
        self._check_names(records)
        racing = self._box.settings["concurrent_upserts_race"]
        if racing:
            self._preload(records)
            time.sleep(RACE_SECONDS)
        with self._box.database.transaction():
            if not racing:
                self._preload(records)
            results = [self._result(record) for record in records]
            self._store()
        return results

    def _check_names(self, records: Sequence[Json]) -> None:
        lookup = self._fields.get(self._mode.lookup)
        if lookup is None:
            raise MarketoError("1006", f"Field '{self._mode.lookup}' not found")
        if not lookup.searchable:
            raise MarketoError("1011", f"Field '{self._mode.lookup}' not supported")
        if self._box.settings["unknown_field"] == "response":
            for name in {name for record in records for name in record}:
                if name not in self._fields:
                    raise MarketoError("1006", f"Field '{name}' not found")

    def _preload(self, records: Sequence[Json]) -> None:
        field = self._fields[self._mode.lookup]
        raw = (lookup_value(field, record.get(field.name)) for record in records)
        for person in self._box.people.find(field.name, list({v for v in raw if v is not None})):
            self._known.setdefault(_key(person.value(field)), []).append(person)

    def _result(self, record: Json) -> Json:
        try:
            person, created = self._target(record)
            values = self._accepted(record, person)
        except SkippedError as skipped:
            return {"status": "skipped", "reasons": [skipped.reason]}
        if created:
            self._create(person, values)
        else:
            self._update(person, values)
        return {"id": person.id, "status": "created" if created else "updated"}

    def _target(self, record: Json) -> tuple[Person, bool]:
        matches = self._matches(record)
        action = self._mode.action
        if action != "createDuplicate" and len(matches) > 1:
            raise SkippedError("1007", "Multiple lead match lookup criteria")
        if action == "createOnly" and matches:
            raise SkippedError("1005", "Lead already exists")
        if action == "updateOnly" and not matches:
            raise SkippedError("1004", "Lead not found")
        if matches and action != "createDuplicate":
            self._check_partition(matches[0])
            return matches[0], False
        return Person(0, self._at, self._at, self._at, {}), True

    def _matches(self, record: Json) -> list[Person]:
        value = lookup_value(self._fields[self._mode.lookup], record.get(self._mode.lookup))
        if value is None:
            self._check_missing_lookup()
            return []
        key = _key(value)
        if key in self._seen and self._box.settings["duplicate_in_batch"] == "skip_1036":
            raise SkippedError("1036", "Duplicate object found in input")
        self._seen.add(key)
        return self._known.get(key, [])

    def _check_missing_lookup(self) -> None:
        policy = self._box.settings["missing_lookup"]
        if self._mode.action in ("createOnly", "createDuplicate") or policy == "create":
            return
        name = self._mode.lookup
        if policy == "skip_1002":
            raise SkippedError("1002", f"Missing value for the required parameter '{name}'")
        raise SkippedError("1003", f"Value for lookup field '{name}' not found")

    def _check_partition(self, person: Person) -> None:
        wanted = self._mode.partition
        if wanted is not None and person.data.get("leadPartitionId", 1) != wanted:
            raise SkippedError("1010", "Partition update not allowed")

    def _accepted(self, record: Json, person: Person) -> dict[str, Any]:
        values = {}
        for name, raw in record.items():
            if name == "id" and self._mode.lookup == "id":
                continue
            field = self._writable(name, raw)
            if field is not None:
                values[name] = accept(field, raw, self._box.settings)
        linked = person.data.get("externalCompanyId")
        if linked and COMPANY_FIELDS & values.keys():
            raise SkippedError("1021", "Company update not allowed")
        return values | self._company(values)

    def _writable(self, name: str, raw: Any) -> Field | None:
        field = self._fields.get(name)
        if field is None:
            raise SkippedError("1006", f"Field '{name}' not found")
        if name == "id":
            raise invalid(field, raw)
        if not field.read_only:
            return field
        if self._box.settings["readonly_field"] == "ignore":
            return None
        raise invalid(field, raw)

    def _company(self, values: Mapping[str, Any]) -> dict[str, Any]:
        if "externalCompanyId" not in values:
            return {}
        external_id = values["externalCompanyId"]
        found = company_values(self._box, external_id) if external_id else None
        if found is None and self._box.settings["unknown_company"] != "accept":
            raise invalid(self._fields["externalCompanyId"], external_id)
        return found or {}

    def _create(self, person: Person, values: Mapping[str, Any]) -> None:
        person.id = self._box.people.reserve_ids(1)
        if self._mode.partition not in (None, 1):
            person.data["leadPartitionId"] = self._mode.partition
        person.data["originalSourceType"] = self._origin.source
        for name, value in values.items():
            person.set(name, value)
        if self._is_opted_out(person):
            person.data["unsubscribed"] = True
        self._created[person.id] = person
        self._entries.append(created_entry(person, self._origin))
        if person.data.get("unsubscribed"):
            self._opted[person.id] = person
        key = _key(person.value(self._fields[self._mode.lookup]))
        if key:
            self._known.setdefault(key, []).append(person)

    def _update(self, person: Person, values: Mapping[str, Any]) -> None:
        entries = apply_values(person, values, self._fields, at=self._at, origin=self._origin)
        if not entries:
            return
        names = {entry.name for entry in entries}
        if "email" in names and self._is_opted_out(person):
            origin = Origin("Durable Unsubscribe", "Durable Unsubscribe")
            values = {"unsubscribed": True}
            entries += apply_values(person, values, self._fields, at=self._at, origin=origin)
        if "unsubscribed" in names:
            self._opted[person.id] = person
        self._entries += entries
        if person.id not in self._created:
            self._updated[person.id] = person

    def _is_opted_out(self, person: Person) -> bool:
        return (
            self._durable()
            and bool(person.email_key)
            and is_unsubscribed(self._box, person.email_key)
        )

    def _durable(self) -> bool:
        return bool(self._box.settings["durable_unsubscribe"])

    def _store(self) -> None:
        self._box.people.insert(self._created.values())
        self._box.people.update(self._updated.values())
        if self._opted and self._durable():
            people, entries = spread_unsubscribed(
                self._box, list(self._opted.values()), self._fields, self._at
            )
            self._box.people.update(people)
            self._entries += entries
        self._box.record(self._entries, self._origin)


def lookup_value(field: Field, raw: Any) -> Any:
    """Return a lookup or filter value in the form in which it is stored, or ``None`` if blank."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if field.data_type not in ("integer", "score", "reference"):
        return str(raw).strip()
    try:
        return int(str(raw))
    except ValueError:
        return None


def _key(value: Any) -> str:
    return "" if value is None else str(value).strip().lower()
