"""Where boxes go: in rows, each above what was made from it, with few crossings and arrows as straight as may be."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise

HIGH, BETWEEN, APART, MARGIN = 50, 46, 16, 14


def arranged(
    links: Sequence[tuple[int, int]], widths: Sequence[float]
) -> tuple[list[tuple[float, float]], list[tuple[int, str, str]], list[int], tuple[float, float]]:
    """The middle of each box, pieces of arrows, which of them each link ends with, and the size of it all.

    A piece is (the piece before it or -1, where it starts, its curve): what leaves a box for several others, far away,
    goes together as long as it can.

    links    (from, to), boxes by their numbers, from < to
    widths   of the boxes

    >>> boxes, pieces, ends, size = arranged([(0, 2), (1, 2)], [100, 100, 100])
    >>> boxes
    [(64.0, 39.0), (180.0, 39.0), (122.0, 135.0)]
    >>> pieces[ends[1]]
    (-1, 'M180 64', 'C180 87 131 87 131 110')
    """
    layer = [0] * len(widths)
    for a, b in sorted(links, key=lambda link: -link[1]):
        layer[a] = max(layer[a], layer[b] + 1)
    wide = list(widths)
    chain: dict[tuple[int, int], int] = {}  # where what comes from a box passes a layer: one place for all its arrows
    down: list[list[int]] = [[] for _ in wide]
    routes = []
    for a, b in links:
        route = [a]
        for level in range(layer[a] - 1, layer[b], -1):
            if (a, level) not in chain:
                chain[a, level] = len(wide)
                wide.append(6.0)
                layer.append(level)
                down.append([])
            route.append(chain[a, level])
        routes.append([*route, b])
        for x, y in pairwise(routes[-1]):
            if y not in down[x]:
                down[x].append(y)
    up: list[list[int]] = [[] for _ in wide]
    for x, ys in enumerate(down):
        for y in ys:
            up[y].append(x)
    rows = _ordered(layer, up, down)
    across = _straightened(rows, wide, up, down, len(widths))
    least = min(x - w / 2 for x, w in zip(across, wide, strict=True)) - MARGIN
    across = [x - least for x in across]
    top = max(layer)
    height = [MARGIN + HIGH / 2 + (top - n) * (HIGH + BETWEEN) for n in layer]
    size = (
        max(x + w / 2 for x, w in zip(across, wide, strict=True)) + MARGIN,
        height[layer.index(0)] + HIGH / 2 + MARGIN,
    )
    return (
        [(across[i], height[i]) for i in range(len(widths))],
        *_pieces(routes, across, height, wide, len(widths)),
        size,
    )


def _ordered(layer: list[int], up: list[list[int]], down: list[list[int]]) -> list[list[int]]:
    """The rows, from the top, in an order with few crossings: everything near the middle of its neighbours."""
    rows: list[list[int]] = [[] for _ in range(max(layer) + 1)]
    seen: set[int] = set()
    waiting = sorted((i for i in range(len(layer)) if not down[i]), key=lambda i: layer[i], reverse=True)
    while waiting:  # depth first from the results, so that what belongs together begins together
        i = waiting.pop()
        if i not in seen:
            seen.add(i)
            rows[max(layer) - layer[i]].append(i)
            waiting += reversed(up[i])
    best, fewest = rows, _crossings(rows, down)
    for turn in range(8):
        if not fewest:
            break
        rows = [list(row) for row in rows]
        beside = up if turn % 2 == 0 else down
        at = {i: n for row in rows for n, i in enumerate(row)}
        for row in rows if turn % 2 == 0 else reversed(rows):
            middle = {i: sum(at[j] for j in beside[i]) / len(beside[i]) if beside[i] else at[i] for i in row}
            row.sort(key=lambda i, middle=middle: middle[i])  # type: ignore[misc]
            at |= {i: n for n, i in enumerate(row)}
        crossings = _crossings(rows, down)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _crossings(rows: list[list[int]], down: list[list[int]]) -> int:
    at = {i: n for row in rows for n, i in enumerate(row)}
    found = 0
    for row in rows:
        ends: list[int] = []
        for i in row:
            found += sum(len(ends) - bisect_right(ends, at[j]) for j in down[i])
            for j in down[i]:
                insort(ends, at[j])
    return found


def _straightened(
    rows: list[list[int]], wide: list[float], up: list[list[int]], down: list[list[int]], boxes: int
) -> list[float]:
    """Places across, in which everything lies as near to the middle of its neighbours as its row allows."""
    across = [0.0] * len(wide)
    offsets = {}
    for row in rows:
        right = 0.0
        for i in row:
            offsets[i] = across[i] = right + wide[i] / 2
            right += wide[i] + APART
        for i in row:
            across[i] -= right / 2

    def weight(i: int, j: int) -> float:
        """How straight an arrow shall be: long ones, then those from op to op, then those from leaves."""
        return 8.0 if i >= boxes or j >= boxes else 4.0 if up[i] else 2.0**-10  # i lies above

    for turn in range(12):
        for row in rows if turn % 2 == 0 else reversed(rows):
            wanted, weights = [], []
            for i in row:
                above = [(weight(j, i), across[j]) for j in up[i]] if turn % 2 == 0 or turn > 9 else []
                below = [(weight(i, j), across[j]) for j in down[i]] if turn % 2 or turn > 9 else []
                pulls = above + below or [(0.1, across[i])]
                weights.append(sum(w for w, _ in pulls))
                wanted.append(sum(w * x for w, x in pulls) / weights[-1] - offsets[i])
            for i, x in zip(row, _rising(wanted, weights), strict=True):
                across[i] = x + offsets[i]
    return across


def _rising(wanted: list[float], weights: list[float]) -> list[float]:
    """The numbers nearest to what is wanted that never fall, by pooling neighbours that do.

    >>> _rising([1.0, 3.0, 2.0], [1, 1, 1])
    [1.0, 2.5, 2.5]
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for x, w in zip(wanted, weights, strict=True):
        pool = (x, w, 1)
        while pools and pools[-1][0] > pool[0]:
            mean, weight, many = pools.pop()
            both = weight + pool[1]
            pool = ((mean * weight + pool[0] * pool[1]) / both, both, many + pool[2])
        pools.append(pool)
    return [mean for mean, _, many in pools for _ in range(many)]


