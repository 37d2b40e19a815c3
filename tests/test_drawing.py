"""Pictures: what is in them, in which order, with which renderer, and with names that mean mischief."""

import re
import shutil
import time
from xml.etree import ElementTree

import numpy as np
import pytest
from numeric import leaf, posix

import nn
from autograd import Tensor, draw, formulas, gradients, tanh
from autograd.show import colours, drawing, labels, owners
from autograd.show.names import ancestors

SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture):
    """Counts of nodes and edges, and the text, of the rendered picture."""
    root = ElementTree.fromstring(picture.render("svg"))
    groups = [g.get("class") for g in root.iter(f"{SVG}g")]
    texts = ["".join(t.itertext()).replace("\xa0", " ") for t in root.iter(f"{SVG}text")]
    return groups.count("node"), groups.count("edge"), texts


def arrows(picture):
    """(from, to, does a cotangent come back along it?) for every arrow in the source."""
    return [(a, b, "dir=both" in how) for a, b, how in re.findall(r"^(\w+) -> (\w+) \[(.*)\]$", picture.source, re.M)]


def colour_of(picture, text):
    """The background of the row that begins so."""
    return re.search(rf'bgcolor="(#\w+)"><font[^>]*>{re.escape(text)}', picture.source)[1]


def test_a_plus_a_has_two_arrows_each_way():
    a = leaf(3.0, name="a")
    picture = draw(a + a)
    nodes, edges, texts = parsed(picture)
    assert (nodes, edges) == (3, 3)  # a, +, the sum; two arrows into + and one out, each with its way back
    assert sorted(arrows(picture)) == [("op1", "t1", True), ("t0", "op1", True), ("t0", "op1", True)]
    assert texts.count("a") == 1
    assert {"dC/da = 2", "visit 1", "C = 2 a", "dC/da += 1"} <= set(texts)


def test_either_kind_of_arrow_alone():
    x = leaf(3.0, name="x")
    y = x * Tensor(2.0)
    _, edges, texts = parsed(draw(y, arrows="forward"))
    assert edges == 3
    assert "dir=b" not in draw(y, arrows="forward").source
    assert "dC/dx = 2" in texts  # what is known is still said
    back = draw(y, arrows="backward")
    assert parsed(back)[:2] == (4, 3)
    assert back.source.count("dir=none style=dotted") == 1  # nothing flows back to the factor
    assert back.source.count("dir=back") == 2


def test_a_dense_net_shows_order_shapes_and_norms():
    model = nn.MLP(3, 4, 2, output="softmax", rng=0)
    loss = model.loss(np.arange(15.0).reshape(5, 3) / 15, [0, 1, 1, 0, 1])
    nodes, edges, texts = parsed(draw(loss))
    order = re.findall(r"<b>(\w+)</b> +<font[^>]*>visit (\d)", draw(loss).source)
    assert sorted(order, key=lambda pair: pair[1]) == [
        ("softmax_cross_entropy", "1"), ("linear", "2"), ("relu", "3"), ("linear", "4"),
    ]  # fmt: skip
    assert {"W1", "b1", "W2", "b2", " (4, 3)", " (5, 4)", " (5, 2)", f" = {loss.item():.3g}"} <= set(texts)
    assert {"z1 = x W1ᵀ + b1", "dC/dW1 = (dC/dz1)ᵀ x"} <= set(texts)
    assert nodes == 4 + 4 + 4 + 2  # parameters, ops, results, and the two arrays of data
    assert all(p.grad is None for p in model.parameters())
    loss.backward()
    for p in model.parameters():
        shown = [t for t in texts if t.removeprefix("|").startswith(f"dC/d{p.name}")]
        assert any(f"= {np.linalg.norm(p.grad):.3g}, from" in t or p.size <= 6 for t in shown), p
    assert edges == len(re.findall(" -> ", draw(loss).source))


def op_rows(picture, op):
    """The rows of the box of the only op with this name."""
    (rows,) = [rows for rows in node_rows(picture) if rows[0] == op]
    return rows


def node_rows(picture):
    root = ElementTree.fromstring(picture.render("svg"))
    nodes = [g for g in root.iter(f"{SVG}g") if g.get("class") == "node"]
    return [["".join(t.itertext()).replace("\xa0", " ") for t in g.iter(f"{SVG}text")] for g in nodes]


