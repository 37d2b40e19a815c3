"""The page in a real browser: steps, keys, gradients, hostile names, no network, its size, and light, dark and small."""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import time
from base64 import b64decode

import numpy as np
import pytest
from numeric import leaf

import autograd
import nn
from autograd import Tensor, debug, draw, tanh
from autograd.show import story
from autograd.show.arrangement import arranged
from autograd.show.cells import reduced
from autograd.show.page import page

BROWSERS = ("chromium", "chromium-browser", "google-chrome") if os.name == "posix" else ()  # spoken to through pipes
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
FLAGS = ("--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --no-default-browser-check "
         "--disable-background-networking --disable-component-update --disable-sync --hide-scrollbars "
         "--remote-debugging-pipe").split()  # fmt: skip


class Browser:
    """A headless Chromium, driven by the DevTools protocol over the pipe that it offers: one JSON text a message."""

    def __init__(self, home):
        ours, its = os.pipe(), os.pipe()  # what it reads, what it writes

        def numbered():  # as it expects them; the last of four new ones is at least 6
            os.dup2(ours[0], 3), os.dup2(its[1], 4)

        self.process = subprocess.Popen(
            [CHROMIUM, *FLAGS, f"--user-data-dir={home}"], preexec_fn=numbered, pass_fds=(3, 4),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        os.close(ours[0]), os.close(its[1])
        self.write, self.read, self.number, self.rest = ours[1], its[0], 0, b""
        self.session, self.events = None, []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self.session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self(f"{domain}.enable")
        self("Page.setLifecycleEventsEnabled", enabled=True)

    def __call__(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        os.write(
            self.write, json.dumps(message | ({"sessionId": self.session} if self.session else {})).encode() + b"\0"
        )
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def message(self, seconds=20):
        end = time.monotonic() + seconds
        while b"\0" not in self.rest:
            assert select.select([self.read], [], [], max(0, end - time.monotonic()))[0], "the browser is silent"
            more = os.read(self.read, 1 << 20)
            assert more, "the browser has gone"
            self.rest += more
        text, _, self.rest = self.rest.partition(b"\0")
        return json.loads(text)

    def close(self):
        self.session = None
        self("Browser.close")
        os.close(self.write)
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.read)

    def open(self, path, width=1280, height=800, dark=False):
        """Shows a file, in a window of this size, and waits until it has drawn itself."""
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self("Emulation.setEmulatedMedia", features=[scheme, still])
        self.events.clear()
        loader = self("Page.navigate", url=path.as_uri())["loaderId"]
        seen = 0
        while True:
            for e in self.events[seen:]:
                if e.get("method") == "Page.lifecycleEvent" and (e["params"]["loaderId"], e["params"]["name"]) == (
                    loader,
                    "load",
                ):
                    return
            seen = len(self.events)
            self.events.append(self.message())

    def run(self, expression):
        """What a JavaScript expression gives."""
        answer = self("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)}).textContent")

    def click(self, selector):
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def press(self, key, code=0):
        text = {" ": " ", "Enter": "\r"}.get(key, "")
        self("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, windowsVirtualKeyCode=code)
        self("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def picture(self):
        return b64decode(self("Page.captureScreenshot", format="png")["data"])

    def complaints(self):
        """Errors on the console, exceptions, and everything that was asked for but the file itself."""
        self.run("1")
        found = []
        for e in self.events:
            kind, params = e.get("method"), e.get("params", {})
            if kind == "Runtime.exceptionThrown" or kind == "Runtime.consoleAPICalled":
                found.append(params)
            elif kind == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(params["entry"]["text"])
            elif kind == "Network.requestWillBeSent" and not params["request"]["url"].startswith(("file:", "data:")):
                found.append(params["request"]["url"])
        files = [e for e in self.events if e.get("method") == "Network.requestWillBeSent"
                 and e["params"]["request"]["url"].startswith("file:")]  # fmt: skip
        return found + files[1:]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None:  # CI installs one where it may; what needs no browser is tested all the same
        pytest.skip("there is no Chromium here, and the page wants a browser")
    found = Browser(tmp_path_factory.mktemp("chromium"))
    yield found
    found.close()


def small():
    a, b, c = (leaf(x, name=name) for x, name in ((2.0, "a"), (-3.0, "b"), (10.0, "c")))
    return a * b + a * c, (a, b, c)


def net(*sizes, batch=4, **kwargs):
    rng = np.random.default_rng(0)
    model = nn.MLP(*sizes, rng=0, **kwargs)
    softmax = kwargs.get("output") == "softmax"
    t = np.arange(batch) % sizes[-1] if softmax else rng.random((batch, sizes[-1]))
    return model.loss(rng.random((batch, sizes[0])), t), model


def digits():
    return net(784, 100, 10, batch=32, activation="relu", output="softmax", cost="cross_entropy")


def told(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*)</script>', text)[1])


def saved(tmp_path, output):
    return draw(output).save(tmp_path / "backward.html")


def count(browser):
    return browser.run("document.getElementById('count').value")


def test_buttons_slider_and_keys_step(browser, tmp_path):
    y, _ = small()
    browser.open(saved(tmp_path, y))
    assert browser.text("#say .where") == "Start"
    assert "C = 14" in browser.text("#about")
    browser.click("#next")
    assert browser.text("#say .where") == "Visit 1 of 3"
    assert browser.text("#say h2") == "add hands the gradient of C back to v1 and v2"
    assert browser.run("document.querySelector('.node.now').getAttribute('aria-label')").startswith("C, add, a number")
    browser.press("ArrowRight", 39)
    assert browser.text("#say h2") == "multiply hands the gradient of v2 back to a and c"
    first = browser.text("#step")
    assert "=10The first part" in first
    assert "more will be added" in first
    browser.press("ArrowRight", 39)
    assert "Added to what had come to a before: 10 + (−3) = 7" in browser.text("#step")
    browser.press("ArrowLeft", 37)
    assert browser.text("#step") == first
    assert count(browser) == "2 / 4"
    browser.press("End", 35)
    assert browser.text("#say .where") == "End"
    assert browser.run("document.getElementById('next').disabled")
    browser.press("Home", 36)
    assert count(browser) == "0 / 4"
    browser.run("document.getElementById('slider').value = 3, "
                "document.getElementById('slider').dispatchEvent(new Event('input'))")  # fmt: skip
    assert browser.text("#say .where") == "Visit 3 of 3"
    browser.run("document.getElementById('slider').focus()")
    browser.press("ArrowLeft", 37)
    assert count(browser) == "2 / 4"
    assert browser.complaints() == []


def test_it_plays_by_itself_and_pauses(browser, tmp_path):
    y, _ = small()
    browser.open(saved(tmp_path, y))
    browser.press(" ", 32)
    assert browser.run("document.getElementById('play').getAttribute('aria-label')") == "Pause"
    end = time.monotonic() + 5
    while count(browser) == "0 / 4" and time.monotonic() < end:
        time.sleep(0.1)
    browser.press(" ", 32)
    assert count(browser) == "1 / 4"
    assert browser.text("#play span") == "Play"


def classes(browser):
    names = "nodeEls.map((e, i) => [data.nodes[i].name, [...e.classList].slice(2).sort().join(' ')])"
    return {name: marks for name, marks in browser.run(names) if marks}


def test_the_graph_shows_what_runs_what_gets_and_what_has_been(browser, tmp_path):
    browser.open(saved(tmp_path, small()[0]))
    passed = "flowEls.map((e, k) => getComputedStyle(e).visibility === 'visible').filter(x => x).length"
    found = []
    for step in range(5):
        browser.run(f"go({step})")
        found.append((classes(browser), browser.run(passed), browser.run("running.children.length")))
    done = "passed whole"
    assert found == [
        ({"C": "whole"}, 0, 0),
        ({"C": "now passed whole", "v1": "gets whole", "v2": "gets whole"}, 0, 2),
        ({"C": done, "v2": "now passed whole", "v1": "whole", "a": "gets some", "c": "gets whole"}, 2, 2),
        ({"C": done, "v2": done, "v1": "now passed whole", "a": "gets whole", "b": "gets whole", "c": "whole"}, 4, 2),
        ({"C": done, "v2": done, "v1": done, "a": "whole", "b": "whole", "c": "whole"}, 6, 0),
    ]
    browser.run("go(2)")
    labels = browser.run("nodeEls.map(e => e.getAttribute('aria-label'))")
    assert "a, parameter, a number, gradient g = 10 so far" in labels
    assert "c, parameter, a number, gradient g = 2" in labels


def test_cells_are_blue_above_and_red_below_zero_and_means_say_so(browser, tmp_path):
    w = leaf(np.linspace(-1, 1, 5000).reshape(50, 100), name="w")
    browser.open(saved(tmp_path, (leaf([-1.0, 0.0, 2.0], name="v") ** 2).sum() + (w**2).sum()))
    browser.run("pin(data.nodes.findIndex(n => n.name === 'v'))")
    fills = browser.run("[...document.querySelectorAll('#tensor .map rect')].map(e => e.style.fill)")
    parts = [re.findall(r"--(minus|plus)\) ([\d.]+)", fill)[0] for fill in fills]
    assert [(sign, float(share)) for sign, share in parts] == [("minus", 31), ("plus", 0), ("plus", 62)]
    red, blue = browser.run(
        "['--minus', '--plus'].map(x => getComputedStyle(document.documentElement).getPropertyValue(x))"
    )
    assert (int(red[1:3], 16) > int(red[5:7], 16), int(blue[1:3], 16) < int(blue[5:7], 16)) == (True, True)
    browser.run("pin(data.nodes.findIndex(n => n.name === 'w'))")
    assert re.search(r"each cell: mean of up to \d+ entries", browser.text("#tensor"))


def test_the_first_button_and_the_address_lead_to_a_step(browser, tmp_path):
    browser.open(saved(tmp_path, small()[0]))
    browser.click("#last")
    assert count(browser) == "4 / 4"
    browser.click("#first")
    assert count(browser) == "0 / 4"
    browser.run("location.hash = '#2'")
    end = time.monotonic() + 5
    while count(browser) != "2 / 4" and time.monotonic() < end:
        time.sleep(0.02)
    assert count(browser) == "2 / 4"


def test_tensors_are_looked_at_by_pointer_and_by_keyboard(browser, tmp_path):
    loss, _ = net(2, 3, 1)
    browser.open(saved(tmp_path, loss))
    browser.run("document.querySelectorAll('.node')[1].focus()")
    assert browser.text("#tensor .title b") == "W1"
    assert browser.run("document.querySelectorAll('#tensor .map rect').length") == 6
    assert "nothing has come yet" in browser.text("#tensor")
    browser.press("End", 35)
    assert browser.text("#tensor .title b") == "W1"
    assert browser.run("document.querySelectorAll('#tensor .map rect').length") == 12
    place = browser.run("(r => [r.x + r.width / 2, r.y + r.height / 2])"
                        "(document.querySelectorAll('.node')[2].getBoundingClientRect())")  # fmt: skip
    browser("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])
    assert browser.text("#tensor .title b") == "b1"
    assert browser.complaints() == []


def test_all_that_can_be_focused_says_what_it_is(browser, tmp_path):
    loss, _ = net(2, 3, 1)
    browser.open(saved(tmp_path, loss))
    browser.press("ArrowRight", 39)
    found = [x for x in browser("Accessibility.getFullAXTree")["nodes"] if not x.get("ignored")]
    focusable = [
        x for x in found if any(p["name"] == "focusable" and p["value"]["value"] for p in x.get("properties", []))
    ]
    names = {(x["role"]["value"], x["name"]["value"]) for x in focusable}
    assert all(name for _, name in names)
    assert {("button", "Step forward"), ("button", "Play"), ("slider", "Step")} <= names
    assert ("button", "W2, parameter, 1 × 3") in names
    live = "document.querySelector('[aria-live=polite]').textContent"
    assert browser.run(live) == "Visit 1 of 4squared_error hands the gradient of C back to z2"
    said = browser.run("[...document.querySelectorAll('#step math')].map(m => m.getAttribute('aria-label'))")
    assert "dC/dz2 = 2 (z2 - t)/m" in said


def test_the_gradients_at_the_end_are_those_of_the_engine(browser, tmp_path):
    loss, model = net(2, 3, 1)
    shared = loss + (model.parameters()[0] ** 2).sum()  # a tensor that is used twice, far apart
    browser.open(saved(tmp_path, shared))
    assert all(p.grad is None for p in model.parameters())
    browser.press("End", 35)
    rows = browser.run("[...document.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.textContent))")
    shared.backward()
    assert len(rows) == 4
    found = {}
    for name, shape, numbers in rows:
        found[name] = shape, [float(x) for x in numbers.replace("−", "-").replace("norm ", "").split(", ")]
    for name, p in zip(("W1", "b1", "W2", "b2"), model.parameters(), strict=True):
        shape, numbers = found[name]
        assert shape == str(p.shape)
        np.testing.assert_allclose(numbers, p.grad.ravel(), rtol=1e-5)


def test_every_number_in_it_is_that_of_the_engine():
    x = leaf([[0.1, -0.2], [0.3, 0.4]], name="x")
    loss = (tanh(x) * x + x @ x).sum()
    data = told(page(loss))
    loss.backward(retain_grads=True)
    node = next(n for n in data["nodes"] if n["name"] == "x")
    np.testing.assert_allclose(data["pictures"][node["gradient"]]["cells"], x.grad.ravel(), rtol=1e-5)
    assert [s["number"] for s in data["steps"]] == list(range(1, len(data["steps"]) + 1))
    totals = [p for s in data["steps"] for p in s["pulls"] if data["nodes"][p["to"]] is node]
    assert [p["more"] for p in totals] == [False, True, True, True]
    last = [data["pictures"][totals[-1][k]]["cells"] for k in ("before", "given", "total")]
    np.testing.assert_allclose(np.add(*last[:2]), last[2], rtol=1e-4)


HOSTILE = [
    '"', "\\", "a\\", "<b>bold</b>", "&lt;b&gt;", "</script><script>alert(1)</script>", "<!--<script>", "$\\input{x}$",
    "a\nb", "\x00\x1b[31m", "x" * 10_000, "\u202eabc\u2066", "'); alert(1); ('", "é 漢字 😀", "%s{}", "\ud800", "DATA",
    "\ue000name\ue001x", "<img src=x onerror=alert(1)>", "שלום", "SCRIPT-HASH", "\u2028",
]  # fmt: skip


def test_hostile_names_are_text(browser, tmp_path):
    loss = sum(leaf([1.0, k], name=name) ** 2 for k, name in enumerate(HOSTILE)).sum()
    path = saved(tmp_path, loss)
    assert path.read_text(encoding="utf-8").count("<script") == 2
    assert path.stat().st_size < 200_000
    browser.open(path)
    browser.run("story.forEach((_, i) => go(i))")
    assert browser.text("#say .where") == "End"
    assert browser.complaints() == []
    assert browser.run("document.querySelectorAll('b b, img, main script, iframe').length") == 0
    shown = browser.text("tbody")
    for name in ("<b>bold</b>", "</script><script>alert(1)</script>", "$\\input{x}$", "a b", "漢字", "שלום"):
        assert name in shown
    assert "\u202e" not in shown


def test_hostile_ops_and_lines_are_text(browser, tmp_path):
    def evil(x):
        return x * 2

    evil.__name__ = '</script><b>"'
    evil = autograd.primitive(evil)
    evil.defvjp(lambda g, y, x: g * 2)
    with debug():
        y = evil(leaf(2.0, name="x")) * 3  # </script><b>it's</b>
        path = saved(tmp_path, y)
    browser.open(path)
    browser.press("ArrowRight", 39)
    assert "# </script><b>it's</b>" in browser.text(".code")
    browser.press("ArrowRight", 39)
    assert browser.text("#say h2").startswith('</script><b>"')
    assert browser.complaints() == []


@pytest.mark.parametrize(
    "text", ["\ue000", "\ue001", "\ue002", "\ue000frac\ue001", "\ud800", "\x1b[31m", "<b>", "a\nb"]
)
def test_hostile_parameters_and_op_names_are_text(browser, tmp_path, text):
    def hostile(x, *, mode="a"):
        return x * 2

    hostile.__name__ = f"op{text}"
    hostile = autograd.primitive(hostile)
    hostile.defvjp(lambda g, y, x, mode: g * 2)
    path = saved(tmp_path, hostile(leaf([1.0, 2.0], name=f"x{text}"), mode=text).sum())
    marks = "".join(x for node in told(path.read_text(encoding="utf-8"))["nodes"] for x in node.get("equation", []))
    assert marks.count("\ue000") == marks.count("\ue002")
    assert all(c.isprintable() for c in marks if c not in "\ue000\ue001\ue002")
    browser.open(path)
    browser.run("story.forEach((_, i) => go(i))")
    browser.run(f"parsed({json.dumps(text)})")  # comes to an end, whatever it is
    assert browser.complaints() == []


def test_debug_keeps_the_users_line():
    with debug() as watch:
        y = leaf(2.0, name="x") ** 3  # the cube
        inside = page(y)
    outside, later = page(y), page(y, watch.line_of)
    assert told(inside)["nodes"][-1]["line"][1] == 'y = leaf(2.0, name="x") ** 3  # the cube'
    assert told(inside)["nodes"][-1]["line"][0].startswith("test_page.py:")  # and nobody's folders
    assert not told(outside)["nodes"][-1].get("line")
    assert told(later) == told(inside)


def test_nothing_is_loaded_and_it_is_small(browser, tmp_path):
    loss, _ = digits()
    path = saved(tmp_path, loss)
    assert path.stat().st_size < 150_000
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["'](?!data:,|#)|@import|url\((?!#)|fetch\(|import\(""", text)
    browser.open(path)
    browser.run("story.forEach((_, i) => go(i))")
    assert browser.complaints() == []
    assert browser.run("performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize(("width", "height", "dark"), [(1280, 800, False), (1280, 800, True), (390, 844, False)])
def test_light_dark_and_small(browser, tmp_path, width, height, dark):
    loss, _ = digits()
    browser.open(saved(tmp_path, loss), width, height, dark)
    browser.press("ArrowRight", 39), browser.press("ArrowRight", 39)
    assert browser.picture().startswith(b"\x89PNG")
    assert browser.run("document.documentElement.scrollWidth") <= width  # nothing sticks out
    assert browser.complaints() == []
    pairs = browser.run("""[...document.querySelectorAll('#say *, #step p, #step h3, header p, figcaption, .shape')].map(e => {
        let b = e; while (b && getComputedStyle(b).backgroundColor === 'rgba(0, 0, 0, 0)') b = b.parentElement;
        return [getComputedStyle(e).color, getComputedStyle(b).backgroundColor]; })""")
    assert pairs
    for ink, ground in pairs:
        assert contrast(ink, ground) > 4.5, (ink, ground)
    ground = browser.run("getComputedStyle(document.documentElement).backgroundColor")
    assert (luminance(ground) < 0.1) == dark


def luminance(colour):
    part = np.array([float(x) for x in re.findall(r"[\d.]+", colour)[:3]]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(*colours):
    high, low = sorted(map(luminance, colours), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_long_sweep_says_what_it_leaves_out(browser, tmp_path):
    W, h = leaf(np.eye(3) / 2, name="W"), Tensor(np.ones((2, 3)))
    for _ in range(300):
        h = tanh(h @ W)
    loss = (h**2).sum()
    path = saved(tmp_path, loss)
    data = told(path.read_text(encoding="utf-8"))
    assert (data["visits"], len(data["steps"]), data["hidden"]) == (602, 400, 202)
    browser.open(path)
    assert "This graph has 602 visits" in browser.text("#step")
    browser.run("go(201)")
    assert browser.text("#say .where") == "Visits 201 to 402 of 602"
    assert "202 visits are left out here" in browser.text("#say")
    browser.press("ArrowRight", 39)
    assert browser.text("#say .where") == "Visit 403 of 602"
    assert browser.complaints() == []
    loss.backward()
    node = next(n for n in data["nodes"] if n["name"] == "W")
    np.testing.assert_allclose(data["pictures"][node["gradient"]]["cells"], W.grad.ravel(), rtol=1e-5)


def test_many_inputs_are_counted(browser, tmp_path):
    y = autograd.concatenate([leaf([float(k)], name=f"x{k}") for k in range(100)]).sum()
    data = told(page(y))
    shown = [f"x{k}" for k in (*range(12), *range(88, 100))]
    assert [node["name"] for node in data["nodes"]][: story.INPUTS] == shown
    assert len(data["nodes"]) == story.INPUTS + 2
    browser.open(saved(tmp_path, y))
    browser.run("go(2)")
    assert "76 more inputs of this op are not shown" in browser.text("#step")


@pytest.mark.parametrize("make", [
    lambda: leaf([1.0, 2.0]) * 2, lambda: Tensor([1.0]) * 2, lambda: Tensor(1.0), lambda: leaf(1.0, name="x"),
    lambda: leaf(np.ones((0, 3))).sum(), lambda: leaf([np.nan, np.inf, 1.0]).sum(), lambda: leaf(np.ones((2, 3, 4))).sum(),
    lambda: autograd.stack([leaf([1.0]), leaf([2.0])]).sum(), lambda: autograd.prod(leaf([1.0, 2.0])),
    lambda: autograd.gelu(leaf([1.0, 2.0])).sum(), lambda: leaf([1e-300, 1e300], name="x").sum(),
    lambda: leaf(np.ones((1, 1))).sum(), lambda: leaf([1.0], name="x")[[0, 0]].sum(),
])  # fmt: skip
def test_corners(browser, tmp_path, make):
    path = saved(tmp_path, make())
    browser.open(path)
    browser.run("story.forEach((_, i) => go(i))")
    browser.run("data.nodes.forEach((_, i) => pin(i))")
    assert browser.complaints() == []
    assert "null" not in browser.text("main")
    assert "undefined" not in browser.text("main")


def test_a_page_is_of_a_tensor():
    with pytest.raises(TypeError, match="page: root: expected a Tensor, got float64"):
        page(np.ones(2))
    with pytest.raises(TypeError, match="expected line_of to be a function of a Tensor, got 5"):
        page(leaf(1.0) * 2, 5)
    assert told(page(y := leaf(1.0) * 2, lambda value: None)) == told(page(y, lambda value: ""))


def test_big_arrays_become_means_and_say_so():
    array = np.arange(1000.0 * 70).reshape(1000, 70)
    small = reduced(array, 100)
    assert (small["rows"], small["columns"], small["most"]) == (10, 10, 700)
    np.testing.assert_allclose(small["cells"][:2], [array[:100, :7].mean(), array[:100, 7:14].mean()], rtol=1e-2)
    assert (small["low"], small["high"]) == (0, 69999)
    assert reduced(np.full((50, 50), np.nan))["cells"][0] == "NaN"
    assert reduced(np.array(["a"]))["note"].startswith("entries of dtype")


def test_no_norm_and_no_mean_overflows_where_the_numbers_do_not():
    assert [reduced(np.full(10, x))["norm"] for x in (1e-200, 1e200)] == [3.16228e-200, 3.16228e200]
    assert reduced(np.array([3.0, 4.0]))["norm"] == 5
    big = np.finfo(float).max
    for entry, shown in ((1e308, 1e308), (big, big), (-big, -big), (5e-324, 5e-324)):
        assert set(reduced(np.full(2000, entry))["cells"]) == {shown}
    half = reduced(np.where(np.arange(2000) % 2, big, -big))  # blocks of odd length
    assert all(abs(x) < 1e308 for x in half["cells"])
    assert reduced(np.full(2000, 1e308))["norm"] == "more than 1.79e308"  # as it is
    mixed = reduced(np.where(np.arange(2000) == 0, np.inf, 1e308))
    assert mixed["cells"][:2] == ["∞", 1e308]
    assert len(page((leaf(np.full(100, big), name="w") * 1e-300).sum()))


def test_a_gradient_that_is_no_number_is_not_said_to_be_another(browser, tmp_path):
    w = leaf([1.0, 2.0], name="w")
    browser.open(saved(tmp_path, (w * np.array([np.inf, 1.0])).sum()))
    browser.press("End", 35)
    assert browser.text(".node.parameter .gradient") == "|g| NaN or ∞"


def test_a_result_that_no_op_made_is_its_own_gradient(browser, tmp_path):
    browser.open(saved(tmp_path, leaf(3.0, name="x")))
    assert browser.text("#say h2") == "There is nothing to sweep."
    assert browser.text("#step") == "The result was made by no op: its gradient with respect to itself is 1."
    browser.run("pin(0)")
    assert browser.run("[...document.querySelectorAll('#tensor .number')].map(e => e.textContent)") == ["3", "1"]


def test_how_numpy_treats_floating_point_errors_is_of_no_account():
    with np.errstate(all="ignore"):
        w, x = leaf([2.0, 0.5], name="w"), leaf(np.full(700, 1e-300), name="x")
        loss = np.arccosh(w).sum() + np.log(w * 0.0).sum() + (x * 1e-10).sum()
    with np.errstate(all="raise"):
        strict = page(loss), draw(loss).source
    with np.errstate(all="warn"):  # warnings are errors in the tests
        assert strict == (page(loss), draw(loss).source)


def test_a_zero_has_no_sign(browser, tmp_path):
    assert str(reduced(np.array([-0.0, 0.0, -1.0]))["cells"]) == "[0, 0, -1]"
    browser.open(saved(tmp_path, (leaf([-0.0, 0.0], name="w") ** 2).sum()))
    browser.run("pin(0)")
    assert browser.run("[...document.querySelectorAll('#tensor .map text')].map(e => e.textContent)") == ["0", "0"]


def test_a_checkpoint_is_one_visit(browser, tmp_path):
    w = leaf([0.3, 0.5], name="w")
    loss = (autograd.checkpoint(lambda x: autograd.sin(x) * x)(tanh(w)) * 3).sum()
    data = told(page(loss))
    assert data["visits"] == len(data["steps"]) == 4
    assert [[p["plain"] for p in s["pulls"]] for s in data["steps"]] == [
        ["dC/dv2 = 1"], ["dC/dv1 = 3 dC/dv2"], ["dC/da1 = dC/dv1 ⊙ sin(a1) + dC/dv1 ⊙ a1 ⊙ cos(a1)"],
        ["dC/dw = dC/da1 ⊙ tanh'(w)"],
    ]  # fmt: skip
    loss.backward()
    node = next(n for n in data["nodes"] if n["name"] == "w")
    np.testing.assert_allclose(data["pictures"][node["gradient"]]["cells"], w.grad, rtol=1e-5)
    browser.open(saved(tmp_path, loss))
    browser.run("go(4)")
    assert browser.text("#say .where") == "Visit 4 of 4"


def test_a_formula_of_other_numbers_is_not_shown():
    rng = np.random.default_rng(0)
    noisy = autograd.primitive(lambda x: x * 2)
    noisy.defvjp(lambda g, out, x: g * x if rng.random() < 0.5 else g * 2)
    found = set()
    for _ in range(20):
        data = told(page(noisy(leaf([1.0, 3.0], name="x")).sum()))
        pull = data["steps"][1]["pulls"][0]
        found.add((pull["plain"], tuple(data["pictures"][pull["given"]]["cells"]), bool(data["unread"])))
    assert found == {
        ("dC/dx = dC/dv1 ⊙ x", (1, 3), False), ("dC/dx = 2 dC/dv1", (2, 2), False), ("", (1, 3), True), ("", (2, 2), True),
    }  # fmt: skip
    masked = autograd.where(np.array([True, False]), np.sqrt(leaf([1.0, 0.0], name="x")), 0.0).sum()
    assert told(page(masked))["unread"] == ""  # where there is no entry, the sweep has 0


def test_where_backward_would_fail_the_page_says_why(browser, tmp_path):
    x = leaf([1.0, 2.0], name="x")
    y = (x * x).sum()
    x.data += 1
    for output, reason in (
        (y, "was changed after multiply"),
        (leaf([1.0], name="w") * [2.0, 3.0], "sum or average it"),
    ):
        browser.open(saved(tmp_path, output))
        assert browser.text("#say .where") == "Forward only"
        assert reason in browser.text("#step")
        assert browser.complaints() == []
    said = browser.run("[...document.querySelectorAll('#step math')].map(m => m.getAttribute('aria-label'))")
    assert said == ["y = w ⊙ x"]  # what ran forward is written down all the same


def test_the_header_counts_the_whole_graph():
    loss, _ = net(*[2] * 301)
    data = told(page(loss))
    assert data["hidden"]
    assert (data["parameters"], data["visits"]) == (600, 600)


def test_numbers_have_boxes_and_what_is_no_number_is_marked(browser, tmp_path):
    data = told(page((leaf([1.0, 2.0], name="w") * 2).sum()))
    assert [node["name"] for node in data["nodes"]] == ["w", "2", "v1", "C"]
    with np.errstate(all="ignore"):
        browser.open(saved(tmp_path, np.log(leaf([-1.0, 1.0], name="w")).sum()))
    assert browser.run("[...document.querySelectorAll('.node')].map(e => e.classList.contains('bad'))") == [
        False,
        True,
        True,
    ]
    assert "with NaN or infinite entries" in browser.run(
        "document.querySelectorAll('.node')[1].getAttribute('aria-label')"
    )


def test_a_reshape_is_not_said_to_be_what_it_was_made_of(browser, tmp_path):
    W, v = leaf([[1.0, 2.0]], name="W"), leaf([[1.0], [2.0]], name="v")
    data = told(page(((np.ones((3, 2)) @ W.T) ** 2).sum() + (v.sum(axis=1, keepdims=True).reshape(2) ** 2).sum()))
    nodes = {node.get("op"): node for node in data["nodes"]}
    assert (nodes["transpose"]["name"], nodes["transpose"]["plain"]) == ("Wᵀ", "Wᵀ")
    assert nodes["reshape"]["name"].startswith("reshape(")
    pulls = {data["nodes"][s["node"]]["op"]: [p["plain"] for p in s["pulls"]] for s in data["steps"]}
    assert pulls["matmul"] == ["dC/d(Wᵀ) = xᵀ dC/dz1"]
    assert pulls["transpose"] == ["dC/dW = (dC/dz1)ᵀ x"]


@pytest.mark.parametrize("width", [1000, 1200, 1280])
def test_formulas_are_not_cut(browser, tmp_path, width):
    loss, _ = digits()
    browser.open(saved(tmp_path, loss), width, 720)
    for step in range(6):
        browser.run(f"go({step})")
        assert browser.run("[...document.querySelectorAll('#step .math')].every(e => e.scrollWidth <= e.clientWidth)")


def recurrent(steps):
    W, b, h = leaf(np.eye(5) / 9, name="W"), leaf(np.zeros(5), name="b"), Tensor(np.ones((8, 5)))
    for _ in range(steps):
        h = tanh(h @ W + b)
    return (h**2).sum()


def test_what_runs_is_in_view_however_far_its_inputs_are(browser, tmp_path):
    browser.open(saved(tmp_path, recurrent(60)), 1280, 720)
    for step in (50, 100, 150):
        browser.run(f"go({step})")
        assert browser.run("""(r => r.top >= 0 && r.left >= 0 && r.bottom <= document.getElementById('graph').getBoundingClientRect().bottom)
            (document.querySelector('.node.now').getBoundingClientRect())""")


def test_numbers_in_cells_do_not_overlap(browser, tmp_path):
    x = leaf(np.arange(1.0, 21).reshape(4, 5) * -1.2345e-11, name="x")
    y = leaf(np.arange(1.0, 21).reshape(4, 5) * -1.2345, name="y")
    browser.open(saved(tmp_path, (x**2).sum() + (y**2).sum()))
    for step in range(6):
        browser.run(f"go({step})")
        assert browser.run("""[...document.querySelectorAll('.map')].every(m => {
            const texts = [...m.querySelectorAll('text')].map(t => t.getBoundingClientRect());
            return texts.every((r, i) => !i || r.top > texts[i - 1].top + 5 || r.left >= texts[i - 1].right); })""")
    assert browser.run("document.querySelectorAll('.map text').length")


def test_all_arrays_together_are_not_too_large():
    h = leaf(np.ones((60, 60)), name="h")
    for _ in range(399):
        h = h * 1.01
    data = told(page(h.sum()))
    cells = [len(picture["cells"]) for picture in data["pictures"]]
    assert max(cells) == 64
    assert sum(cells) <= story.ALL_CELLS
    few = told(page((leaf(np.ones((60, 60)), name="h") * 1.01).sum()))
    assert max(len(picture["cells"]) for picture in few["pictures"]) > 500


def test_parameters_are_said_where_they_are_not_the_usual_ones():
    x = leaf(np.ones((2, 3)), name="x")
    data = told(page(autograd.sum(x, axis=1, keepdims=True).sum()))
    assert [node["params"] for node in data["nodes"] if "op" in node] == ["axis=1, keepdims=True", ""]


def test_a_rule_that_cannot_be_read_has_numbers_and_the_reason():
    odd = autograd.primitive(lambda x: x * 2)
    odd.defvjp(lambda g, out, x: g * (2 if type(g) is np.ndarray else [][0]))
    data = told(page(odd(leaf([1.0, 3.0], name="x")).sum()))
    assert data["unread"] == "<lambda> (IndexError: list index out of range)"
    pull = data["steps"][1]["pulls"][0]
    assert (pull["plain"], pull["equation"], data["pictures"][pull["given"]]["cells"]) == ("", [], [2, 2])


@pytest.mark.parametrize("links", [
    [(0, 3), (0, 4), (1, 3), (1, 5), (2, 5)], [(0, 5), (0, 6), (1, 4), (2, 6), (3, 6)], [(0, 4), (1, 4), (1, 5), (2, 5), (3, 5)],
])  # fmt: skip
def test_arrows_that_need_not_cross_do_not(links):
    boxes = arranged(links, [50] * (max(map(max, links)) + 1))[0]
    pairs = [[(boxes[a][0] - boxes[c][0]) * (boxes[b][0] - boxes[d][0]) for c, d in links] for a, b in links]
    assert min(map(min, pairs)) >= 0


def test_a_chain_goes_straight_down_whatever_stands_beside_it():
    y = leaf(0.5, name="x")
    for _ in range(100):
        y = tanh(y * 0.99)
    nodes = told(page(y))["nodes"]
    across = [node["x"] for node in nodes if node.get("op")]
    assert max(across) - min(across) < 20
