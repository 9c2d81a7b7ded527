"""A notebook as an ill-wisher would write it: every way in that a notebook has."""

from __future__ import annotations

import json

SCRIPT = "<script>alert(1)</script>"
IMAGE = '<img src="https://example.invalid/x.png" onerror="alert(2)">'
PLOTLY = "application/vnd.plotly.v1+json"


def code(number, source, *outputs):
    return {
        "cell_type": "code", "execution_count": number, "id": f"c{number}", "metadata": {},
        "source": source, "outputs": list(outputs),
    }  # fmt: skip


def markdown(name, source):
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def shown(**kinds):
    data = {kind.replace("_", "/", 1): value for kind, value in kinds.items()}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def figure(data, layout):
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {PLOTLY: {"data": data, "layout": layout}},
    }


def said(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def written(path, cells, **metadata):
    """Write a notebook of these cells and return where."""
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def cells():
    """Return cells whose every text wants to run, load or lead away."""
    trace = {
        "type": "scatter", "x": ["2025-01-01", "2025-02-01"], "y": [1, 2], "name": SCRIPT,
        "text": [SCRIPT, IMAGE], "hovertemplate": f"{SCRIPT}{IMAGE}<extra></extra>",
    }  # fmt: skip
    layout = {
        "title": {"text": f"Title {SCRIPT}{IMAGE}"},
        "xaxis": {"title": {"text": '"><a href="javascript:alert(3)">x</a>'}},
        "height": '1px" onload="alert(4)',
        "width": 4000,
        "meta": {"time_axis": "__proto__", "load_axis": "y"},
        "template": {"layout": {"title": {"text": SCRIPT}}},
    }
    table = (
        f"<style>*{{display:none}}</style><table onclick='alert(5)'><thead><tr><th></th>"
        f"<th colspan='2' onmouseover='alert(6)'>a{SCRIPT}</th></tr></thead><tbody><tr><th>0</th>"
        f"<td>{IMAGE}b</td><td>&lt;script&gt;alert(7)&lt;/script&gt;</td></tr></tbody></table>{SCRIPT}"
    )
    return [
        markdown("m0", f"# Hostile {SCRIPT}\n\nText {SCRIPT} {IMAGE}\n\n{SCRIPT}\n"),
        markdown(
            "m1",
            "## Links\n\n[run](javascript:alert(8)) [near](../secret.html) "
            "[web](https://example.org) ![pixel](https://example.invalid/p.png)\n\n```html\n"
            + SCRIPT
            + "\n```\n",
        ),
        code(1, f"print('{SCRIPT}')  # {IMAGE}", said(f"{SCRIPT}\n- {IMAGE}\n")),
        code(2, "figure", figure([trace], layout)),
        code(3, "table", shown(text_html=table, text_plain="plain")),
        code(4, "html", shown(text_html=f"<div>{SCRIPT}</div>", text_plain=f"plain {SCRIPT}")),
        code(5, "picture", shown(image_png='AAAA" onerror="alert(9)')),
        code(6, "script", shown(application_javascript="alert(10)")),
        code(7, "note", shown(text_markdown=f"# {SCRIPT}\n\n{IMAGE}")),
        code(8, "fail", {"output_type": "error", "ename": "E", "evalue": SCRIPT, "traceback": []}),
        markdown("m2", "## Links\n\nThe same heading again."),
    ]