def test_every_op_has_the_formulas_of_its_own_rules():
    W, b = leaf([[0.1, -0.2]], name="W"), leaf([0.3], name="b")
    z = np.ones((2, 2)) @ W.T + b
    picture = draw((tanh(z) ** 2).sum())
    assert op_rows(picture, "matmul")[-2:] == ["v1 = x Wᵀ", "dC/d(Wᵀ) = xᵀ dC/dv1"]
    assert op_rows(picture, "transpose")[-2:] == ["visit 6", "dC/dW = (dC/dv1)ᵀ x"]
    text = str(formulas((tanh(z) ** 2).sum()))
    assert "\n  5  dC/dW = (dC/dv1)ᵀ x" in text  # in the visit of the product
    B = leaf([[1.0, 2.0], [3.0, 4.0]], name="B")
    turned = draw(tanh(B.T).sum())
    assert "dC/d(Bᵀ) = dC/da1 ⊙ tanh'(Bᵀ)" in op_rows(turned, "tanh")
    assert op_rows(turned, "transpose")[-2:] == ["visit 3", "dC/dB = (dC/da1)ᵀ ⊙ (1 - (a1ᵀ)²)"]
    A = B.T
    twice = draw((A @ A).sum())
    assert op_rows(twice, "transpose")[-2:] == ["visit 3", "dC/dB = (dC/d(Bᵀ))ᵀ"]  # a sum is not written out


def test_browsers_show_the_blank_between_a_name_and_what_stands_beside_it():
    a = leaf([3.0, -0.0], name="a")
    texts = ElementTree.fromstring(draw((a * a).sum()).render()).findall(f".//{SVG}text")
    led = [t for t in texts if t.text.startswith(" ")]
    assert {t.text for t in led} >= {" (2,)", " = 9"}
    assert {t.get("{http://www.w3.org/XML/1998/namespace}space") for t in led} == {"preserve"}
    assert "[3, 0]" in {t.text for t in texts}  # a zero has no sign


def test_what_is_only_reshaped_is_told_from_what_it_was():
    B = leaf([[1.0, 2.0], [3.0, 4.0]], name="B")
    picture = draw((B.sum(axis=1, keepdims=True).reshape(2) ** 2).sum())
    heads = [rows[0] for rows in node_rows(picture)]
    assert len([head for head in heads if head.startswith("v1")]) == 1
    assert "reshape(v1) (2,)" in " ".join(" ".join(rows) for rows in node_rows(picture)).replace("  ", " ")
    assert not any("Σ" in text for text in op_rows(picture, "reshape"))
    assert op_rows(picture, "power")[-1] == "dC/d(reshape(v1)) = 2 dC/dv2 ⊙ v1"


def test_the_picture_does_not_depend_on_what_was_made_before():
    sources = set()
    for _ in range(3):
        x = leaf([1.0, 2.0], name="x")
        sources.add(draw((tanh(x * 2.5) * x).sum()).source)
    assert len(sources) == 1
    assert "2.5" in sources.pop()
    x = leaf(2.0)
    assert draw(x**2 / 2).source.count('<td align="center">2</td>') == 2  # exponent and divisor are two things
    assert repr(draw(x * 3)) == "<drawing with 4 nodes: .save('backward.svg') it, or .show() it>"


def test_without_a_sweep_the_forward_graph_stands_alone():
    for y in (leaf([1.0, 2.0]) * 2, Tensor([1.0]) * 2, Tensor(1.0)):
        _, _, texts = parsed(draw(y))
        assert not any("visit" in t or "dC/d" in t or "norm of" in t for t in texts)
        assert any(t.startswith("no gradients: ") for t in texts)
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    x.data += 1
    assert "no gradients: " in draw(y).source
    assert "was changed after" in draw(y).source


def test_the_graph_of_a_derivative():
    x = leaf(2.0, name="x")
    (g,) = gradients(x**3, [x], create_graph=True)
    assert any("visit" in t for t in parsed(draw(g))[2])
    for _ in range(2):
        (g,) = gradients(g, [x], create_graph=True)
    assert g.item() == 6
    assert parsed(draw(g))[0] > 3


def test_small_arrays_are_shown_and_large_ones_described():
    x, y = leaf([1.0, 2.5], name="x"), leaf(np.arange(10.0), name="y")
    z = Tensor(np.ones(3, np.float32), requires_grad=True, name="z")
    source = draw(x.sum() + (y * np.arange(10)).sum() + z.sum()).source
    assert "[1, 2.5]" in source
    assert "dC/dx = [1, 1]" in source
    assert "|y| = 16.9, from 0 to 9" in source
    assert "|dC/dy| = 16.9, from 0 to 9" in source
    assert "<b>z</b> (3,) float32" in source
    assert "(10,) int64" in source


