"""The cursor of a Marketo activity feed: recent paging tokens, so that reads overlap.

Activities can appear late, with a time behind the newest ones (S123). A read therefore starts from
a token that is at least the overlap old; rows that were processed already are known by GUID.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadsync.clock import parse_instant


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """Tokens with the time at which each was the feed's end, oldest first."""

    tokens: tuple[tuple[datetime, str], ...]

    @classmethod
    def parse(cls, text: str) -> FeedCursor:
        """Read a stored cursor."""
        return cls(tuple((parse_instant(at), token) for at, token in json.loads(text)))

    def format(self) -> str:
        """Write the cursor for storing."""
        return json.dumps([[at.isoformat(), token] for at, token in self.tokens])

    def start(self, now: datetime, overlap: timedelta) -> tuple[datetime, str]:
        """Return the youngest token that is at least ``overlap`` old, or else the oldest."""
        old_enough = [entry for entry in self.tokens if entry[0] <= now - overlap]
        return old_enough[-1] if old_enough else self.tokens[0]

    def advanced(self, now: datetime, token: str, overlap: timedelta) -> FeedCursor:
        """Add the token reached at ``now``; drop what later reads cannot start from.

        Tokens closer together than a tenth of the overlap are thinned, so that frequent cycles keep
        the cursor short.
        """
        kept = [entry for entry in self.tokens if entry >= self.start(now, overlap)]
        if len(kept) > 1 and kept[-1][0] - kept[-2][0] < overlap / 10:
            kept.pop()
        return FeedCursor((*kept, (now, token)))
