"""Switches of a stand-in: documented defaults, changed through control, kept in the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadsync_sandbox.common.keep import Keep


class UnknownSettingError(ValueError):
    """A setting's name or type is not known."""


class Settings:
    """The switches of one system.

    :param defaults: every known setting with its default; the default's type is the type required.
        ``None`` as default allows any JSON value.
    """

    def __init__(self, keep: Keep, defaults: Mapping[str, Any]) -> None:
        self._keep = keep
        self._defaults = dict(defaults)

    def __getitem__(self, name: str) -> Any:
        if name not in self._defaults:
            raise UnknownSettingError(self._unknown(name))
        return self._keep.get(f"setting.{name}", self._defaults[name])

    def all(self) -> dict[str, Any]:
        """Return every setting with its present value."""
        return {name: self[name] for name in self._defaults}

    def update(self, changes: Mapping[str, Any]) -> None:
        """Change settings, all or none.

        :raises UnknownSettingError: a name is unknown or a value has the wrong type.
        """
        for name, value in changes.items():
            self._check(name, value)
        for name, value in changes.items():
            self._keep.put(f"setting.{name}", value)

    def _check(self, name: str, value: Any) -> None:
        if name not in self._defaults:
            raise UnknownSettingError(self._unknown(name))
        default = self._defaults[name]
        if default is None or isinstance(value, type(default)):
            return
        if isinstance(default, float) and isinstance(value, int):
            return
        raise UnknownSettingError(
            f"Setting {name}: {value!r} is no {type(default).__name__}; the default is {default!r}."
        )

    def _unknown(self, name: str) -> str:
        return f"There is no setting {name!r}; known are {', '.join(sorted(self._defaults))}."
