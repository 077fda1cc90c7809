"""Files of one cycle in any storage that fsspec knows, replaced whole or not at all."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import quote, unquote

import fsspec

from leadsync.errors import ConfigurationError

#: ids as ``cycle/open.py`` makes them.
_CYCLE_ID = re.compile(r"\d{8}T\d{6}-.{1,8}")
_CREDENTIALS = re.compile(r"(?<=://)[^/@]*@")


class CycleFiles:
    """Files under ``{url}/{cycle_id}/``.

    :param url: fsspec URL or local path of the folder.
    :param options: what the storage needs besides, such as keys, as fsspec takes it.
    :param setting: the environment variable that names the URL, for messages.
    """

    def __init__(
        self,
        url: str,
        options: Mapping[str, Any] | None = None,
        *,
        setting: str = "LEADSYNC_STAGING",
    ) -> None:
        self._setting = setting
        self.shown = _CREDENTIALS.sub("***@", url)
        with self.explained():
            self._system, self._root = fsspec.core.url_to_fs(url, **(options or {}))

    def write(self, cycle_id: str, name: str, fill: Callable[[IO[bytes]], None]) -> str:
        """Replace a file by what ``fill`` writes; readers see the old or the new one, never half.

        :returns: the file's path in the storage.
        """
        target = self._path(cycle_id, name)
        unfinished = f"{target}.{uuid.uuid4().hex}.unfinished"
        with self.explained():
            self._system.makedirs(self._path(cycle_id), exist_ok=True)
            with self._system.open(unfinished, "wb") as file:
                fill(file)
            self._system.mv(unfinished, target)
        return target

    @contextmanager
    def reading(self, cycle_id: str, name: str) -> Iterator[IO[bytes]]:
        """Open a file.

        :raises FileNotFoundError: there is none.
        """
        with self.explained(), self._system.open(self._path(cycle_id, name), "rb") as file:
            yield file

    def has(self, cycle_id: str, name: str) -> bool:
        """Tell whether the file exists."""
        with self.explained():
            return bool(self._system.exists(self._path(cycle_id, name)))

    def drop(self, cycle_id: str) -> None:
        """Remove the cycle's files; it is no error when there are none."""
        folder = self._path(cycle_id)
        with self.explained():
            if self._system.exists(folder):
                self._system.rm(folder, recursive=True)

    def cycles(self) -> list[str]:
        """Return the ids of the cycles that have a folder; other folders are not ours."""
        with self.explained():
            if not self._system.exists(self._root):
                return []
            paths = self._system.ls(self._root, detail=False)
        names = (unquote(str(path).rstrip("/").rpartition("/")[2]) for path in paths)
        return sorted(name for name in names if _CYCLE_ID.fullmatch(name))

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn the storage's errors into one that names the URL and what to do.

        :raises FileNotFoundError: passed on.
        :raises ConfigurationError: the storage cannot be reached, read or written.
        """
        try:
            yield
        except FileNotFoundError:
            raise
        except (OSError, ImportError, ValueError) as error:
            raise ConfigurationError(
                f"The storage {self.shown} of {self._setting} cannot be used: {error}.",
                remedy=f"Set {self._setting} to a folder or URL that every worker can write, and "
                "install what its protocol needs (s3fs for s3://, gcsfs for gs://).",
            ) from error

    def _path(self, cycle_id: str, *names: str) -> str:
        return "/".join([self._root.rstrip("/"), quote(cycle_id, safe="-_.:+"), *names])
