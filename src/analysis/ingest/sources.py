"""From paths to files and whose they are: a file, a folder or a zip.

A path that is a file or a zip is one athlete. In a folder, each file or folder directly inside
is one athlete. `--athlete` overrides both: everything belongs to one person.

A file is known by its whole path: two called `ann.csv` in two folders are two people, and their
names say from where, until somebody says that they are one (`people`).
"""

from __future__ import annotations

import os
import shutil
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from uuid import uuid4

from analysis.ingest import remembered
from analysis.ingest.sheets import layout
from analysis.ingest.sheets.grid import is_workbook
from analysis.notes import Note
from analysis.paths import existing
from analysis.problems import OutputError, is_disk_full
from analysis.store import Store, is_store

MAX_MEMBER_BYTES = 2_000_000_000
MAX_MEMBERS = 10_000
REGISTER = "liftdose-register.json"
"""Who looked at these logs under which plan first."""

SETTINGS = ("exercises.toml", "exercises.new.toml", "clients.toml", remembered.FILE, layout.FILE,
            REGISTER)  # fmt: skip
"""Files of ours that may stand beside exports; they are settings, not logs."""

MAX_RATIO = 200
"""A zip member larger than this many times its packed size is a bomb, not a log."""

MAX_RATIO_OF_ALL = 100
"""The same for all members of a zip together; logs pack ten- to thirtyfold."""

SMALL_BYTES = 10_000
"""Packed size below which the ratio is not asked for: a line of zeros packs well."""

COPIED_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """One input file.

    Attributes:
        path: where it can be read.
        label: its name in every table and message; no folders above the given path.
        athlete: whose log it is.
        export: the file that the user has: for a member of a zip, the zip.
        member: the member's name in it.
    """

    path: Path
    label: str
    athlete: str
    export: Path
    member: str = ""

    @property
    def name(self) -> str:
        """Its name in the folder of the export."""
        return "/".join(filter(None, (self.export.name, self.member)))


@dataclass(frozen=True, slots=True)
class Top:
    """What is one athlete: a given file, or a file or folder directly inside a given folder.

    Attributes:
        path: where it stands.
        inside: the given folder that it stands in; None where it is given itself.
    """

    path: Path
    inside: Path | None

    @property
    def own_name(self) -> str:
        """Its name without the ending."""
        return readable(self.path.name if self.path.is_dir() else self.path.stem)


def find(
    paths: Iterable[str | Path], athlete: str | None, workdir: Path
) -> tuple[list[Source], list[Note]]:
    """Return every file under the paths, zips unpacked into `workdir`, in a stable order.

    Returns:
        The files, and a note for each that cannot be read.

    Raises:
        PathError: a path does not exist.
        OutputError: there is no room to unpack a zip.
    """
    refused: list[Note] = []
    tops = list(_tops([existing(path) for path in paths], refused.append))
    labels = distinct([(readable(top.path.name), top.path) for top in tops], "/")
    owners = distinct([(top.own_name, top.path) for top in tops], " ")
    found: list[Source] = []
    for top, label, owner in zip(tops, labels, owners, strict=True):
        for source in _files(top.path, label, athlete or owner, refused.append):
            for item in _opened(_under_own_name(source, workdir), workdir):
                if isinstance(item, Source):
                    found.append(item)
                else:
                    refused.append(replace(item, athlete=source.athlete))
    return found, refused


