"""What a mistyped command or option may have meant."""

from __future__ import annotations

import shlex
from typing import Any

from typer.core import TyperGroup

from analysis.problems import did_you_mean


class NearestName(TyperGroup):
    """A group of commands whose errors of usage say what may have been meant.

    The parser's own errors are known by what they carry: their classes are not public.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what stands before the command; an option of a command belongs behind it."""
        try:
            return super().parse_args(ctx, list(args))
        except Exception as error:
            if option := _unknown_option(error):
                homes = [name for name, each in self.commands.items() if option in _options(each)]
                if homes:
                    home = "report" if "report" in homes else homes[0]
                    where = f"it goes behind a command, such as `liftdose {home} … {option}`"
                    _say(error, f"No such option here: {option}; {where}.")
                else:
                    _suggest(error, option, _options(self))
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

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an unknown option of it is set beside those that there are."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            command = getattr(getattr(error, "ctx", None), "command", None)
            if command is not None and (option := _unknown_option(error)):
                _suggest(error, option, _options(command))
            raise


def _unknown_option(error: Exception) -> str:
    return str(getattr(error, "option_name", "")) if hasattr(error, "possibilities") else ""


def _options(command: Any) -> list[str]:
    return [name for each in command.params for name in each.opts if name.startswith("--")]


def _suggest(error: Exception, option: str, known: list[str]) -> None:
    near = did_you_mean(option, known)
    hint = near[0].upper() + near[1:] if near else f"There are {', '.join([*known, '--help'])}."
    _say(error, f"No such option: {option}. {hint}")


def _say(error: Any, message: str) -> None:
    error.message, error.possibilities = message, None
