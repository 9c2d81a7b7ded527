"""liftdose: what the work bought, muscle by muscle, from the logs that lifting apps export.

    import analysis as lab
    logbook = lab.read("my_export.csv")
    lab.volume(logbook).figure

Names load on first use, so that the command line starts fast. `__init__.pyi` is the list of them:
an editor and a type checker read it, and so does this file. A new verb is one line there.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

__version__ = "0.1.0"


@cache
def _homes() -> dict[str, tuple[str, str]]:
    """Return the module of every public name, and its name there, from the stub.

    `from home import name as name` is public as it is; `name = other` renames an import.
    """
    import ast
    from importlib.resources import files

    stub = ast.parse(files(__name__).joinpath("__init__.pyi").read_text(encoding="utf-8"))
    imported = {
        alias.name: (str(line.module), alias.asname)
        for line in stub.body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }
    public = {name: (home, name) for name, (home, asname) in imported.items() if asname}
    for line in stub.body:
        match line:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=inside)):
                public[name] = (imported[inside][0], inside)
    return public


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return ["__version__", *sorted(_homes())]
    if name.startswith("_") or name not in _homes():
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    module, inside = _homes()[name]
    return getattr(import_module(module), inside)


def __dir__() -> list[str]:
    return ["__version__", *sorted(_homes())]
