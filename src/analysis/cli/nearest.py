"""Two mistakes that the parser cannot guess at: an option before the command, a log in its place.

Mistyped names are the parser's own affair: it says which ones there are.
"""

from __future__ import annotations

import shlex
from typing import Any

from typer.core import TyperGroup


class NearestName(TyperGroup):
    """A group of commands that knows where an option belongs, and what a bare path asks for.

    The parser's own errors are known by what they carry: their classes are not public.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what stands before the command; an option of a command belongs behind it."""
        try:
            return super().parse_args(ctx, list(args))
        except Exception as error:
            option = str(getattr(error, "option_name", ""))
            homes = [
                name
                for name, command in self.commands.items()
                if any(option in each.opts for each in command.params)
            ]
            if homes:
                home = "report" if "report" in homes else homes[0]
                where = f"it goes behind a command, such as `liftdose {home} … {option}`"
                _say(error, f"No such option here: {option}; {where}.")
            raise

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Find the command; a path in its place is most likely a log to report on."""
        try:
            return super().resolve_command(ctx, args)
        except Exception as error:
            from analysis.paths import pasted

            if hasattr(error, "message") and pasted(args[0]).exists():
                meant = shlex.join(["liftdose", "report", *args])
                _say(error, f"{args[0]} is no command. Did you mean `{meant}`?")
            raise


def _say(error: Any, message: str) -> None:
    error.message, error.possibilities = message, None
