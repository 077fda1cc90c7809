"""Makes a Data Docs page show well without internet.

As Great Expectations builds them, pages load style, scripts and images from content networks
(reference/airflow-gx.md 6). Here all of that goes, with the advertising, and a small style sheet
and script of our own come in their place.
"""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path

_FOLDER = Path(__file__).parent
#: elements that go with all that is in them: they need libraries and pictures from elsewhere.
_DROPPED = frozenset({"script", "style", "footer"})
#: elements without an end that refer to other hosts.
_DROPPED_VOID = frozenset({"link", "img"})
_TOP_BAR = "navbar-expand-md"


def offline(page: str) -> str:
    """Return the page with nothing in it that a browser would have to fetch."""
    kept = _Kept()
    kept.feed(page)
    kept.close()
    return "".join(kept.parts)


@cache
def own_style() -> str:
    """Return the style sheet of all pages, to stand in a page's head."""
    return f"<style>\n{(_FOLDER / 'page.css').read_text(encoding='utf-8')}</style>\n"


@cache
def _own_script() -> str:
    return f"<script>\n{(_FOLDER / 'page.js').read_text(encoding='utf-8')}</script>\n"


class _Kept(HTMLParser):
    """Repeats a page without what is dropped; ``parts`` is what it has so far."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._inside: list[str] = []
        self._links_away: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._inside:
            if tag == self._inside[0]:
                self._inside.append(tag)
        elif tag in _DROPPED or _is_top_bar(tag, attrs):
            self._inside.append(tag)
        elif tag not in _DROPPED_VOID and not self._leads_away(tag, attrs):
            self.parts.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if not self._inside and tag not in _DROPPED_VOID:
            self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if self._inside:
            if tag == self._inside[0]:
                self._inside.pop()
            return
        if tag == "a" and self._links_away and self._links_away.pop():
            return
        self._add(f"{own_style()}{_own_script()}</head>" if tag == "head" else f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._add(data)

    def handle_entityref(self, name: str) -> None:
        self._add(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._add(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self._add(f"<!{decl}>")

    def _leads_away(self, tag: str, attrs: list[tuple[str, str | None]]) -> bool:
        """Tell whether this is a link to another page of a Data Docs site; its text stays."""
        if tag != "a":
            return False
        self._links_away.append(not (dict(attrs).get("href") or "").startswith("#"))
        return self._links_away[-1]

    def _add(self, text: str) -> None:
        if not self._inside:
            self.parts.append(text)


def _is_top_bar(tag: str, attrs: list[tuple[str, str | None]]) -> bool:
    return tag == "nav" and _TOP_BAR in (dict(attrs).get("class") or "").split()
