"""From paths to files and whose they are: a file, a folder or a zip.

A path that is a file or a zip is one athlete. In a folder, each file or folder directly inside
is one athlete. `--athlete` overrides both: everything belongs to one person.
"""

from __future__ import annotations

import shutil
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.ingest import remembered
from analysis.ingest.sheets import layout
from analysis.ingest.sheets.grid import is_workbook
from analysis.paths import existing

MAX_MEMBER_BYTES = 2_000_000_000
MAX_MEMBERS = 10_000
SETTINGS = ("exercises.toml", "exercises.new.toml", "clients.toml", remembered.FILE, layout.FILE)
"""Files of ours that may stand beside exports; they are settings, not logs."""

MAX_RATIO = 200
"""A zip member larger than this many times its packed size is a bomb, not a log."""


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
class Refused:
    """A file or zip member that is not read, and why."""

    label: str
    reason: str


def find(
    paths: Iterable[str | Path], athlete: str | None, workdir: Path
) -> tuple[list[Source], list[Refused]]:
    """Return every file under the paths, zips unpacked into `workdir`, in a stable order.

    Raises:
        PathError: a path does not exist.
    """
    found: list[Source] = []
    refused: list[Refused] = []
    for path, label, owner in _named(list(_tops([existing(path) for path in paths]))):
        for source in _files(path, label, athlete or owner):
            for item in _opened(source, workdir):
                if isinstance(item, Source):
                    found.append(item)
                else:
                    refused.append(item)
    return found, refused


def _tops(paths: list[Path]) -> Iterator[tuple[Path, bool]]:
    """Yield what is one athlete each, with whether it stands inside a given folder."""
    for path in paths:
        if path.is_dir():
            yield from ((child, True) for child in sorted(path.iterdir()) if _visible(child))
        else:
            yield path, False


def _named(tops: list[tuple[Path, bool]]) -> Iterator[tuple[Path, str, str]]:
    """Name files and athletes; two of one name are told apart by the folder above."""
    labels = Counter(path.name for path, _ in tops)
    owners = Counter(_owner(path) for path, _ in tops)
    for path, _ in tops:
        above = path.resolve().parent.name
        label = path.name if labels[path.name] == 1 else f"{above}/{path.name}"
        owner = _owner(path) if owners[_owner(path)] == 1 else f"{above} {path.name}"
        yield path, label, owner


def _owner(path: Path) -> str:
    return path.name if path.is_dir() else path.stem


def _files(path: Path, label: str, athlete: str) -> Iterator[Source]:
    if path.is_file():
        yield Source(path, label, athlete, path)
        return
    for child in sorted(path.rglob("*")):
        relative = child.relative_to(path)
        if child.is_file() and all(_visible(Path(part)) for part in relative.parts):
            yield Source(child, f"{label}/{relative.as_posix()}", athlete, child)


def _visible(path: Path) -> bool:
    hidden = path.name.startswith((".", "__MACOSX")) or path.name in SETTINGS
    return path.name == ".." or not hidden


def overrides_beside(paths: Iterable[str | Path]) -> Path | None:
    """Return the `exercises.toml` in a given folder, or beside a given file, if there is one."""
    for path in map(existing, paths):
        beside = (path if path.is_dir() else path.parent) / SETTINGS[0]
        if beside.is_file():
            return beside
    return None


def _opened(source: Source, workdir: Path) -> Iterator[Source | Refused]:
    with source.path.open("rb") as file:
        packed = file.read(4) == b"PK\x03\x04"
    if not packed or is_workbook(source.path):
        yield source
    elif not zipfile.is_zipfile(source.path):
        yield Refused(source.label, "is a zip that is cut short; export or copy it again")
    else:
        yield from _unpacked(source, workdir)


def _unpacked(source: Source, workdir: Path) -> Iterator[Source | Refused]:
    """Unpack a zip's files under names of our own: no member can write elsewhere."""
    try:
        with zipfile.ZipFile(source.path) as archive:
            if "[Content_Types].xml" in archive.namelist():
                yield Refused(source.label, "is an office document; save the sheet as CSV")
                return
            members = [info for info in archive.infolist() if _is_log(info)]
            if len(members) > MAX_MEMBERS:
                yield Refused(source.label, f"holds more than {MAX_MEMBERS:,} files")
                return
            for number, info in enumerate(members):
                inside = [part for part in Path(info.filename).parts if part not in ("/", "..")]
                member = "/".join(inside)
                yield _unpack(archive, info, source, member, workdir / f"zip-{number}")
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        yield Refused(source.label, f"is a zip that cannot be opened: {error}")


def _is_log(info: zipfile.ZipInfo) -> bool:
    return not info.is_dir() and all(_visible(Path(part)) for part in Path(info.filename).parts)


def _unpack(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, source: Source, member: str, base: Path
) -> Source | Refused:
    label = f"{source.label}/{member}"
    if info.flag_bits & 0x1:
        return Refused(label, "is encrypted; unpack it first")
    if info.file_size > min(MAX_MEMBER_BYTES, MAX_RATIO * max(info.compress_size, 10_000)):
        return Refused(label, "would unpack to far more than a log can be; refused")
    target = _fresh(base)
    try:
        with archive.open(info) as packed, target.open("wb") as file:
            shutil.copyfileobj(packed, file)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError) as error:
        return Refused(label, f"cannot be unpacked: {error}")
    return Source(target, label, source.athlete, source.export, member)


def _fresh(base: Path) -> Path:
    target, number = base, 0
    while target.exists():
        number += 1
        target = base.with_name(f"{base.name}-{number}")
    return target
