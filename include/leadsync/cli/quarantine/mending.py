"""``leadsync quarantine fix``, ``export`` and ``missing-rules``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from leadsync.cli.options import as_json
from leadsync.cli.output import print_json, print_table
from leadsync.cli.quarantine.deciding import local_actor
from leadsync.cli.quarantine.filters import filtered, statuses_option
from leadsync.cycle.open import local_holder
from leadsync.engine import build_engine
from leadsync.opened import open_state
from leadsync.state.item_filter import ItemFilter
from leadsync.state.rows import WAITING


class NewValue(click.ParamType[tuple[str, str]]):
    """A value for a field as ``FIELD=VALUE``."""

    name = "field=value"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        field, equals, text = str(value).partition("=")
        if not field.strip() or not equals:
            self.fail(f"{value!r} is no new value; write one as title=CIO", param, ctx)
        return field.strip(), text


@click.command("fix")
@click.argument("item_id", metavar="ID")
@click.argument("values", metavar="FIELD=VALUE...", type=NewValue(), nargs=-1, required=True)
@click.option("--release", is_flag=True, help="Have the next cycle try the item in any case.")
@as_json
def fix_item(
    item_id: str, values: tuple[tuple[str, str], ...], release: bool, as_json: bool
) -> None:
    """Correct values of an item in the system where they come from; nothing clears a field."""
    from leadsync.review.fix import Fix

    engine = build_engine(holder=local_holder())
    done = Fix(engine, local_actor()).apply(item_id, dict(values), release=release)
    if as_json:
        print_json(done)
        return
    changes = [[change["field"], change["from"], change["to"]] for change in done["changes"]]
    title = f"Corrected in {done['side'].capitalize()}: {done['record']}"
    print_table(title, ("field", "before", "after"), changes)
    for failure in done["still_failing"]:
        click.secho(f"Still failing: {failure['field']}: {failure['message']}", fg="yellow")
    click.echo("The next cycle takes it up.")


@click.command("export")
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@statuses_option
@filtered
@as_json
def export_items(path: Path, statuses: tuple[str, ...], where: ItemFilter, as_json: bool) -> None:
    """Write items to a .csv or .parquet file, one line per reason. It holds personal data."""
    from leadsync.review.export import write_export

    items = open_state().quarantine(
        statuses=statuses or WAITING,  # type: ignore[arg-type]
        where=where,
    )
    lines = write_export(path, items)
    if as_json:
        print_json({"file": str(path), "items": len(items), "lines": lines})
        return
    click.echo(f"{len(items)} items with {lines} reasons are in {path}.")


@click.command("missing-rules")
@filtered
@as_json
def list_missing_rules(where: ItemFilter, as_json: bool) -> None:
    """List what servers refused although every rule had let it pass, in whatever status."""
    from leadsync.review.missing_rules import missing_rules

    rules = missing_rules(open_state().quarantine(where=replace(where, source="server")))
    if as_json:
        print_json([rule.document() for rule in rules])
        return
    columns = ("rows", "waiting", "system", "code", "table", "field", "example", "what to do")
    lines = [
        [r.items, r.waiting, r.system, r.code, r.table, r.field, r.example, r.advice] for r in rules
    ]
    print_table(f"Rules that validation lacks: {len(rules)}", columns, lines)