def _pieces(
    routes: list[list[int]], across: list[float], height: list[float], wide: list[float], boxes: int
) -> tuple[list[tuple[int, str, str]], list[int]]:
    """Curves from the lower side of a box, down through its places in the layers between, to the upper side of one."""
    into: dict[int, list[int]] = {}
    for n, route in enumerate(routes):
        into.setdefault(route[-1], []).append(n)
    ports: dict[int, float] = {}
    for b, arriving in into.items():
        arriving.sort(key=lambda n: across[routes[n][-2]])
        step = min(18.0, (wide[b] - 24) / len(arriving))
        ports |= {n: across[b] + step * (i - (len(arriving) - 1) / 2) for i, n in enumerate(arriving)}
    pieces: list[tuple[int, str, str]] = []
    known: dict[int, int] = {}  # the piece that leads to a place between
    ends = []
    for n, route in enumerate(routes):
        before = -1
        for start, i in pairwise(route):
            if i not in known:
                x, y = across[start], height[start] + HIGH / 2
                x2, y2 = ports[n] if i < boxes else across[i], height[i] - HIGH / 2
                curve = f"C{x:.0f} {(y + y2) / 2:.0f} {x2:.0f} {(y + y2) / 2:.0f} {x2:.0f} {y2:.0f}"
                pieces.append((before, f"M{x:.0f} {y:.0f}", curve if i < boxes else f"{curve}V{y2 + HIGH:.0f}"))
            before = known.get(i, len(pieces) - 1)
            if i >= boxes:
                known[i] = before
        ends.append(before)
    return pieces, ends
