"""The colours of a picture: what is a leaf, what is data, and how large a cotangent is."""

from __future__ import annotations

from math import inf, isfinite, log10

LEAF, OUTPUT, BETWEEN, DATA, CLOSED = "#cfe2f3", "#d5e8d0", "#ffffff", "#eeeeee", "#f6f0e4"
BOXES = "#faf8f3", "#f3efe4"  # modules, in turns
INK, FORWARD, BACKWARD, FAINT, ALARM = "#222222", "#808080", "#c05a00", "#666666", "#ff00aa"
ZERO = "#e2e2e2"  # exactly 0: nothing has vanished, nothing was there
SCALE = {-8: "#3b0f70", -6: "#6a51a3", -4: "#9e9ac8", -2: "#dadaeb", 0: "#fff3e0",
         2: "#fdc086", 4: "#f16913", 6: "#b30000", 8: "#67000d"}  # fmt: skip


def shade(size: float) -> str:
    """The colour of a cotangent with this norm: violet if it has vanished, red if it has exploded.

    >>> shade(1.0), shade(1e-20) == SCALE[-8], shade(0.0) == ZERO, shade(float("nan"))
    ('#fff3e0', True, True, '#ff00aa')
    """
    if not isfinite(size):
        return ALARM
    if size == 0:
        return ZERO
    exponent = min(max(log10(size), -8.0), 8.0)
    below = min(int((exponent + 8) // 2) * 2 - 8, 6)
    share = (exponent - below) / 2
    pairs = zip(_parts(SCALE[below]), _parts(SCALE[below + 2]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def out_of_line(size: float) -> float:
    """How many powers of ten a norm is away from 1; 0 is never taken before another."""
    return abs(log10(size)) if size else -inf


def ink(background: str) -> str:
    """Black or white, whichever has the greater contrast, (lighter + 0.05)/(darker + 0.05), with this colour.

    >>> ink("#fff3e0"), ink("#f16913"), ink("#6a51a3")
    ('#222222', '#222222', '#ffffff')
    """
    ground = _luminance(background) + 0.05
    return INK if ground / (_luminance(INK) + 0.05) > 1.05 / ground else "#ffffff"


def _luminance(colour: str) -> float:
    """How light it is to the eye: the mean of red, green and blue as light, by what each has a share in."""
    red, green, blue = (c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in _parts(colour))
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
