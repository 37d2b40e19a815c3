"""Gradients held back: what is left of them, and that sums of squares which are no numbers do no harm."""

import numpy as np
import pytest
from numeric import leaf

import nn

RNG = np.random.default_rng(0)


def given(*gradients, dtype=float):
    params = [leaf(np.zeros(np.shape(g)), dtype=dtype, name=f"p{i}") for i, g in enumerate(gradients)]
    for p, g in zip(params, gradients, strict=True):
        p.grad = np.array(g, dtype)
    return params


def norm_of(arrays):
    return np.linalg.norm(np.concatenate([np.ravel(a) for a in arrays]).astype(np.longdouble))


def steps_of(gradients, lr=1.0, dtype=float, **clip):
    """What a step of plain gradient descent subtracts."""
    params = given(*gradients, dtype=dtype)
    nn.SGD(params, lr, **clip).step()
    return [-p.data for p in params]


GRADIENTS = [RNG.normal(size=(3, 4)), RNG.normal(size=5), np.array(2.0)]


@pytest.mark.parametrize("limit", [0.5, 3.0])
def test_a_long_gradient_is_as_long_as_allowed_and_points_where_it_did(limit):
    n = norm_of(GRADIENTS)
    taken = steps_of(GRADIENTS, clip_norm=limit)
    assert n > 3
    np.testing.assert_allclose(float(norm_of(taken)), limit, rtol=1e-14)
    for g, t in zip(GRADIENTS, taken, strict=True):
        np.testing.assert_allclose(t, g * float(limit / n), rtol=1e-14)


def test_a_short_gradient_is_left_as_it_is():
    for limit in (float(norm_of(GRADIENTS)) * (1 + 1e-12), 1e10):
        assert [t.tobytes() for t in steps_of(GRADIENTS, clip_norm=limit)] == [g.tobytes() for g in GRADIENTS]
    assert not steps_of([np.zeros(3)], clip_norm=1.0)[0].any()


def test_by_value_and_then_by_norm():
    np.testing.assert_array_equal(steps_of([[3.0, -0.5, -7.0]], clip_value=1.0)[0], [1, -0.5, -1])
    np.testing.assert_allclose(
        steps_of([[3.0, 0.0, -7.0]], clip_value=1.0, clip_norm=0.5)[0], [0.125**0.5, 0, -(0.125**0.5)]
    )


@pytest.mark.parametrize(("dtype", "size"), [
    (np.float32, 1e30), (np.float32, 1e-30), (np.float32, 3e19), (np.float32, 1e-20), (np.float32, 1e-40), (np.float64, 1e200),
    (np.float64, 1e-200), (np.float16, 6e4), (np.float16, 6e-5),
])  # fmt: skip
@pytest.mark.parametrize("share", [0.5, 1e-3, 2.0])
def test_squares_that_are_no_numbers(dtype, size, share):
    """3, 4 and 12 make 13; the entries are those of the dtype, also where it has few digits left for them."""
    g = (np.array([3.0, 4.0, 12.0]) / 12 * size).astype(dtype)
    exact = g.astype(np.longdouble)
    n = np.sqrt((exact**2).sum())
    limit = float(n) * share
    with np.errstate(over="ignore"):
        taken = steps_of([g[:2], g[2:]], dtype=dtype, clip_norm=limit)
    expected = exact * min(np.longdouble(1), limit / n)
    info = np.finfo(dtype)
    np.testing.assert_allclose(
        np.concatenate(taken).astype(float),
        expected.astype(float),
        rtol=3 * info.eps,
        atol=float(info.smallest_subnormal),
    )
    assert nn.clip_grad_norm(given(g, dtype=dtype), 1e300) == pytest.approx(float(n), rel=1e-15)


def test_the_layout_of_a_gradient_changes_no_bit():
    for _ in range(20):
        w, found = RNG.normal(size=(30, 40)), set()
        for g in (w * 3, np.asfortranarray(w * 3), (w * 3)[::-1, ::-1].copy()[::-1, ::-1]):
            p = leaf(np.asfortranarray(w))
            p.grad = g
            nn.SGD([p], 1.0, clip_norm=0.1).step()
            found.add(p.data.tobytes())
        assert len(found) == 1
        np.testing.assert_allclose(np.linalg.norm(p.data - w), 0.1, rtol=1e-12)


def test_the_gradient_itself_is_left_to_the_functions():
    (p,) = params = given([3.0, 4.0])
    nn.SGD(params, 0.1, clip_norm=1.0, clip_value=2.0).step()
    np.testing.assert_array_equal(p.grad, [3, 4])
    kept = p.grad
    assert nn.clip_grad_norm(params, 1.0) == 5.0
    assert nn.clip_grad_norm(iter(params), 2.0) == pytest.approx(1.0, rel=1e-15)
    nn.clip_grad_value(params, 0.7)
    assert p.grad is kept
    np.testing.assert_allclose(kept, [0.6, 0.7], rtol=1e-15)
    p.grad = None
    assert nn.clip_grad_norm(params, 1.0) == 0.0
    nn.clip_grad_value(p, 1.0)
    assert p.grad is None


def test_the_functions_and_the_options_do_the_same():
    for function, option, limit in ((nn.clip_grad_norm, "clip_norm", 0.3), (nn.clip_grad_value, "clip_value", 0.2)):
        params = given(*GRADIENTS)
        function(params, limit)
        nn.SGD(params, 1.0).step()
        assert [(-p.data).tobytes() for p in params] == [t.tobytes() for t in steps_of(GRADIENTS, **{option: limit})]


def test_a_recorded_gradient_is_clipped_where_it_lies():
    model = nn.MLP(3, 4, 2, rng=0)
    x, t = RNG.normal(size=(8, 3)), RNG.normal(size=(8, 2))
    optimizer = nn.SGD(model.parameters(), 0.1)
    step = nn.compile_step(model.loss, optimizer)
    step(x, t)
    step(x, t)
    views = [p.grad for p in model.parameters()]
    n = nn.clip_grad_norm(model.parameters(), 0.01)
    assert n > 0.01
    assert all(p.grad is g for p, g in zip(model.parameters(), views, strict=True))
    assert float(norm_of(views)) == pytest.approx(0.01, rel=1e-14)


@pytest.mark.parametrize("function", [nn.clip_grad_norm, nn.clip_grad_value])
def test_what_is_refused(function):
    p, q = given([3.0, 4.0], [1.0, np.nan])
    with pytest.raises(ValueError, match="gradient of p1 float64.*NaN or infinite entries; nothing was changed"):
        function([p, q], 0.1)
    assert p.grad.tolist() == [3.0, 4.0]
    for bad in (0, -1, float("inf"), "1", None):
        with pytest.raises(ValueError, match="max_norm: expected|clip_value: expected"):
            function([p], bad)


def test_the_same_norm_and_values_as_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch, the CPU build is enough")
    theirs = [torch.zeros(np.shape(g), dtype=torch.float64, requires_grad=True) for g in GRADIENTS]
    for q, g in zip(theirs, GRADIENTS, strict=True):
        q.grad = torch.tensor(g)
    n = torch.nn.utils.clip_grad_norm_(theirs, 1e9).item()
    assert nn.clip_grad_norm(given(*GRADIENTS), 0.5) == pytest.approx(n, rel=1e-14)
    torch.nn.utils.clip_grad_value_(theirs, 0.3)
    ours = given(*GRADIENTS)
    nn.clip_grad_value(ours, 0.3)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(p.grad, q.grad.numpy())
