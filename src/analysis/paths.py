"""Paths as people paste them: dragged onto a terminal, copied from a browser, with a tilde."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlparse

from analysis.problems import PathError, did_you_mean


def pasted(given: str | Path) -> Path:
    r"""Return the path that a text means: quotes, outer spaces, `file://`, `~` and `\ ` undone.

    A path that exists as it is written is taken as it is written.
    """
    if isinstance(given, Path) or Path(given).exists():
        return Path(given)
    text = given.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].strip()
    if text.startswith("file://"):
        return Path(unquote(urlparse(text).path))
    path = Path(text).expanduser() if text.startswith("~") else Path(text)
    if "\\" in text and not path.exists():
        unescaped = Path(re.sub(r"\\(.)", r"\1", str(path)))
        return unescaped if unescaped.exists() else path
    return path


def existing(given: str | Path) -> Path:
    """Return the path that a text means.

    Raises:
        PathError: there is none; the message names what stands there under a like name.
    """
    path = pasted(given)
    if path.exists():
        return path
    folder = path.parent
    names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    hint = did_you_mean(path.name, names)
    raise PathError(f"{given}: no such file or folder" + (f"; {hint}" if hint else ""))
