"""A terminal that a person sits at: answers typed when a question stands there."""

import os
import pty
import re
import select
import sys
import time

QUESTION = b"leave the file out) "
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def on_a_terminal(*arguments, answers=(), seconds=60):
    """Run liftdose on a pseudo-terminal; return exit code, plain text and raw text."""
    command = [sys.executable, "-m", "analysis", *map(str, arguments)]
    child, screen = pty.fork()
    if child == 0:
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200"}
        environment.pop("CI", None)
        os.execvpe(command[0], command, environment)
    shown, waiting, answered = b"", list(answers), 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ready, _, _ = select.select([screen], [], [], 1)
        if not ready:
            continue
        try:
            chunk = os.read(screen, 65536)
        except OSError:  # Linux says so when the program has left
            break
        if not chunk:
            break
        shown += chunk
        if waiting and shown.count(QUESTION) > answered:
            answered += 1
            os.write(screen, waiting.pop(0).encode())
    _, status = os.waitpid(child, 0)
    os.close(screen)
    text = shown.decode(errors="replace")
    return os.waitstatus_to_exitcode(status), ESCAPES.sub("", text), text
