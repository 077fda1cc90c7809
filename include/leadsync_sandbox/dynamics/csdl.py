"""``$metadata``: the schema as CSDL, as far as clients read it (reference 2.1)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics.exchange import Request
from leadsync_sandbox.dynamics.schema import Column, Schema, Table
from leadsync_sandbox.dynamics.session import Session

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
    "<edmx:DataServices>"
    '<Schema Namespace="Microsoft.Dynamics.CRM" Alias="mscrm" '
    'xmlns="http://docs.oasis-open.org/odata/ns/edm">'
    '<EntityType Name="crmbaseentity" Abstract="true" />'
)
_TAIL = "</Schema></edmx:DataServices></edmx:Edmx>"


def metadata_document(session: Session, request: Request) -> Answer:
    """Return the CSDL document, with annotations when ``annotations=true``."""
    annotated = request.parameters.get("annotations") == "true"
    text = "".join([_HEAD, *_types(session.schema, annotated), *_container(session.schema), _TAIL])
    headers = {"Content-Type": "application/xml", "OData-Version": "4.0"}
    return Answer(200, headers, text.encode())


def _types(schema: Schema, annotated: bool) -> Iterator[str]:
    for table in schema.tables.values():
        yield f'<EntityType Name="{table.name}" BaseType="mscrm.crmbaseentity">'
        yield f'<Key><PropertyRef Name="{table.primary_id}" /></Key>'
        for name, column in table.properties.items():
            yield _property(name, column, annotated)
        for navigation, column in table.navigation.items():
            yield _navigation(navigation, column)
        if annotated and table.change_tracking:
            yield '<Annotation Term="Org.OData.Capabilities.V1.ChangeTracking" Bool="true" />'
        yield "</EntityType>"


def _property(name: str, column: Column, annotated: bool) -> str:
    text = ' Unicode="false"' if column.edm == "Edm.String" else ""
    start = f'<Property Name={quoteattr(name)} Type="{column.edm}"{text}'
    if annotated and not (column.create or column.update):
        return f'{start}><Annotation Term="Org.OData.Core.V1.Computed" Bool="true" /></Property>'
    return f"{start} />"


def _navigation(name: str, column: Column) -> str:
    target = column.navigation[name]
    source, key = column.property_name, f"{target}id"
    reference = f'<ReferentialConstraint Property="{source}" ReferencedProperty="{key}" />'
    return (
        f'<NavigationProperty Name={quoteattr(name)} Type="mscrm.{target}">'
        f"{reference}</NavigationProperty>"
    )


def _container(schema: Schema) -> Iterator[str]:
    yield '<EntityContainer Name="System">'
    for table in schema.tables.values():
        yield _entity_set(table)
    yield "</EntityContainer>"


def _entity_set(table: Table) -> str:
    return f'<EntitySet Name="{table.entity_set}" EntityType="mscrm.{table.name}" />'
