"""Convolution and pooling: against PyTorch and loops, as adjoint and shared linear maps, in layers and in programs."""

import runpy
from importlib import import_module
from importlib.util import find_spec
from itertools import product

import numpy as np
import pytest
from numeric import leaf

import autograd as ag
import nn
from autograd import Tensor, gradients
from autograd.memory import memory
from autograd.ops.windows import Sliding, overlap_add, windows


def drawn(seed, n):
    """Random arguments of a convolution over n axes that fit."""
    rng = np.random.default_rng(seed)
    some = lambda low, high: tuple(map(int, rng.integers(low, high, n)))
    groups = int(rng.integers(1, 4))
    kernel, stride, padding, dilation = some(1, 4), some(1, 4), some(0, 3), some(1, 3)
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    lengths = [int(rng.integers(max(1, r - 2 * p), 10)) for r, p in zip(reach, padding, strict=True)]
    x = rng.normal(size=(int(rng.integers(1, 4)), groups * int(rng.integers(1, 3)), *lengths))
    weight = rng.normal(size=(groups * int(rng.integers(1, 4)), x.shape[1] // groups, *kernel))
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return x, weight, rng.normal(size=len(weight)), how, rng


# Loops and adjoints hold the ops elsewhere in this file; CI installs the other engine where it can.
TORCH = pytest.mark.skipif(
    find_spec("torch") is None, reason="PyTorch is not installed: pip install torch, the CPU build is enough"
)
SEEDS = range(25)


@TORCH
@pytest.mark.parametrize("n", [1, 2, 3])
def test_conv_equals_pytorchs(n):
    for seed in SEEDS:
        conv_equals_pytorchs(*drawn(seed, n), n)


def conv_equals_pytorchs(x, weight, bias, how, rng, n):
    torch, arrays = import_module("torch"), (x, weight, bias)
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    z = getattr(torch.nn.functional, f"conv{n}d")(*theirs, **how)
    ours = [leaf(a) for a in arrays]
    out = ag.conv(*ours, **how)
    np.testing.assert_allclose(out.data, z.detach().numpy(), rtol=1e-11, atol=1e-12)
    g = rng.normal(size=out.shape)
    for p, q in zip(gradients(out, ours, g), torch.autograd.grad(z, theirs, torch.tensor(g)), strict=True):
        np.testing.assert_allclose(p, q.numpy(), rtol=1e-11, atol=1e-12)


@TORCH
@pytest.mark.parametrize("name", ["max_pool", "avg_pool"])
@pytest.mark.parametrize("n", [1, 2])
def test_pools_equal_pytorchs(n, name):
    torch = import_module("torch")
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        kernel, stride = (tuple(map(int, rng.integers(1, 4, n))) for _ in range(2))
        padding = tuple(int(rng.integers(0, k // 2 + 1)) for k in kernel)
        x = rng.normal(size=(2, 3, *map(int, rng.integers(4, 9, n))))
        theirs, ours = torch.tensor(x, requires_grad=True), leaf(x)
        z = getattr(torch.nn.functional, f"{name}{n}d")(theirs, kernel, stride, padding)
        out = getattr(ag, name)(ours, kernel, stride, padding)
        np.testing.assert_allclose(out.data, z.detach().numpy(), rtol=1e-13, atol=1e-15)
        g = rng.normal(size=out.shape)
        (got,), (expected,) = gradients(out, [ours], g), torch.autograd.grad(z, theirs, torch.tensor(g))
        np.testing.assert_allclose(got, expected.numpy(), rtol=1e-12, atol=1e-13)


@TORCH
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_same_padding_is_pytorchs():
    torch = import_module("torch")
    for seed in SEEDS:
        x, weight, bias, how, _ = drawn(seed, 2)
        how |= {"padding": "same", "stride": 1}
        z = torch.nn.functional.conv2d(*map(torch.tensor, (x, weight, bias)), **how)
        out = ag.conv(x, weight, bias, **how)
        assert out.shape == (len(x), len(weight), *x.shape[2:])
        np.testing.assert_allclose(out, z.numpy(), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("seed", range(10))
def test_the_vjps_are_adjoints_and_the_map_is_linear_in_each_argument(seed, n):
    x, weight, _, how, rng = drawn(seed, n)
    x2, weight2 = rng.normal(size=x.shape), rng.normal(size=weight.shape)
    z = ag.conv(x, weight, **how)
    np.testing.assert_allclose(ag.conv(x + 3 * x2, weight, **how), z + 3 * ag.conv(x2, weight, **how), atol=1e-11)
    np.testing.assert_allclose(ag.conv(x, weight - 2 * weight2, **how), z - 2 * ag.conv(x, weight2, **how), atol=1e-11)
    xs, g = [leaf(x), leaf(weight)], rng.normal(size=z.shape)
    to_x, to_weight = gradients(ag.conv(*xs, **how), xs, g)
    assert (z * g).sum() == pytest.approx((x * to_x).sum(), rel=1e-11)  # <conv(x), g> = <x, convᵀ(g)>
    assert (z * g).sum() == pytest.approx((weight * to_weight).sum(), rel=1e-11)


@pytest.mark.parametrize(
    "how",
    [
        Sliding((2, 3), (1, 2), ((1, 0), (2, 1)), (2, 1)),
        Sliding((3,), (3,), ((0, 0),), (1,)),
        Sliding((2,), (3,), ((1, 1),), (2,)),
    ],
)
def test_overlap_add_is_the_adjoint_of_windows(how):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 2, *(7, 6)[: len(how.kernel)]))
    seen = windows(x, how=how)
    a = rng.normal(size=seen.shape)
    back = overlap_add(a, how=how, lengths=x.shape[2:])
    assert back.shape == x.shape
    assert (seen * a).sum() == pytest.approx((x * back).sum(), rel=1e-12)
    counts = overlap_add(np.ones_like(seen), how=how, lengths=x.shape[2:])  # how many windows see each entry
    marked = windows(np.broadcast_to(np.arange(1.0, x[0, 0].size + 1).reshape(x[0, 0].shape), x.shape), how=how)
    np.testing.assert_array_equal(
        counts.ravel()[: x[0, 0].size], [(marked[0, ..., 0] == k).sum() for k in range(1, x[0, 0].size + 1)]
    )


def test_e5_the_gradient_of_a_shared_weight_is_the_sum_over_its_edges():
    """A convolution is a dense layer in which all edges of one kind have one weight (note E)."""
    rng = np.random.default_rng(0)
    x, kernel, g = rng.normal(size=(4, 9)), rng.normal(size=3), rng.normal(size=(4, 7))
    dense = np.zeros((7, 9))  # one weight for every edge
    for place, k in product(range(7), range(3)):
        dense[place, place + k] = kernel[k]
    W, shared, xs = leaf(dense), leaf(kernel[None, None]), leaf(x[:, None])
    out = ag.conv(xs, shared)
    np.testing.assert_allclose(out.data[:, 0], ag.linear(x, dense), rtol=1e-13)
    (per_edge,) = gradients(ag.linear(x, W), [W], g)
    summed = [sum(per_edge[place, place + k] for place in range(7)) for k in range(3)]
    to_x, to_shared = gradients(out, [xs, shared], g[:, None])
    np.testing.assert_allclose(to_shared[0, 0], summed, rtol=1e-12)
    np.testing.assert_allclose(to_x[:, 0], g @ dense, rtol=1e-12)


def test_ties_share_equally_and_nan_is_not_lost():
    x = leaf(np.array([[[2.0, 2.0, 1.0, 0.0, 0.0, 0.0]]]))
    (g,) = gradients(ag.max_pool(x, 3), [x], np.array([[[6.0, 3.0]]]))
    np.testing.assert_array_equal(g, [[[3, 3, 0, 1, 1, 1]]])
    assert np.isnan(ag.max_pool(np.array([[[1.0, np.nan]]]), 2)).all()
    np.testing.assert_array_equal(
        ag.max_pool(np.full((1, 1, 4), -5.0), 3, 1, 1), np.full((1, 1, 4), -5.0)
    )  # padding never wins
    np.testing.assert_array_equal(ag.avg_pool(np.ones((1, 1, 2)), 2, 2, 1), [[[0.5, 0.5]]])  # its zeros are counted


def test_what_lies_in_the_padding_of_a_max_pool_gets_no_derivative():
    x = np.array([[[0.0, -1.0, -2.0, -3.0, -0.5]]])  # a padding of 0 would tie with the first, or be above the others
    assert ag.check_gradients(lambda x: ag.max_pool(x, 3, 1, 1), x)
    assert ag.check_gradients(lambda x: ag.max_pool(x, 3, 1, 1), x - 1)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, bool])
def test_pools_of_integers_are_floats(dtype):
    x = np.array([[[1, 0, 1, 1]]]).astype(dtype)
    x = -x if dtype in (np.int64, np.int8) else x
    for pool in (ag.max_pool, ag.avg_pool):
        for padding in (0, 1):
            out = pool(x, 2, padding=padding)
            assert out.dtype == pool(Tensor(x), 2, padding=padding).dtype == np.float64
            np.testing.assert_array_equal(out, pool(x.astype(float), 2, padding=padding))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ag.conv(np.ones((3, 8, 8)), np.ones((4, 3, 5, 5))), r"got x \(3, 8, 8\), weight \(4, 3, 5, 5\): of one sample hand in x\[None\]"),
        (lambda: ag.conv(np.ones((1, 3, 8, 8)), np.ones((4, 2, 5, 5))), r"the weight is for 2 channels, and x has 3 in all; got x \(1, 3, 8, 8\), weight \(4, 2, 5, 5\)"),
        (lambda: ag.conv(np.ones((1, 4, 8)), np.ones((4, 4, 3)), groups=2), r"4 channels in each of 2 groups, and x has 4 in all"),
        (lambda: ag.conv(np.ones((1, 3, 8)), np.ones((4, 1, 3)), groups=3), r"groups to divide the 4 outputs of the weight, got 3"),
        (lambda: ag.conv(np.ones((1, 1, 8)), np.ones((4, 1, 3)), groups=True), r"groups to divide"),
        (lambda: ag.conv(np.ones((1, 1, 8)), np.ones((4, 1, 3)), np.ones(3)), r"expected a bias \(4,\) .* got \(3,\)"),
        (lambda: ag.conv(np.ones((1, 1, 4, 9)), np.ones((4, 1, 3, 3)), padding=1, dilation=3), r"kernel \(3, 3\) with dilation \(3, 3\) does not fit into x \(1, 1, 4, 9\) with padding .*: there would be \(0, 5\) places"),
        (lambda: ag.conv(np.ones((1, 1, 8)), np.ones((4, 1, 3)), stride=0), r"conv: expected stride to be a whole number >= 1, .* got 0"),
        (lambda: ag.conv(np.ones((1, 1, 8)), np.ones((4, 1, 3)), stride=(1, 2)), r"or 1 of them, one for each spatial axis of x \(1, 1, 8\); got \(1, 2\)"),
        (lambda: ag.conv(np.ones((1, 1, 8)), np.ones((4, 1, 3)), padding="full"), r'or "same" or "valid"; got \'full\''),
        (lambda: ag.conv(np.ones((1, 1, 8)), np.ones((4, 1, 3)), padding=-1), r"padding to be a whole number >= 0"),
        (lambda: ag.conv(np.ones((1, 1, 8)), np.ones((4, 1, 3)), padding="same", stride=2), r'padding="same" is for stride 1, got stride \(2,\)'),
        (lambda: ag.conv(np.ones((1, 1, 8)), np.ones((4, 1, 3)), dilation=1.5), r"dilation to be a whole number >= 1.* got 1.5"),
        (lambda: ag.max_pool(np.ones((8, 8)), 2), r"max_pool: expected x \(N, C, spatial ...\), got \(8, 8\)"),
        (lambda: ag.max_pool(np.ones((1, 1, 8)), 2, padding=2), r"padding of at most half the kernel \(2,\)"),
        (lambda: ag.avg_pool(np.ones((1, 1, 8)), 9), r"avg_pool: the kernel \(9,\) .* does not fit"),
        (lambda: nn.MaxPool2d(2)(np.ones((3, 8, 8))), r"MaxPool2d: expected x \(N, C, H, W\), got \(3, 8, 8\): write x\[None\] for one sample"),
        (lambda: nn.AvgPool1d(2)(np.ones((1, 3, 8, 8))), r"AvgPool1d: expected x \(N, C, L\), got \(1, 3, 8, 8\)\n"),
        (lambda: nn.MaxPool2d(2, padding="same"), r"MaxPool2d: expected padding to be .* one for each spatial axis; got 'same'"),
        (lambda: nn.AvgPool2d(2, padding="valid"), r"AvgPool2d: expected padding to be .* one for each spatial axis; got 'valid'"),
        (lambda: ag.max_pool(np.ones((1, 1, 8)), 3, 1, "same"), r"max_pool: expected padding to be .* axis of x \(1, 1, 8\); got 'same'"),
        (lambda: nn.Conv2d(1, 1, 3, padding="full"), r"Conv2d: expected padding to be .*, or \"same\" or \"valid\"; got 'full'"),
        (lambda: nn.MaxPool2d(2, padding=2), r"MaxPool2d: expected padding of at most half the kernel \(2, 2\).* got \(2, 2\)"),
        (lambda: nn.AvgPool1d(3, padding=2), r"AvgPool1d: expected padding of at most half the kernel \(3,\)"),
        (lambda: nn.Conv2d(1, 6, 5)(np.ones((1, 28, 28))), r"of one sample hand in x\[None\]"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), r"Conv2d: expected groups to divide in_channels 3 and out_channels 4, got 2"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), r"Conv2d: expected kernel_size to be a whole number >= 1, or 2 of them"),
        (lambda: nn.Conv1d(3, 4, 3, stride=2, padding="same"), r'Conv1d: padding="same" is for stride 1'),
        (lambda: nn.Conv1d(3, 4, 3, init="henormal"), r"did you mean 'he_normal'"),
        (lambda: nn.Conv1d(3, 4, 3, init=lambda *_: np.ones((4, 3))), r"expected weights of shape \(4, 3, 3\), got \(4, 3\)"),
        (lambda: nn.Flatten(2)(np.ones((3, 4))), r"Flatten: expected more than 2 axes, got x \(3, 4\)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_the_reason(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def net(dtype=np.float32, pool=nn.MaxPool2d):
    rng = np.random.default_rng(1)
    how = {"rng": rng, "dtype": dtype}
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, **how), nn.ReLU(), pool(2), nn.Conv2d(4, 6, 3, stride=2, dilation=2, padding=2, groups=2, **how),
        nn.Tanh(), pool(3, 1, 1), nn.Flatten(), nn.Linear(6 * 2 * 2, 3, **how),
    )  # fmt: skip


