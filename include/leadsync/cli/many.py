"""Options that take all values up to the next option: ``--marketo 5 6 7``."""

from __future__ import annotations

import click


class ManyValues(click.Command):
    """A command whose repeatable options may be followed by several values."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option before every further value, then parse as usual."""
        many = {
            name
            for param in self.params
            if isinstance(param, click.Option) and param.multiple
            for name in param.opts
        }
        spelt: list[str] = []
        option, values = "", 0
        for word in args:
            if word.startswith("--"):
                option, values = (word if word in many else ""), 0
            elif option:
                values += 1
                if values > 1:
                    spelt.append(option)
            spelt.append(word)
        return super().parse_args(ctx, spelt)