def test_what_vanishes_explodes_or_is_no_number_has_a_colour_of_its_own():
    a, b, c = leaf(1.0, name="a"), leaf(1.0, name="b"), leaf(1.0, name="c")
    picture = draw(a * 1e-12 + b * 1e12 + c)
    assert colour_of(picture, "dC/da") == colours.SCALE[-8]
    assert colour_of(picture, "dC/db") == colours.SCALE[8]
    assert colour_of(picture, "dC/dc") == colours.SCALE[0]
    assert colour_of(draw(a * 0.0), "dC/da") == colours.ZERO
    assert (
        f'bgcolor="{colours.ZERO}"><font color="#222222" point-size="9"> 0 ' in picture.source
    )  # and the legend has it
    with np.errstate(all="ignore"):
        w = leaf([0.0, 1.0], name="w")
        picture = draw((w / w).sum())
    assert colour_of(picture, "dC/dw") == colours.ALARM
    assert colour_of(picture, "[nan, 1]") == colours.ALARM
    assert colours.shade(labels.norm(np.array([1e200, 1e200]))) == colours.SCALE[8]  # no overflow, so no alarm


def test_what_is_written_on_a_colour_can_be_read():
    def luminance(colour):
        parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    for colour in (
        *colours.SCALE.values(),
        colours.ZERO,
        colours.ALARM,
        *(colours.shade(10**x) for x in np.arange(-8, 8, 0.2)),
    ):
        low, high = sorted((luminance(colour), luminance(colours.ink(colour))))
        assert (high + 0.05) / (low + 0.05) > 3.95, colour  # of grey in the middle neither ink has more


def test_a_picture_goes_where_it_is_told_to():
    y = leaf(2.0) * 3
    assert "rankdir=TB" in draw(y).source
    assert "rankdir=LR" in draw(y, direction="right").source


def test_what_ops_made_is_kept_in_line_and_leaves_stand_beside_it():
    x = leaf(2.0, name="x")
    look = dict(re.findall(r"^(\w+ -> \w+) \[(.*)\]$", draw(tanh(x) * 2).source, re.M))
    assert [("weight=8" in how, name) for name, how in look.items()] == [
        (True, "op1 -> t1"), (False, "t0 -> op1"), (True, "op2 -> t2"), (True, "t1 -> op2"), (False, "d0 -> op2"),
    ]  # fmt: skip
    for _ in range(20):
        x = tanh(x * 0.9)
    looks = re.findall(r"^\w+ -> \w+ \[(.*)\]$", draw(x).source, re.M)
    assert [how for how in looks if "dashed" in how] == [how for how in looks if "constraint=false" in how]
    assert sum("dashed" in how for how in looks) == 1  # from the end of a block to the next


class Block(nn.Module):
    def __init__(self, rng):
        self.one, self.two = nn.Linear(4, 4, rng=rng), nn.Linear(4, 4, rng=rng + 1)

    def forward(self, x):
        return x + self.two(tanh(self.one(x)))