def batch(dtype=np.float32):
    rng = np.random.default_rng(2)
    return rng.normal(size=(5, 2, 8, 8)).astype(dtype), rng.integers(0, 3, 5)


@pytest.mark.parametrize("pool", [nn.MaxPool2d, nn.AvgPool2d])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_recorded_step_gives_the_same_bits(dtype, pool):
    x, t = batch(dtype)
    runs = []
    for recorded in (False, True):
        model = net(dtype, pool)
        optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
        loss = lambda x, t, model=model: nn.cross_entropy(model(x), t)
        step = nn.compile_step(loss, optimizer) if recorded else None
        losses = []
        for k in range(4):
            if step:
                losses.append(step(x + dtype(k), t).item())
                continue
            optimizer.zero_grad()
            cost = loss(x + dtype(k), t)
            cost.backward()
            optimizer.step()
            losses.append(cost.item())
        assert all(p.dtype == p.grad.dtype == dtype for p in model.parameters())
        runs.append(
            (losses, [p.data.tobytes() for p in model.parameters()], [p.grad.tobytes() for p in model.parameters()])
        )
    assert runs[0] == runs[1]
    assert "as_recorded" not in step.source  # no op was left as one call of Python's
    assert "sliding_window_view" in step.source


def test_the_owner_of_a_view_by_strides_is_known():
    x = np.ones((3, 8))
    assert memory(np.lib.stride_tricks.sliding_window_view(x[1:], 3, axis=1)) is x


