"""Test set-up: the packages under test come before the folders that mirror them."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "include"), str(ROOT / "plugins")]
