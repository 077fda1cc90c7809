"""What the flow step is to Marketo: its name, inputs, outputs (reference/marketo-rest.md 18.2)."""

from __future__ import annotations

from leadsync.model import MARKETO_DYNAMICS_ID, MARKETO_DYNAMICS_TYPE, Json

API_NAME = "syncPersonToMicrosoft"
ACTION, SYNC_AS, ASSIGN_TO = "action", "syncAs", "assignTo"
FIXED_CHOICES = {
    ACTION: {"sync_person": "Sync Person", "change_owner": "Change Owner"},
    SYNC_AS: {"lead": "Lead", "contact": "Contact"},
}


def service_definition() -> Json:
    """Return the service definition."""
    return {
        "apiName": API_NAME,
        "i18n": _english(
            name="Sync Person to Microsoft (leadsync)",
            filterName="Person was Synced to Microsoft (leadsync)",
            triggerName="Person is Synced to Microsoft (leadsync)",
            description="Make the person a lead or contact in Dynamics 365, unless it is one.",
        ),
        "primaryAttribute": SYNC_AS,
        "invocationPayloadDef": {
            "globalAttributes": [],
            "flowAttributes": _flow_attributes(),
            "fields": [],
            "headers": [],
            "userDrivenMapping": False,
            "programContext": False,
            "campaignContext": True,
            "triggerContext": True,
            "programMemberContext": False,
            "subscriptionContext": True,
        },
        "callbackPayloadDef": {
            "attributes": _answer_attributes(),
            "fields": _answer_fields(),
            "userDrivenMapping": False,
        },
    }


def fixed_choices(name: str) -> Json | None:
    """Return the choices of an input that are always the same."""
    choices = FIXED_CHOICES.get(name)
    if choices is None:
        return None
    return {"choices": [choice(label, value) for value, label in choices.items()]}


def choice(label: str, value: str) -> Json:
    """Return one choice of a picklist."""
    return {"displayValue": {"en_US": label}, "submittedValue": value}


def _flow_attributes() -> list[Json]:
    return [
        _input(SYNC_AS, "Sync As", "Lead, unless you choose Contact", closed=True),
        _input(ASSIGN_TO, "Assign To", "A Dynamics user; empty: the default owner", closed=False),
        _input(ACTION, "Action", "Change Owner also assigns a record that exists", closed=True),
    ]


def _input(name: str, label: str, tip: str, *, closed: bool) -> Json:
    """Return an input; one that is not closed takes what a person types, or a token."""
    return {
        "apiName": name,
        "i18n": _english(name=label, description=tip, uiTooltip=tip),
        "dataType": "string",
        "hasPicklist": True,
        "enforcePicklistSelect": closed,
    }


def _answer_attributes() -> list[Json]:
    return [
        {"apiName": name, "i18n": _english(name=label, description=told), "dataType": "string"}
        for name, label, told in (
            ("outcome", "Outcome", "created, linked, already_linked, assigned, or why not"),
            ("dynamicsId", "Dynamics Id", "Id of the person's lead or contact"),
            ("dynamicsType", "Dynamics Type", "Lead or Contact"),
        )
    ]


def _answer_fields() -> list[Json]:
    """Return the fields that an answer fills: leadsync's own, which it also writes by itself."""
    return [
        {
            "serviceAttribute": name,
            "suggestedMarketoAttribute": name,
            "description": {"en_US": told},
            "dataType": "string",
        }
        for name, told in (
            (MARKETO_DYNAMICS_ID, "Id of the person's lead or contact in Dynamics"),
            (MARKETO_DYNAMICS_TYPE, "Lead or Contact"),
        )
    ]


def _english(**texts: str) -> Json:
    return {"en_US": texts}