def test_windows_of_what_stays_where_it_is_are_views_made_once():
    model = net()
    step = nn.compile_step(lambda x, t: nn.cross_entropy(model(x), t), nn.SGD(model.parameters(), lr=0.1))
    step(*batch())
    once, every = step.source.split("def step(")
    assert "sliding_window_view" in once
    assert " += " in every
    assert ".at(" not in every


def test_a_saved_step_gives_the_same_bits(tmp_path):
    model = net()
    step = nn.compile_step(lambda x, t: nn.cross_entropy(model(x), t), nn.SGD(model.parameters(), lr=0.1))
    step(*batch())
    saved = runpy.run_path(step.save(tmp_path / "step.py"))
    assert [saved["step"](*batch()) for _ in range(3)] == [step(*batch()) for _ in range(3)]


def test_fit_trains_a_net_of_convolutions_and_its_state_can_be_loaded():
    x, t = batch()
    model = net()
    history = nn.fit(
        model,
        x,
        t,
        loss=nn.cross_entropy,
        optimizer=nn.SGD(model.parameters(), lr=0.1),
        epochs=60,
        progress=False,
        rng=0,
    )
    assert history[-1]["loss"] < 0.2 < history[0]["loss"]
    other = net().load_state_dict(model.state_dict())
    np.testing.assert_array_equal(other(x).data, model(x).data)


