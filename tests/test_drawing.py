"""Pictures: what is in them, in which order, with which renderer, and with names that mean mischief."""

import re
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest
from numeric import leaf

import nn
from autograd import Tensor, draw, gradients, tanh
from autograd.show import drawing

SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture):
    """Counts of nodes and edges, and the text, of the rendered picture."""
    root = ElementTree.fromstring(picture.render("svg"))
    groups = [g.get("class") for g in root.iter(f"{SVG}g")]
    texts = ["".join(t.itertext()) for t in root.iter(f"{SVG}text")]
    return groups.count("node"), groups.count("edge"), texts


def test_a_plus_a_has_two_arrows_each_way():
    a = leaf(3.0, name="a")
    nodes, edges, texts = parsed(draw(a + a))
    assert (nodes, edges) == (3, 5)  # a, +, the sum; two arrows into +, one out, two cotangents back
    assert texts.count("a") == 1
    assert "g = 2" in texts
    assert "visit 1" in texts


def test_a_dense_net_shows_order_shapes_and_norms():
    model = nn.MLP(3, 4, 2, output="softmax", rng=0)
    loss = model.loss(np.ones((5, 3)), [0, 1, 1, 0, 1])
    nodes, edges, texts = parsed(draw(loss))
    order = re.findall(r"<b>(\w+)</b><br/><font[^>]*>visit (\d)", draw(loss).source)
    assert sorted(order, key=lambda pair: pair[1]) == [
        ("softmax_cross_entropy", "1"), ("linear", "2"), ("relu", "3"), ("linear", "4"),
    ]  # fmt: skip
    assert {"W1", "b1", "W2", "b2", "(4, 3)", "(5, 4)", "(5, 2)", f"{loss.item():.4g}"} <= set(texts)
    assert nodes == 4 + 4 + 4 + 2  # parameters, ops, results, and the two arrays of data
    assert all(p.grad is None for p in model.parameters())
    loss.backward()
    for p in model.parameters():
        assert f"|g| = {np.linalg.norm(p.grad):.3g}" in texts, p
    assert edges == len(re.findall(" -> ", draw(loss).source))


def test_the_picture_does_not_depend_on_what_was_made_before():
    sources = set()
    for _ in range(3):
        x = leaf([1.0, 2.0], name="x")
        sources.add(draw((tanh(x * 2.5) * x).sum()).source)
    assert len(sources) == 1
    assert "2.5" in sources.pop()
    x = leaf(2.0)
    assert draw(x**2 / 2).source.count("label=<2>") == 2  # the exponent and the divisor are two things
    assert repr(draw(x * 3)) == "<drawing with 4 nodes: .save('backward.svg') it, or .show() it>"


def test_without_a_sweep_the_forward_graph_stands_alone():
    for y in (leaf([1.0, 2.0]) * 2, Tensor([1.0]) * 2, Tensor(1.0)):
        _, _, texts = parsed(draw(y))
        assert not any("visit" in t or "|g|" in t for t in texts)
    x = leaf(2.0)
    (g,) = gradients(x**3, [x], create_graph=True)
    assert any("visit" in t for t in parsed(draw(g))[2])  # the graph of the derivative


@pytest.mark.parametrize("name", [
    '"', "\\", "\\N", "a\\", "<b>bold</b>", "<", "&amp;", "</script><script>alert(1)</script>", "$\\input{x}$", "a\nb",
    "\x00\x1b[31m", "x" * 10_000, "\u202eabc", '"]; evil [label="', "label=<i>", "é 漢字 😀", "%s{}", "//", "\ud800",
])  # fmt: skip
def test_hostile_names_are_text(name):
    w = leaf([1.0], name=name)
    nodes, edges, texts = parsed(draw((w * w).sum()))
    assert (nodes, edges) == (5, 5 + 3)
    plain = "".join(c if c.isprintable() else " " for c in name)
    shown = plain if len(plain) <= 40 else plain[:39] + "…"
    assert "".join(texts).replace("\xa0", " ").strip().startswith(shown.strip())


def test_formats(tmp_path):
    picture = draw(leaf(2.0) * 3)
    for ending, start in ((".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".dot", b"digraph")):
        assert picture.save(tmp_path / f"p{ending}").read_bytes().startswith(start)
    with pytest.raises(ValueError, match=r"ends in \.svg, \.png, \.pdf, \.dot; got 'p\.jpeg'"):
        picture.save(tmp_path / "p.jpeg")
    with pytest.raises(TypeError, match="draw expected a Tensor, got ndarray"):
        draw(np.ones(2))


def test_notebooks_get_a_picture_or_the_reason(monkeypatch):
    picture = draw(leaf(2.0) * 3)
    assert "<svg" in picture._repr_mimebundle_()["image/svg+xml"]
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(__import__("sys").modules, "pygraphviz", None)
    text = picture._repr_mimebundle_()["text/plain"]
    assert "pip install 'glassgrad[draw]'" in text
    assert "digraph backward" in text
    with pytest.raises(RuntimeError, match="drawing needs Graphviz"):
        picture.render()


def test_show_opens_the_file(monkeypatch):
    opened = []
    monkeypatch.setattr(drawing.webbrowser, "open", opened.append)
    draw(leaf(2.0) * 3).show()
    assert opened[0].endswith("/backward.svg")


@pytest.mark.skipif(not shutil.which("dot"), reason="this system has no dot; pygraphviz draws in the other tests")
def test_the_systems_dot_draws_too(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pygraphviz", None)
    assert b"<svg" in draw(leaf(2.0) * 3).render()