class Net(nn.Module):
    def __init__(self, blocks):
        self.first, self.blocks = nn.Linear(3, 4, rng=0), [Block(i) for i in range(blocks)]
        self.last = nn.Linear(4, 1, rng=1)

    def forward(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = block(x)
        return self.last(x)


def clusters(picture):
    root = ElementTree.fromstring(picture.render("svg"))
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class") == "cluster"]
    return ["".join("".join(t.itertext()) for t in g.iter(f"{SVG}text")) for g in groups]


def test_modules_are_boxes_that_open_as_deep_as_wanted():
    model = Net(2)
    loss = (model(np.ones((5, 3))) ** 2).sum()
    assert clusters(draw(loss)) == []
    names = ["Net", "first Linear", "blocks.0 Block", "one Linear", "two Linear", "blocks.1 Block", "last Linear"]
    assert set(clusters(draw(loss, model=model))) == set(names)
    assert len(clusters(draw(loss, model=model))) == 9
    one = draw(loss, model=model, depth=1)
    assert clusters(one) == ["Net"]
    closed = draw(loss, model=model, depth=0)
    nodes, edges, texts = parsed(closed)
    assert (nodes, edges) == (1 + 1 + 2 * 2 + 1, 6)  # the net, its data; then the square with its 2, and the sum
    assert "Net" in texts
    assert "10 ops, 22 tensors" in texts
    loss.backward()
    total = np.sqrt(sum((p.grad**2).sum() for p in model.parameters()))
    assert f"|gradient| = {total:.3g}" in texts
    deep = draw(loss, model=model, depth=2)
    assert set(clusters(deep)) == {"Net", "first Linear", "blocks.0 Block", "blocks.1 Block", "last Linear"}


def test_what_comes_out_of_a_closed_module_has_a_name():
    model = nn.MLP(4, 8, 3, output="softmax", rng=0)
    loss = model.loss(np.ones((2, 4)), [0, 1])
    _, _, texts = parsed(draw(loss, model=model, depth=0))
    assert "C = softmax_cross_entropy(z2, t)" in texts
    assert [text.strip() for text in texts].count("z2") == 1  # beside the arrow that brings it


def test_who_owns_an_op():
    model = Net(1)
    x = Tensor(np.ones((5, 3)))
    loss = model(x).sum()
    values = ancestors(loss)
    found = owners.homes(values, owners.Owners(model))
    by_name = [(v.primitive.name, found.get(id(v))) for v in values if v.primitive]
    assert by_name == [
        ("linear", ("first",)), ("linear", ("blocks.0", "one")), ("tanh", ("blocks.0",)), ("linear", ("blocks.0", "two")),
        ("add", ()), ("linear", ("last",)), ("sum", None),
    ]  # fmt: skip
    u, v = leaf([1.0], name="u"), leaf([1.0], name="v")
    model = {"a": {"u": u, "again": [v]}, "b": {"v": v}}
    model["a"]["self"] = model["a"]
    both = owners.Owners(model)
    assert (both.of(u), both.of(v)) == (("a",), ())
    assert "<b>a</b> dict" in draw((u * v).sum() * u.sum(), model=model).source


def test_blocks_that_repeat_are_drawn_once():
    x = y = leaf(0.5, name="x")
    for _ in range(200):
        y = tanh(y * 0.99)
    picture = draw(y * 2)
    nodes, _, texts = parsed(picture)
    assert nodes == 9  # x; times 0.99, the product, tanh, its result; times 2, the result
    assert clusters(picture)[0].startswith("× 200 blocks of 2 ops: the first is shown")
    assert "a1 to a200" in texts
    assert "visits 3 to 401" in texts
    assert parsed(draw(tanh(tanh(tanh(x))), fold=0))[0] == 7
    assert parsed(draw(tanh(tanh(tanh(x))), fold=2))[0] == 5  # × 2, and the result itself
    model = Net(12)
    picture = draw((model(np.ones((5, 3))) ** 2).sum(), model=model)
    assert "× 12 blocks.0 to blocks.11" in clusters(picture)
    closed = draw((model(np.ones((5, 3))) ** 2).sum(), model=model, depth=1)
    assert clusters(closed) == ["Net", "× 12 blocks.0 to blocks.11"]
    assert "<b>blocks.0</b> Block" in closed.source
    assert "|gradient| from " in closed.source
    z = leaf(1.0)
    for _ in range(30):
        z = z * x  # the same x every time
    assert len(re.findall(r"<b>x</b>", draw(z * x).source)) == 1


def test_long_blocks_are_folded_and_have_the_formulas_of_the_first():
    kinds, y = np.random.default_rng(0).integers(0, 3, 60), leaf(0.5, name="x")
    for _ in range(10):
        for kind in kinds:
            y = (np.sin, np.cos, tanh)[kind](y)
    picture = draw(y * 2)
    assert clusters(picture)[0].startswith("× 10 blocks of 60 ops")
    y = leaf(0.5, name="x")
    for _ in range(30):
        y = tanh(y)
    picture = draw(y * 2)
    assert op_rows(picture, "tanh")[2:] == [
        "visits 2 to 31", "a1 = tanh(x)", "dC/dx = dC/da1 · tanh'(x)", "tanh'(x) = 1 - a1²",
    ]  # fmt: skip


def test_of_many_formulas_the_rest_is_counted():
    picture = draw(np.stack([leaf(float(k), name=f"x{k}") for k in range(11)]).sum())
    assert op_rows(picture, "stack")[-2:] == ["dC/dx5 = (dC/dv1)[5]", "and 5 more like these"]


def test_what_differs_is_not_folded():
    x = y = leaf(0.5)
    for k in range(30):
        y = y * (1.0 + k)
    assert clusters(draw(y)) == []
    y = x
    for k in range(30):
        y = np.sin(y) if k % 7 % 3 else np.cos(y)
    assert all("×" in c for c in clusters(draw(y)))


def test_many_cotangents_are_said_to_be_as_bad_as_the_worst():
    y = leaf(1.0)
    for _ in range(20):
        y = y * 0.1
    picture = draw(y * 2)
    assert "|dC/dv1| to |dC/dv20|: from 2e-19 to 2" in picture.source
    assert colour_of(picture, "|dC/dv1|") == colours.SCALE[-8]
    with np.errstate(all="ignore"):
        for _ in range(20):
            y = np.sqrt(y * 0.0)
        picture = draw(y)
    assert colour_of(picture, "|dC/dv21") == colours.ALARM
    assert colour_of(draw(leaf(np.ones((3, 0)), name="e").sum()), "dC/de = nothing") == colours.ZERO


@pytest.mark.parametrize("fold", [0, 10])
def test_what_is_left_out_is_counted(fold):
    rng = np.random.default_rng(0)
    xs = [leaf(1.0) for _ in range(500)]
    y = xs[0]
    for x in xs[1:]:
        y = y * x if rng.random() < 0.5 else y + x
    picture = draw(y, max_nodes=50, fold=fold)
    nodes, edges, texts = parsed(picture)
    assert nodes == 50
    assert edges == len(arrows(picture))
    shown = len(set(re.findall(r"^(t\d+) \[", picture.source, re.M)))
    rest = re.search(r"([\d,]+) ops, ([\d,]+) tensors", " ".join(texts))
    assert int(rest[2].replace(",", "")) + shown == 999
    assert "rest ->" in picture.source
    assert "-> rest" in picture.source
    with_many = draw(np.stack(xs).sum(), max_nodes=20)
    assert parsed(with_many)[0] == 20
    assert parsed(draw(leaf(1.0) * leaf(2.0), max_nodes=4))[0] == 4  # exactly as many as there are


def test_what_is_left_out_lies_between_both_ends():
    x = y = leaf(np.ones((2, 2)), name="x")
    for _ in range(60):
        y = tanh(y @ x)
    for limit in range(4, 60):
        picture = draw(y.sum(), max_nodes=limit, fold=0)
        assert limit - 5 < parsed(picture)[0] <= limit
        made = {a: b for a, b, _ in arrows(picture) if a.startswith("op")}
        assert all(b != "rest" or a == "rest" for a, b in made.items()), (
            limit
        )  # all that is drawn is drawn with what it made
        after, before = (
            {b for a, b, _ in arrows(picture) if a == "rest"},
            {a for a, b, _ in arrows(picture) if b == "rest"},
        )
        assert not after & before, limit


def test_a_folded_block_of_a_large_graph_has_names_and_formulas():
    model = nn.MLP(*[4] * 601, activation="tanh", cost="squared_error", rng=0)
    picture = draw(model.loss(np.ones((2, 4)), np.ones((2, 4))))
    texts = " ".join(parsed(picture)[2])
    assert "z1 = x W1ᵀ + b1" in texts
    assert "dC/dz1 = dC/da1 ⊙ tanh'(z1)" in texts
    assert "|dC/dz1| to |dC/dz599|: from " in texts
    assert "too large" not in texts


def test_a_large_graph_is_drawn_in_seconds():
    y = leaf(1.0)
    made = [y]
    for k in range(10_000):
        y = y * made[-1 - k % 5 // 2]
        y.name = "y"
        made.append(y if k % 9 else y + 0.0)
        y = made[-1]
    start = time.perf_counter()
    picture = draw(y)
    assert time.perf_counter() - start < 20
    assert len(picture.source) < 300_000
    assert "dC/dy2 += dC/dy3 · y" in picture.source


PIECES = [
    '"', "\\", "\\N", "\\G", "\\l", "<b>", "</b>", "<", ">", "&", "&amp;", "&#92;", "</script>", "<script>alert(1)</script>",
    "$\\input{x}$", "\n", "\r", "\t", "\x00", "\x1b[31m", "\u202e", "\u200f", "\u2066", "]; evil [label=", "label=<i>", "é 漢字",
    "😀", "👩‍🔬", "%s{}", "//", "/*", "#", "\ud800", "\ufffe", "'", "`", "|", "{", "}", ";", "-->", "<!--", "]]>", "<![CDATA[",
    "<?xml?>", "<br/>", "<img src=x onerror=y>", "<table><tr><td>", "->", "subgraph cluster", "\u2028", "ا", "ְ", "x" * 10_000, "",
]  # fmt: skip
NAMES = [*PIECES, *("".join(np.random.default_rng(k).choice(PIECES[:-2], 3)) for k in range(300))]


@pytest.mark.parametrize("names", [NAMES[i : i + 30] for i in range(0, len(NAMES), 30)])
def test_hostile_names_are_text(names):
    tensors = [leaf([1.0], name=name) for name in names]
    total = sum((w * w).sum() for w in tensors)
    model = {name: {"w": w} for name, w in zip(names, tensors, strict=True)}
    for picture in (draw(total, fold=0, max_nodes=1000), draw(total, model=model, fold=0, max_nodes=1000)):
        root = ElementTree.fromstring(picture.render("svg"))
        kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert kinds <= {"svg", "g", "title", "polygon", "polyline", "path", "ellipse", "text"}
        groups = [g.get("class") for g in root.iter(f"{SVG}g")]
        n = len(names)
        assert groups.count("node") == n * 7 + 1  # w, its square, its sum, a total, all but w with their op; and the 0
        assert groups.count("edge") == n * 8
        texts = {"".join(t.itertext()) for t in root.iter(f"{SVG}text")}
        assert not any(c in text for text in texts for c in "\u202e\u200f\u2066\n\x1b")


@pytest.mark.parametrize(
    "name", ["\\", "\\N", "a\\", "]", "\\]]", "<b>bold</b>", "&amp;", "</script>", "$\\input{x}$", "漢字 😀", "\\\\G"]
)
def test_a_name_is_shown_as_it_is(name):
    root = ElementTree.fromstring(draw((leaf([1.0], name=name) * 2).sum()).render("svg"))
    first = next(g for g in root.iter(f"{SVG}g") if "".join(g.find(f"{SVG}title").itertext()) == "t0")
    assert "".join("".join(t.itertext()) for t in first.iter(f"{SVG}text")).startswith(name + " (1,)")


@pytest.mark.parametrize(("arguments", "says"), [
    (dict(arrows="up"), "arrows"), (dict(direction="up"), "direction"), (dict(depth=-1), "depth"), (dict(fold=1.5), "fold"),
    (dict(max_nodes=1), "max_nodes"), (dict(depth=1), "model"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        draw(leaf(1.0) * 2, **arguments)
    with pytest.raises(TypeError, match="a model with parameters"):
        draw(leaf(1.0) * 2, model=3)


@pytest.mark.parametrize("model", [{}, [], {"a": 5}, nn.MLP, nn.ReLU()])
def test_a_model_without_tensors_is_none(model):
    with pytest.raises(TypeError, match="expected a model with parameters, or a dict of Tensors; got"):
        draw(leaf(1.0) * 2, model=model)


def test_integers_of_numpy_are_integers_and_truth_is_none():
    x = leaf(1.0)
    given = dict(model={"x": x}, depth=np.int64(0), fold=np.int8(3), max_nodes=np.int64(9))
    assert draw(x * 2, **given).source == draw(x * 2, model={"x": x}, depth=0, fold=3, max_nodes=9).source
    for name in ("depth", "fold", "max_nodes"):
        with pytest.raises(ValueError, match=f"{name} to be an integer of at least"):
            draw(x * 2, **{"model": {"x": x}, name: True})
    for name in ("arrows", "direction"):
        with pytest.raises(ValueError, match=f"expected {name}"):
            draw(x * 2, **{name: np.array(["down", "both"])})


def test_formats(tmp_path):
    picture = draw(leaf(2.0) * 3)
    for ending, start in ((".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".dot", b"digraph")):
        assert picture.save(tmp_path / f"p{ending}").read_bytes().startswith(start)
    with pytest.raises(ValueError, match=r"ends in \.svg, \.png, \.pdf, \.html or \.dot; got 'p\.jpeg'"):
        picture.save(tmp_path / "p.jpeg")
    for format in ("html", "jpeg", 5, ["svg"]):
        with pytest.raises(ValueError, match='format "svg", "png" or "pdf", got'):
            picture.render(format)
    with pytest.raises(TypeError, match="draw: output: expected a Tensor, got float64\\(2,\\)"):
        draw(np.ones(2))


def test_notebooks_get_a_picture_or_the_reason(monkeypatch):
    picture = draw(leaf(2.0) * 3)
    assert "<svg" in picture._repr_mimebundle_()["image/svg+xml"]
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(__import__("sys").modules, "pygraphviz", None)
    text = picture._repr_mimebundle_()["text/plain"]
    assert "pip install 'glassgrad[draw]'" in text
    assert "C = 3 w1" in text
    assert "dC/dw1 = 3" in text
    assert "<drawing with 4 nodes" in draw(leaf([1.0, 2.0]) * 2)._repr_mimebundle_()["text/plain"]
    with pytest.raises(RuntimeError, match="drawing needs Graphviz"):
        picture.render()


def test_show_opens_the_file(monkeypatch):
    opened = []
    monkeypatch.setattr(drawing.webbrowser, "open", opened.append)
    draw(leaf(2.0) * 3).show()
    assert opened[0].endswith("/backward.svg")


# CI installs it where it may.
@pytest.mark.skipif(not shutil.which("dot"), reason="this system has no dot; pygraphviz draws in the other tests")
def test_the_systems_dot_draws_too(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pygraphviz", None)
    assert b"<svg" in draw(leaf(2.0) * 3).render()


@posix
@pytest.mark.parametrize(("script", "says"), [
    ("exec sleep 60", "it took more than 0.3 seconds; draw fewer nodes, by max_nodes="), ("sleep 60", "it took more than"),
    ("echo rubbish", "no svg came out of it"), ("exit 3", "returned non-zero exit status 3"), ("", "no svg came out of it"),
])  # fmt: skip
def test_a_dot_that_hangs_or_prints_rubbish_is_not_believed(tmp_path, monkeypatch, script, says):
    (tmp_path / "dot").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(drawing, "SECONDS", 0.3)
    picture, start = draw(leaf(2.0) * 3), time.perf_counter()
    with monkeypatch.context() as without:
        without.setitem(__import__("sys").modules, "pygraphviz", None)
        with pytest.raises(RuntimeError, match=re.escape(says)):
            picture.render()
    assert time.perf_counter() - start < 5


def test_no_name_leaves_markup_that_graphviz_refuses():
    w = leaf([1.0], name="")
    for model in ({"": {"w": w}}, {"a": {"": {"w": w}}}, {"\n": {"w": w}}):
        for depth in (None, 0):
            assert "<b></b>" not in draw((w * 2).sum(), model=model, depth=depth).source


def test_what_is_written_is_of_the_graph_as_it_is_then(tmp_path):
    w = leaf([1.0, 2.0], name="w")
    picture = draw((w**2).sum())
    before = picture.save(tmp_path / "before.html").read_text(encoding="utf-8")
    w.data = np.ones(2)
    assert "dC/dw = [2, 4]" in picture.save(tmp_path / "p.dot").read_text(encoding="utf-8")
    assert '"reason":""' in before
    assert "was changed after" in picture.save(tmp_path / "after.html").read_text(encoding="utf-8")


def test_what_cannot_be_read_is_named_and_the_rest_has_formulas():
    picture = draw(tanh(np.stack([leaf(float(k)) for k in range(200)])).sum())
    texts = " ".join(parsed(picture)[2])
    assert "tanh'(v1) = 1 - a1²" in texts
    assert "stack (200 inputs are too many)" in texts
    B = leaf(np.ones((2, 2)), name="B")
    A = B.T
    picture = draw((A @ np.ones((2, 2))).sum() + np.stack([A, *(leaf(np.ones((2, 2))) for _ in range(150))]).sum())
    assert op_rows(picture, "transpose")[-1] == "dC/dB = (dC/d(Bᵀ))ᵀ"  # and not only what the product gave


def test_leaves_that_several_repetitions_of_a_block_take_are_all_drawn():
    W = [Tensor(np.eye(2) * (i + 1), requires_grad=True, name=f"W{i + 1}") for i in range(3)]
    a = Tensor(np.ones((1, 2)), name="a")
    for k in range(12):
        a = tanh(a @ W[k % 3])
    source = draw(a.sum()).source
    assert "× 10" in source
    assert [source.count(f"<b>W{i}</b>") for i in (1, 2, 3)] == [1, 1, 1]
    assert draw(a.sum(), max_nodes=6).source.count("not drawn") == 1
