"""What is made while the site is built: notebooks as pages, formulas as MathML, and the page of the tour, live."""

from __future__ import annotations

import html
import json
import re
import runpy
from base64 import b64encode
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
LIVE = "backward.html"
FRAME = f"""
<iframe class="live" src="{LIVE}" title="the backward pass of a 64/16/10 net, step by step"></iframe>
<p>This is the page of a 64/16/10 net on 32 digits, live. <a href="{LIVE}">By itself</a> it has more room.</p>
"""


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Adds the pages of the notebooks, the notebooks themselves, and the page that the tour has a picture of."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        files.append(File.generated(config, f"notebooks/{path.name}", abs_src_path=str(path)))
        text = markdown(json.loads(path.read_text(encoding="utf-8")), path.name)
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=text))
    pictures = runpy.run_path(str(ROOT / "docs" / "pictures.py"))
    files.append(File.generated(config, LIVE, content=pictures["stepped"]()))
    return files


def on_page_markdown(text: str, **_: Any) -> str:
    """A link to a notebook leads to its page."""
    return re.sub(r"\]\(\.\./(notebooks/\w+)\.ipynb", r"](\1.md", text)


def on_page_content(text: str, **_: Any) -> str:
    """Formulas become MathML, which a browser sets by itself; the picture of the page becomes the page."""
    text = re.sub(r'<p><img [^>]*src="backward_page.png"[^>]*></p>', FRAME, text)
    text = re.sub(r'<span class="arithmatex">\\\((.*?)\\\)</span>', lambda found: mathml(found[1], "inline"), text)
    return re.sub(
        r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', lambda found: mathml(found[1], "block"), text, flags=re.S
    )


def mathml(text: str, display: str) -> str:
    return convert(html.unescape(text).replace(r"\tag", r"\qquad\tag"), display=display)


def markdown(notebook: dict[str, Any], name: str) -> str:
    """The cells of a notebook and what they said, as Markdown."""
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(re.sub(r"(\$\$.+?\$\$)\n(?=\S)", r"\1\n\n", source, flags=re.S))  # a block each
        else:
            parts.append(fenced(source, "py"))
            parts += [shown(output) for output in cell["outputs"]]
    return "\n\n".join([*parts, f"[This notebook]({name}), to be run.", ""])


def shown(output: dict[str, Any]) -> str:
    """An output in the richest of its forms that a page can show."""
    if output["output_type"] == "stream":
        return fenced("".join(output["text"]), "{ .text .output }")
    data = {kind: "".join(text) if isinstance(text, list) else text for kind, text in output["data"].items()}
    if "text/html" in data:
        return data["text/html"]
    if "image/svg+xml" in data:
        return picture("svg+xml", b64encode(data["image/svg+xml"].encode()).decode())
    if "image/png" in data:
        return picture("png", data["image/png"].replace("\n", ""))
    if "text/latex" in data:
        return f"$$\n{data['text/latex'].strip('$')}\n$$"
    return fenced(data["text/plain"], "{ .text .output }")


def picture(kind: str, content: str) -> str:
    return f'<p><img alt="" src="data:image/{kind};base64,{content}"></p>'


def fenced(text: str, language: str) -> str:
    return f"```` {language}\n{text.rstrip()}\n````"
