"""page(loss): the backward pass as one file for a browser, step by step, in the order in which it ran."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from autograd.debug import Watch as Debug
from autograd.errors import describe
from autograd.graph import Value
from autograd.recording import recording
from autograd.show.story import Story

TEMPLATE = Path(__file__).with_name("page.html")


def page(root: Value, line_of: Callable[[Value], str] | None = None) -> str:
    """The text of an HTML file that steps through the backward pass from `root`, for any browser.

    root      a Tensor; where backward() would fail, the page shows the forward graph alone, and the reason
    line_of   tells the line of code that made a Tensor: `watch.line_of` of `with debug() as watch`; within a debug()
              block it is found by itself

    Nothing is loaded from anywhere else.  The sweep is run for the page, and no .grad is touched.  Arrays are reduced
    to at most 576 cells, and long sweeps to their first and last visits; the page says so wherever it is done.

    Raises TypeError if root is not a Tensor or line_of not a function.

    >>> from autograd import Tensor
    >>> a = Tensor(3.0, requires_grad=True, name="a")
    >>> page(a * a)[:15]
    '<!DOCTYPE html>'
    """
    if not isinstance(root, Value):
        raise TypeError(f"page: root: expected a Tensor, got {describe(root)}")
    if line_of is not None and not callable(line_of):
        raise TypeError(f"page: expected line_of to be a function of a Tensor, got {describe(line_of)}")
    watch = recording()
    if line_of is None and isinstance(watch, Debug):
        line_of = watch.line_of
    data = json.dumps(Story(root, line_of).told(), separators=(",", ":"), allow_nan=False)
    for c in "<>&":  # so that nothing in it can end the <script> that it stands in
        data = data.replace(c, f"\\u{ord(c):04x}")
    template = TEMPLATE.read_text(encoding="utf-8")
    script = template.partition("<script>")[2].partition("</script>")[0]
    digest = b64encode(sha256(script.encode()).digest()).decode()  # no other script may run
    return template.replace("SCRIPT-HASH", digest, 1).replace("DATA", data, 1)