def readable(name: str) -> str:
    """Return a file's name as text: bytes that are not UTF-8 are taken for Western European."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("cp1252", errors="replace")
    return name


def distinct(named: list[tuple[str, Path]], between: str) -> list[str]:
    """Return the names, with the folders above them for as many as are alike.

    Args:
        named: a name and the path that it comes from, no path twice.
        between: what separates the folders from the name.
    """
    names = [name for name, _ in named]
    above = [[readable(part) for part in path.absolute().parts[1:-1]] for _, path in named]
    for depth in range(1, max(map(len, above), default=0) + 1):
        times = Counter(names)
        alike = [place for place, name in enumerate(names) if times[name] > 1]
        if not alike:
            break
        for place in alike:
            names[place] = between.join([*above[place][-depth:], named[place][0]])
    times = Counter()
    for place, name in enumerate(names):
        times[name] += 1
        if times[name] > 1:
            names[place] = f"{name} ({times[name]})"
    return names


def _tops(paths: list[Path], refuse: Callable[[Note], None]) -> Iterator[Top]:
    """Yield what is one athlete each; what is given twice counts once."""
    seen: set[Path] = set()
    for path in paths:
        if path.is_dir():
            tops = [Top(child, path) for child in _children(path, path.name, refuse)]
        else:
            tops = [Top(path, None)]
        for top in tops:
            real = top.path.resolve()
            if real not in seen:
                seen.add(real)
                yield top


def _children(folder: Path, label: str, refuse: Callable[[Note], None]) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if _visible(child.name))
    except OSError as error:
        why = error.strerror or str(error)
        refuse(Note("unreadable folder", readable(label), facts={"why": why}))
        return []


def _files(
    path: Path, label: str, athlete: str, refuse: Callable[[Note], None]
) -> Iterator[Source]:
    if path.is_dir():
        for child in _children(path, label, refuse):
            if not (child.is_dir() and child.is_symlink()):  # a link may lead round in a circle
                yield from _files(child, f"{label}/{readable(child.name)}", athlete, refuse)
    elif path.is_file():
        yield Source(path, label, athlete, path)
    else:
        refuse(Note("no file", label, athlete))


def _visible(name: str) -> bool:
    hidden = name.startswith((".", "__MACOSX")) or name in SETTINGS
    return name == ".." or not hidden


def overrides_beside(paths: Iterable[str | Path]) -> Path | None:
    """Return the `exercises.toml` in a given folder, or beside what is given, if there is one.

    A folder's own wins over one beside it: a coach's file holds for every client's folder. Of a
    store it is the one that it was built with.
    """
    for path in map(existing, paths):
        if is_store(path):
            return next(iter(Store.open(path).paths("exercises")), None)
        for folder in (path, path.parent) if path.is_dir() else (path.parent,):
            if (folder / SETTINGS[0]).is_file():
                return folder / SETTINGS[0]
    return None


def _under_own_name(source: Source, workdir: Path) -> Source:
    """Give a file whose name is no UTF-8 a name that every library can open."""
    try:
        str(source.path).encode()
    except UnicodeEncodeError:
        link = _fresh(workdir / "named")
        link.symlink_to(source.path.absolute())
        return replace(source, path=link)
    return source


def _opened(source: Source, workdir: Path) -> Iterator[Source | Note]:
    try:
        with source.path.open("rb") as file:
            packed = file.read(4) == b"PK\x03\x04"
        if not packed or is_workbook(source.path):
            yield source
        elif not zipfile.is_zipfile(source.path):
            yield Note("cut zip", source.label)
        else:
            yield from _unpacked(source, workdir)
    except OSError as error:
        if is_disk_full(error):
            raise _full(source.label, workdir) from error
        yield Note("unreadable", source.label, facts={"why": error.strerror or str(error)})


def _full(label: str, workdir: Path) -> OutputError:
    return OutputError(
        f"no room left in the temporary folder {workdir.parent} to unpack {label}: free some, or "
        "name another by TMPDIR"
    )


Damaged = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, LookupError)
"""What a zip that is damaged or written to deceive may raise, besides errors of the system."""


def _unpacked(source: Source, workdir: Path) -> Iterator[Source | Note]:
    """Unpack a zip's files under names of our own: no member can write elsewhere."""
    try:
        with zipfile.ZipFile(source.path) as archive:
            if "[Content_Types].xml" in archive.namelist():
                yield Note("office", source.label)
                return
            members = [info for info in archive.infolist() if _is_log(info)]
            if len(members) > MAX_MEMBERS:
                yield Note("too many members", source.label, facts={"most": MAX_MEMBERS})
            room = MAX_RATIO_OF_ALL * max(source.path.stat().st_size, SMALL_BYTES)
            bombs = 0
            for info in members[:MAX_MEMBERS]:
                if info.file_size > room:
                    bombs += 1
                    continue
                item = _unpack(archive, info, source, _fresh(workdir / "unpacked"))
                if isinstance(item, Source):
                    room -= info.file_size
                yield item
            if bombs:
                yield Note("bombs", source.label, count=bombs)
    except Damaged as error:
        yield Note("broken zip", source.label, facts={"why": _first_line(error)})


def _is_log(info: zipfile.ZipInfo) -> bool:
    return not info.is_dir() and all(map(_visible, PurePosixPath(info.filename).parts))


def _unpack(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, source: Source, target: Path
) -> Source | Note:
    inside = [part for part in PurePosixPath(info.filename).parts if part not in ("/", "..")]
    member = readable("/".join(inside))
    label = f"{source.label}/{member}"
    if info.flag_bits & 0x1:
        return Note("encrypted", label)
    if info.file_size > min(MAX_MEMBER_BYTES, MAX_RATIO * max(info.compress_size, SMALL_BYTES)):
        return Note("bomb", label)
    try:
        with archive.open(info) as packed, target.open("wb") as file:
            shutil.copyfileobj(packed, file, COPIED_BYTES)
    except (*Damaged, OSError) as error:
        if is_disk_full(error):
            raise
        return Note("broken member", label, facts={"why": _first_line(error)})
    return Source(target, label, source.athlete, source.export, member)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _fresh(base: Path) -> Path:
    """Return a path beside `base` where nothing stands."""
    return base.with_name(f"{base.name}-{uuid4().hex}")
