"""Progress bars: on stderr, on a terminal only, gone when the work is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from analysis.cli.saying import on_terminal
from analysis.terminal import printable

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """What long work tells how far it is (a `progress.Tell`); draws nothing without a screen."""

    def __init__(self, screen: Progress | None) -> None:
        self._screen = screen
        self._task = screen.add_task("", total=None) if screen is not None else None

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show the steps done; a single step, whose end nobody knows, shows as a pulse."""
        if self._screen is not None and self._task is not None:
            shown = total if total > 1 else None
            counted = f"{done}/{total} " if total > 1 else ""
            text = f"{counted}{printable(what)[:60]}"
            self._screen.update(self._task, completed=done, total=shown, description=text)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Leave the screen to a question."""
        if self._screen is None:
            yield
            return
        self._screen.stop()
        try:
            yield
        finally:
            self._screen.start()


@contextmanager
def bar(title: str) -> Iterator[Bar]:
    """Yield a bar for some long work.

    Args:
        title: what is being done, such as "Reading".
    """
    if not on_terminal():
        yield Bar(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn(title, markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as screen:
        yield Bar(screen)
