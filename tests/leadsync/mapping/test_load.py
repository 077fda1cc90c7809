"""Mapping files: shape, defaults, and messages that lead to the right spelling (F15)."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadsync.errors import MappingError
from leadsync.mapping.load import load_mapping
from leadsync.mapping.model import Mapping


def load(folder: Path, text: str) -> Mapping:
    path = folder / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(path)


def message_of(folder: Path, text: str) -> str:
    with pytest.raises(MappingError) as caught:
        load(folder, text)
    return str(caught.value)


def test_defaults(tmp_path: Path) -> None:
    mapping = load(tmp_path, "fields: [{marketo: title, lead: jobtitle}]")
    (entry,) = mapping.fields
    assert (entry.direction, entry.rule, entry.on_invalid) == ("both", "type_rule", {})
    assert (entry.normalise, entry.default_on_create, entry.contact) == ((), None, None)
    assert mapping.policies.match_before_create == "email"
    assert (mapping.policies.mass_delete_share, mapping.policies.breaker_share) == (0.2, 0.5)


def test_words_mean_themselves(tmp_path: Path) -> None:
    mapping = load(
        tmp_path,
        """
fields:
  - {marketo: title, lead: jobtitle, direction: off, default_on_create: 2025-03-30}
  - {marketo: city, lead: address1_city, default_on_create: yes, normalise: trim}
  - {marketo: state, lead: address1_state, default_on_create: 007, normalise: [trim, casefold]}
  - {marketo: score, lead: score, default_on_create: 7}
  - {marketo: stop, lead: stop, default_on_create: true}
policies: {match_before_create: off}
""",
    )
    assert mapping.fields[0].direction == "off"
    defaults = [entry.default_on_create for entry in mapping.fields]
    assert defaults == ["2025-03-30", "yes", "007", 7, True]
    assert mapping.fields[2].normalise == ("trim", "casefold")
    assert mapping.policies.match_before_create == "off"
    assert mapping.columns("lead") == {"address1_city", "address1_state", "score", "stop"}
    assert not mapping.columns("contact")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("fields: [{marketo: title, leed: jobtitle}]", ['unknown key "leed"', '"lead"']),
        (
            "fields: [{marketo: title, lead: jobtitle, rule: marketo_win}]",
            ["fields[0].rule (title)", '"marketo_win" is not one of', '"marketo_wins"'],
        ),
        ("fields: [{marketo: title}]", ["fields[0] (title)", "needs `lead` or `contact`"]),
        ("fields: [{lead: jobtitle}]", ['the key "marketo" is missing']),
        ("fields: []", ["fields", "at least one field"]),
        ("field: []", ['unknown key "field"', '"fields"', 'the key "fields" is missing']),
        (
            "fields: [{marketo: a, lead: b}]\npolicies: {breaker_shar: 0.5}",
            [":2 policies.breaker_shar", '"breaker_share"'],
        ),
        (
            "fields: [{marketo: a, lead: b}]\npolicies: {breaker_share: 50}",
            ["policies.breaker_share", "less than or equal to 1", "found 50"],
        ),
        (
            "fields: [{marketo: a, lead: b, normalise: [trim, phoen]}]",
            ["fields[0].normalise[1] (a)", '"phone"'],
        ),
        (
            "fields: [{marketo: a, lead: b, on_invalid: default_on_create}]",
            ["without a `default_on_create`"],
        ),
        ("fields: [title]", ["fields[0]", 'should be keys with values (found "title")']),
        ("fields: {a: b}", ["fields: should be a list"]),
        ("fields: [{marketo: 5, lead: b}]", ["fields[0].marketo (5): should be text"]),
        ("fields: [{1: a, marketo: a, lead: b}]", ['unknown key "1"']),
        (
            "fields: [{marketo: a, lead: b, direction: true}]",
            ["true is not one of 'both', 'to_marketo', 'to_dynamics' or 'off'"],
        ),
        (
            "fields: [{marketo: a, lead: b, default_on_create: [1]}]",
            ["has 1 problem", "default_on_create (a): should be one value"],
        ),
        ("fields: &x [*x]", ["an entry contains itself"]),
        ("fields: []\n---\na: b", ["another document"]),
        ("- a", ["holds no mapping"]),
        ("", ["holds no mapping"]),
    ],
)
def test_problems_name_place_and_remedy(tmp_path: Path, text: str, parts: list[str]) -> None:
    message = message_of(tmp_path, text)
    for part in [*parts, "Remedy:"]:
        assert part in message


def test_every_problem_is_listed_with_its_line(tmp_path: Path) -> None:
    message = message_of(
        tmp_path,
        """fields:
  - marketo: title
    lead: jobtitle
    directon: both
  - marketo: city
    lead: address1_city
    rule: best_wins
""",
    )
    assert "The mapping has 2 problems" in message
    assert "mapping.yaml:4 fields[0].directon (title)" in message
    assert "mapping.yaml:7 fields[1].rule (city)" in message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("fields: [", "line 1, column"),
        ("fields:\n  - {marketo: a, lead: b}\nfields: []", 'line 3, column 1: the key "fields"'),
        ("fields:\n\t- a", "line 2, column 1"),
    ],
)
def test_yaml_errors_name_line_and_column(tmp_path: Path, text: str, part: str) -> None:
    assert part in message_of(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (
            "fields: [{marketo: a, lead: b}, {marketo: A, contact: c}]",
            'the Marketo field "A" is mapped already in',
        ),
        (
            "fields: [{marketo: a, lead: b}, {marketo: c, lead: B}]",
            'the lead column "B" is mapped already in',
        ),
        (
            "fields: [{marketo: a, contact: b}]\ncompany: [{marketo: a, account: name}]",
            'company[0].marketo: the Marketo field "a" is mapped already in',
        ),
        (
            "fields: [{marketo: a, lead: b}]\nowner: [{marketo: a, user: fullname}]",
            'owner[0].marketo: the Marketo field "a" is mapped already in',
        ),
        ("fields: [{marketo: leadsyncDynamicsId, lead: b}]", "belongs to leadsync itself"),
        ("fields: [{marketo: a, lead: new_marketoid}]", "belongs to leadsync itself"),
    ],
)
def test_two_sources_for_one_target_are_refused(tmp_path: Path, text: str, part: str) -> None:
    assert part in message_of(tmp_path, text)


def test_a_lead_column_and_an_account_may_fill_one_field(tmp_path: Path) -> None:
    mapping = load(
        tmp_path,
        "fields: [{marketo: company, lead: companyname}]\n"
        "company: [{marketo: company, account: name}]",
    )
    assert mapping.company[0].source == "name"
    assert mapping.company[0].direction == "to_marketo"


def test_a_missing_file_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="LEADSYNC_MAPPING"):
        load_mapping(tmp_path / "absent.yaml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_bytes("fields: å".encode("latin-1"))
    with pytest.raises(MappingError, match="UTF-8"):
        load_mapping(path)
