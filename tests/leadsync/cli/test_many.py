"""Options that take several values."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from leadsync.cli.many import ManyValues


@click.command(cls=ManyValues)
@click.option("--marketo", type=int, multiple=True)
@click.option("--dynamics", multiple=True)
@click.option("--wait", type=int, default=0)
@click.option("--json", "as_json", is_flag=True)
def ask(marketo: tuple[int, ...], dynamics: tuple[str, ...], wait: int, as_json: bool) -> None:
    click.echo(f"{list(marketo)} {list(dynamics)} {wait} {as_json}")


@pytest.mark.parametrize(
    ("words", "understood"),
    [
        ("--marketo 1 2 3 --json", "[1, 2, 3] [] 0 True"),
        ("--marketo 1 --marketo 2 --dynamics a b", "[1, 2] ['a', 'b'] 0 False"),
        ("--dynamics a --wait 5 --marketo 1 2", "[1, 2] ['a'] 5 False"),
        ("--marketo=1 --json", "[1] [] 0 True"),
        ("", "[] [] 0 False"),
    ],
)
def test_all_values_up_to_the_next_option_belong_to_it(words: str, understood: str) -> None:
    assert CliRunner().invoke(ask, words.split()).output.strip() == understood


def test_a_word_that_belongs_to_no_option_is_refused() -> None:
    assert CliRunner().invoke(ask, ["--wait", "5", "6"]).exit_code == 2
