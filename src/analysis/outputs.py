"""Folders that are whole or not there: what is written, what an earlier run left, who may write.

Everything is first written into a draft, a hidden folder inside the one that is wanted, and moved
when all of it is there: the index goes first and comes last, so that a run that is killed leaves
the last whole state, or a folder without an index, which looks like what it is. A manifest says
what the program wrote, so that pages of people who have gone are removed, and nothing that
somebody else put there is ever touched.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from analysis.problems import OutputError, is_disk_full

if sys.platform != "win32":
    import fcntl

MANIFEST = ".liftdose.json"
ASIDE = ".liftdose-"
DRAFT = f"{ASIDE}draft-"
SCRATCH = "liftdose-staged-"
LONGEST_NAME = 60
"""Characters of a folder's name that stay readable; the digest of the whole tells the rest."""

PORTS = {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
RESERVED = frozenset({"con", "prn", "aux", "nul", "data"} | PORTS)
"""Names that a folder of a person may not have: those of devices, and of our own folders."""


def folder_names(names: Iterable[str]) -> dict[str, str]:
    """Return a folder name per name: plain ASCII, no two alike on any disk.

    A name that is plain and in small letters keeps its form; any other gets a digest of itself
    at the end, as long as it takes to tell all apart.

    >>> folder_names(["anna", "Anna 3"])
    {'anna': 'anna', 'Anna 3': 'anna-3-9e78ddd9'}
    """
    each = list(dict.fromkeys(names))
    for digits in (8, 16, 64):
        found = {name: _folder_name(name, digits) for name in each}
        if len(set(found.values())) == len(each):
            break
    return found


def _folder_name(name: str, digits: int) -> str:
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")
    looks_digested = re.search(r"-([0-9a-f]{8}|[0-9a-f]{16}|[0-9a-f]{64})$", slug)
    if slug == name and len(slug) <= LONGEST_NAME and not looks_digested and slug not in RESERVED:
        return slug
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
    return f"{slug[:LONGEST_NAME].strip('-') or 'athlete'}-{digest}"


@contextmanager
def whole_folder(
    out: str | Path, command: str, *, index: str = "index.html", anonymous: bool = False
) -> Iterator[Path]:
    """Yield a draft folder; what is written into it stands in `out` once all of it is there.

    Args:
        out: the folder that is wanted; made when absent.
        command: what writes there; each command replaces and removes what it wrote itself.
        index: the file that makes the folder look whole; it comes last.
        anonymous: whether the pages hide their people: then nothing may stay beside them that
            an earlier run wrote with names.

    Raises:
        OutputError: the folder cannot be written, another run is writing there, or a file that is
            not ours stands in the way.
    """
    out = Path(out)
    with clear_words(out):
        out.mkdir(parents=True, exist_ok=True)
        with locked(out):
            for left in out.glob(f"{ASIDE}*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            _refuse_names_beside(out, command, anonymous=anonymous)
            draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=out))
            try:
                yield draft
                _move(draft, out, command, index, anonymous=anonymous)
            finally:
                shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a path to write to; what is written there takes the place of `path` at once."""
    with clear_words(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{ASIDE}{uuid4().hex}{path.suffix}")
        try:
            yield aside
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a folder for what is staged; what a killed run left in such a one is removed."""
    base = Path(tempfile.gettempdir())
    for left in base.glob(f"{SCRATCH}*"):
        _remove_if_left(left)
    made = Path(tempfile.mkdtemp(prefix="liftdose-new-", dir=base))
    with locked(made):
        folder = made.rename(base / f"{SCRATCH}{made.name.removeprefix('liftdose-new-')}")
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_if_left(folder: Path) -> None:
    """Remove a scratch folder of ours that no run holds."""
    try:
        with locked(folder):
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:  # somebody else's, in use, or gone meanwhile
        return


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder: one run writes into it at a time.

    Raises:
        OutputError: another run holds it.
    """
    if sys.platform == "win32":  # two runs at once are not told apart there
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"another run is writing into {folder}: let it end, or name another folder"
            ) from None
        yield
    finally:
        os.close(handle)


@contextmanager
def clear_words(out: Path) -> Iterator[None]:
    """Turn what the system says about a folder into one sentence that helps."""
    try:
        yield
    except OutputError:
        raise
    except Exception as error:
        if is_disk_full(error):
            raise OutputError(f"no room left on the disk of {out}: free some") from error
        at_fault = Path(str(getattr(error, "filename", None) or ""))
        if not isinstance(error, OSError) or not (out == at_fault or out in at_fault.parents):
            raise
        if isinstance(error, FileExistsError | NotADirectoryError):
            said = f"{out} is a file: name a folder to write into"
        else:
            said = f"{out} cannot be written: {error.strerror or error}"
        raise OutputError(said) from error


def _manifest(out: Path) -> dict[str, dict[str, Any]]:
    try:
        read = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _write_manifest(out: Path, said: dict[str, dict[str, Any]]) -> None:
    with whole_file(out / MANIFEST) as aside:
        text = json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False)
        aside.write_text(text + "\n", encoding="utf-8", newline="\n")


def _refuse_names_beside(out: Path, command: str, *, anonymous: bool) -> None:
    if not anonymous:
        return
    for other, wrote in _manifest(out).items():
        if other != command and not wrote.get("anonymous") and wrote.get("files"):
            raise OutputError(
                f"{out} holds what `liftdose {other}` wrote with names: delete it, or name "
                "another --out for the pages without"
            )


def _move(draft: Path, out: Path, command: str, index: str, *, anonymous: bool) -> None:
    """Put a finished draft in the place of what the command wrote before."""
    new = sorted(path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file())
    said = _manifest(out)
    before = [str(name) for name in said.get(command, {}).get("files", [])]
    ours = {str(name) for wrote in said.values() for name in wrote.get("files", [])}
    for name in new:
        if name not in ours and (out / name).exists():
            raise OutputError(
                f"{out / name} is there already, and not of liftdose's making: move it, or name "
                "another --out"
            )
    (out / index).unlink(missing_ok=True)
    wrote = {"anonymous": anonymous, "files": sorted({*before, *new})}
    _write_manifest(out, {**said, command: wrote})
    for name in (each for each in new if each != index):
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (draft / name).replace(target)
    for name in sorted(set(before) - set(new)):
        _remove(out, name)
    if index in new:
        (draft / index).replace(out / index)
    _write_manifest(out, {**said, command: {"anonymous": anonymous, "files": new}})


def _remove(out: Path, name: str) -> None:
    """Remove a file that the program wrote, and the folders that are empty without it."""
    target = (out / name).absolute()
    if out.absolute() not in target.parents or ".." in Path(name).parts:
        return  # a manifest that somebody has changed
    target.unlink(missing_ok=True)
    for folder in target.parents:
        if folder == out.absolute() or any(folder.iterdir()):
            return
        folder.rmdir()
