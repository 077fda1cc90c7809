"""The commands that the README tells people to type."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"


def readme_commands() -> list[str]:
    """Return the lines of all ``sh`` blocks, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def readme_inline_commands() -> list[str]:
    """Return what stands in the text between backticks and starts like a command."""
    text = re.sub(r"^```.*?^```", "", README.read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`((?:make|leadsync|\.venv/bin/leadsync) [^`]+)`", text)
