"""Names that are markup, code, controls or paths stay text wherever they are written: parsed, nothing is there but them."""

import ast
import json
import random
import re
import subprocess
import tempfile
import unicodedata
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

import autograd as ag
import nn
from autograd.show.notation import GREEK
from promises import promise

PIECES = [
    '"', "'", "`", "\\", "\\N", "\\G", "\\l", "]", "\\]", "<b>", "</b>", "<", ">", "&", "&amp;", "&#92;", "</script>", "<script>alert(1)</script>",
    "$", "$$", "$\\input{x}$", "\\write18{x}", "\\end{align*}", "%", "^", "_", "~", "#", "{", "}", "\n", "\r", "\t", "\0", "\x1b[31m",
    "\x7f", "\x85", "\u2028", "\u202e", "\u200f", "\u2066", "\ufeff", "\ue000", "\ue002", "\ud800", "\udfff", "\ufffe", "é 漢字", "😀",
    "👩‍🔬", "%s{}", "{0}", "//", "/*", "*/", "|", ";", ",", "-->", "<!--", "]]>", "<![CDATA[", "<?xml?>", "<br/>", "<img src=x onerror=y>",
    "<table><tr><td>", "->", "]; evil [label=", "subgraph cluster", "../", "..\\", "CON", "nul.txt", "a:b", ".", " ", "=1+1", "@x", "-1",
    '"""', "'''", '"""\nimport os\n', "\\\n", "import os", "__import__('os')", "lambda", "None", "x" * 5000, "ا", "ְ", "e\u0301", "SCRIPT-HASH",
    "DATA", "1", "0", "", "\x0c", "\x1c", "weight", "np",
]  # fmt: skip


SPACE = "{http://www.w3.org/XML/1998/namespace}space"  # by which Graphviz keeps spaces in a row


def hostile(n: int, seed: int) -> list[str]:
    """So many names: the pieces, some of them in a row, and characters of all kinds."""
    dice = random.Random(seed)
    anything = lambda: "".join(chr(dice.choice([dice.randrange(128), dice.randrange(0x3000), dice.randrange(0x110000)]))
                               for _ in range(dice.randrange(1, 12)))  # fmt: skip
    mixed = lambda: "".join(dice.choices(PIECES, k=dice.randrange(2, 5)))
    return [PIECES[k] if k < len(PIECES) else dice.choice([anything, mixed])() for k in range(n)]


def shown(text: str) -> bool:
    """Can a text be shown without doing anything: has it no controls, marks of direction, or surrogates?"""
    return all(c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in text)


def written(names: list[str]) -> dict[str, Any]:
    """What comes of these names for tensors, ops, parameters, modules and functions, wherever they are written."""
    ops = []
    for name in names:

        def op(x: Any, *, mode: str = "") -> Any:
            return x * 2

        op.__name__ = op.__qualname__ = name
        made = ag.primitive(op)
        made.defvjp(lambda g, y, x, mode: g * 2)
        ops.append(made)
    tensors = [ag.Tensor([1.0 + k, 2.0], requires_grad=True, name=name) for k, name in enumerate(names)]
    loss = sum((op(w, mode=name) * w).sum() for op, w, name in zip(ops, tensors, names, strict=True))
    model = {f"{k}{name}": {name: w} for k, (name, w) in enumerate(zip(names, tensors, strict=True))}
    module = nn.Module()
    module.forward = lambda x: x
    for name in names:
        vars(module)[f"m{name}"] = nn.Linear(2, 2, rng=0)
    programs = [
        ag.compile(lambda: sum((op(w) * w).sum() for op, w in zip(ops, tensors, strict=True)), tensors),
        ag.compile(lambda: sum((w * w).sum() for w in tensors), tensors),
    ]  # a module holds no ops of others'
    for program in programs:
        program.f.__name__ = program.__name__ = names[0]
        program()
    picture = ag.draw(loss, model=model, fold=0, max_nodes=10_000)
    formulas = ag.formulas(loss, max_lines=None)
    with tempfile.TemporaryDirectory() as folder:
        saved = programs[1].save(Path(folder, "a.py")).read_text()
    try:
        module.load_state_dict({name: np.ones(2) for name in names})
    except ValueError as error:
        errors = str(error)
    return {
        "DOT": picture.source, "SVG": picture.render("svg").decode(), "HTML": ag.show.page.page(loss), "LaTeX": formulas.latex, "text": str(formulas),
        "source": programs[0].source, "program": saved, "errors": errors, "summary": str(nn.summary(nn.Sequential(module), 2)), "module": repr(module),
        "tensors": "\n".join(map(repr, tensors)),
    }  # fmt: skip


def tags(page: str) -> list[Any]:
    """The elements of a page of HTML, with their attributes."""
    found: list[Any] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, attributes))
    parser.handle_endtag = found.append
    parser.feed(page)
    return found


def attributes(dot: str) -> tuple[set[Any], list[int]]:
    """The attributes that the parts of a picture have for Graphviz, and how many nodes, clusters and edges there are."""
    ran = subprocess.run(["dot", "-Tdot_json"], input=dot.encode(), capture_output=True, check=True)
    parts = [(json.loads(ran.stdout)).get(kind, []) for kind in ("objects", "edges")]
    return {(k, name) for k, part in enumerate(parts) for x in part for name in x}, [*map(len, parts)]