def test_layers_are_the_ops_with_their_shapes():
    x = np.random.default_rng(0).normal(size=(2, 4, 9))
    layer = nn.Conv1d(4, 6, 3, stride=2, padding="valid", groups=2, bias=False, rng=0)
    assert layer.bias is None
    assert layer.weight.shape == (6, 2, 3)
    np.testing.assert_array_equal(layer(x).data, ag.conv(x, layer.weight.data, stride=2, groups=2))
    np.testing.assert_array_equal(nn.MaxPool1d(3)(x), x.reshape(2, 4, 3, 3).max(-1))
    np.testing.assert_array_equal(nn.AvgPool1d(3)(x), x.reshape(2, 4, 3, 3).mean(-1))
    assert nn.Flatten(2)(np.ones((2, 3, 4, 5))).shape == (2, 3, 20)
    assert nn.Flatten()(np.ones((0, 3, 4))).shape == (0, 12)
    np.testing.assert_array_equal(nn.Flatten()([[1.0, 2.0]]), [[1, 2]])
    np.testing.assert_array_equal(nn.MaxPool1d(2)([[[1.0, 2.0]]]), [[[2]]])
    assert repr(
        nn.Sequential(nn.Conv2d(4, 6, (3, 1), stride=2, groups=2), nn.MaxPool2d(3, 1, 1), nn.Flatten())
    ).splitlines()[1:4] == [
        "  0: Conv2d(4 -> 6, kernel (3, 1), stride (2, 2), groups 2)  weight (6, 2, 3, 1), bias (6,)  42 parameters",
        "  1: MaxPool2d((3, 3), stride (1, 1), padding (1, 1))",
        "  2: Flatten()",
    ]


def test_the_formula_of_a_convolution_is_that_of_a_dense_layer_on_windows():
    x, _ = batch(float)
    W, b = leaf(np.ones((3, 2, 3, 3)), name="W"), leaf(np.ones(3), name="b")
    text = str(ag.formulas((ag.max_pool(ag.conv(Tensor(x, name="x"), W, b, padding=1), 2) ** 2).sum()))
    for line in (
        "z1 = W windows(x) + b",
        "v1 = max(windows(z1))",
        "dC/dW = dC/dz1 windows(x)ᵀ",
        "dC/db = Σ[axes 0, 2, 3] dC/dz1",
    ):
        assert line in text, text
    inner = leaf(x, name="x")
    assert "dC/dx = overlap_add(Wᵀ dC/dz1)" in str(ag.formulas((ag.conv(inner, W, b) ** 2).sum()))


def test_a_drawing_of_a_net_of_convolutions_names_its_ops():
    source = ag.draw(nn.cross_entropy(net(float)(batch(float)[0]), batch()[1])).source
    for name in ("conv", "max_pool", "reshape", "linear"):
        assert f"<b>{name}</b>" in source