def elements(svg: str) -> tuple[set[Any], list[int]]:
    """The kinds of elements in a picture with the names of their attributes, and how many nodes and edges there are."""
    root = ElementTree.fromstring(svg)
    kinds = {(x.tag, name) for x in root.iter() for name in x.attrib if name != SPACE}
    return kinds, [sum(x.get("class") == kind for x in root.iter()) for kind in ("node", "edge", "cluster")]


def titles(svg: str) -> list[str]:
    """What is written in bold in each node and box of a picture."""
    boxes = [x for x in ElementTree.fromstring(svg).iter() if x.get("class") in ("node", "cluster")]
    return ["".join(x.text or "" for x in box.iter() if x.get("font-weight") == "bold") for box in boxes]


def seen(text: str) -> str:
    """What is certainly seen of a text: letters, digits and ASCII's signs but _."""
    return re.sub(r"[^\w!-~]|_", "", text)


def structure(latex: str) -> tuple[set[str], list[int]]:
    """The commands of a formula, and how many rows, columns, and open braces it has."""
    text = re.sub(r"\\text(backslash|asciicircum|asciitilde)\{\}|\\[{}$&#_%]", "", latex)
    assert not re.search("[$%#]", text)
    depths = [text[: i + 1].count("{") - text[: i + 1].count("}") for i, c in enumerate(text) if c in "{}"]
    # \top: an op of a user's that is called T is written as a transpose
    commands = {*re.findall(r"\\[A-Za-z]+|\\\S", text)} - {
        rf"\{name}" for name in ("text", "operatorname", "top", *GREEK)
    }
    return commands, [text.count("\\\\\n"), text.count("&"), depths[-1], min(depths)]


def code(source: str) -> list[str]:
    """What a program consists of, whatever it calls things, and whichever of them is known by two names: a = b."""
    renaming = (ast.Assign, ast.Name, ast.Load, ast.Store)
    return [type(node).__name__ for node in ast.walk(ast.parse(source)) if not isinstance(node, renaming)]


def lines(text: str) -> int:
    return len(text.splitlines())


READ: dict[str, Callable[[str], Any]] = {
    "DOT": attributes, "SVG": elements, "HTML": tags, "LaTeX": structure, "text": lines, "source": code, "program": code, "summary": lines,
    "module": lines, "tensors": lines, "errors": lines,
}  # fmt: skip


def inert(names: list[str]) -> None:
    """Asserts that what is written with these names is what is written with others, but for them; and there they are."""
    found, usual = written(names), written([f"some name {k}" for k in range(len(names))])
    wanted = (re.sub(r"some name (\d+)", lambda k: names[int(k[1])], title)
              for title in titles(usual["SVG"]) if "some name" in title)  # fmt: skip
    lacking = {seen(title) for title in wanted if len(title) < 40} - {*map(seen, titles(found["SVG"])), ""}
    assert not lacking, f"not in the picture of {names}: {lacking}"
    for kind, read in READ.items():
        assert shown(found[kind]), f"{kind} of {names}: {found[kind]!a}"
        letters = re.compile(r"[^\W\d_]{2,}", re.ASCII if kind in ("source", "program") else 0)
        for word in letters.findall(" ".join(name[:20] for name in names[: 5 if kind == "errors" else None])):
            there = word in found[kind] or json.dumps(word)[1:-1] in found[kind]  # as the page has it
            assert there or word in GREEK, f"{kind} of {names}: no {word!r}"
        now, before = read(found[kind]), read(usual[kind])
        if isinstance(now, tuple):  # fewer kinds of things may be there
            assert now[0] <= before[0], f"{kind} of {names}: {now[0] - before[0]}"
            now, before = now[1], before[1]
        assert now == before, f"{kind} of {names}"


def refused(write: Callable[[], Any]) -> bool:
    """Is it said in an error that something cannot be written?"""
    try:
        write()
    except (ValueError, OSError) as error:
        assert shown(str(error)), ascii(str(error))
        return True
    return False


def kept(names: list[str]) -> int:
    """Asserts that files have these names as they are, within and without; returns how many were refused."""
    array, no = np.ones(2), 0
    with tempfile.TemporaryDirectory() as folder:
        for k, name in enumerate(dict.fromkeys(names)):
            place = Path(folder, str(k))
            place.mkdir()
            if refused(lambda: nn.save({name: array}, place / "a")):  # noqa: B023
                no += 1
            else:
                assert [*nn.load(place / "a")] == [name]
            rows = nn.History([{"epoch": 1, name: 0.5}])
            if refused(lambda: rows.save(place / "a")):  # noqa: B023
                no += 1
            else:
                assert nn.History.load(place / "a") == rows, name
            (place / "a").unlink(missing_ok=True)
            if "/" not in name and not refused(lambda: rows.save(place / f"{name}.csv")):  # noqa: B023
                assert [path.name for path in place.iterdir()] == [f"{name}.csv"]
    return no


@promise("Names of tensors, ops, parameters, modules, functions, columns and files that hold markup, code, control "
         "characters or paths are text in pictures (DOT, SVG), pages (HTML), formulas (LaTeX), programs, tables and errors: "
         "parsed, they are there, and no element, attribute, command or statement that was not there before.", 100, 10**4)  # fmt: skip
def names(n: int) -> str:
    found = hostile(n, 0)
    with ProcessPoolExecutor(2) as two:
        assert [*two.map(inert, (found[i : i + 20] for i in range(0, n, 20)))]
    return f"{n:,} names in {len(READ)} kinds of writing: 0 that did anything; {kept(found):,} that a file cannot hold, said"
