"""PyTorch loads what nn.save writes and the other way round; both then compute the same, forward and backward."""

import numpy as np
import pytest

import nn
from autograd import Tensor

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch, the CPU build is enough")
from safetensors.torch import load_file, save_file, save_model  # noqa: E402 (there only with PyTorch)

T = torch.nn
F32 = np.float32

# what, ours, PyTorch's, and the shape of what comes in, or how many different integers come in
LAYERS = [
    ("Linear", lambda: nn.Linear(4, 3, dtype=F32), lambda: T.Linear(4, 3), (5, 4)),
    ("Linear without bias", lambda: nn.Linear(4, 3, bias=False, dtype=F32), lambda: T.Linear(4, 3, bias=False), (5, 4)),
    ("BatchNorm1d", lambda: nn.BatchNorm1d(3, dtype=F32), lambda: T.BatchNorm1d(3), (5, 3)),
    ("BatchNorm1d of series", lambda: nn.BatchNorm1d(3, 1e-3, 0.4, dtype=F32), lambda: T.BatchNorm1d(3, 1e-3, 0.4), (5, 3, 7)),
    ("BatchNorm1d, plain", lambda: nn.BatchNorm1d(3, affine=False, dtype=F32), lambda: T.BatchNorm1d(3, affine=False), (5, 3)),
    ("BatchNorm2d", lambda: nn.BatchNorm2d(3, dtype=F32), lambda: T.BatchNorm2d(3), (2, 3, 4, 5)),
    ("LayerNorm", lambda: nn.LayerNorm(4, dtype=F32), lambda: T.LayerNorm(4), (5, 2, 4)),
    ("LayerNorm of two axes", lambda: nn.LayerNorm((3, 4), 1e-2, dtype=F32), lambda: T.LayerNorm((3, 4), 1e-2), (5, 3, 4)),
    ("LayerNorm, plain", lambda: nn.LayerNorm(4, elementwise_affine=False), lambda: T.LayerNorm(4, elementwise_affine=False), (5, 4)),
    ("Embedding", lambda: nn.Embedding(6, 3, dtype=F32), lambda: T.Embedding(6, 3), 6),
    ("Embedding with padding", lambda: nn.Embedding(6, 3, padding_idx=2, dtype=F32), lambda: T.Embedding(6, 3, padding_idx=2), 6),
    ("Conv1d", lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2, dtype=F32), lambda: T.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), (3, 4, 9)),
    ("Conv2d", lambda: nn.Conv2d(3, 4, (3, 2), padding=1, dilation=2, dtype=F32), lambda: T.Conv2d(3, 4, (3, 2), padding=1, dilation=2), (2, 3, 8, 7)),
    ("a convolutional net",
     lambda: nn.Sequential(nn.Conv2d(1, 3, 3, bias=False, dtype=F32), nn.BatchNorm2d(3, dtype=F32), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(12, 2, dtype=F32)),
     lambda: T.Sequential(T.Conv2d(1, 3, 3, bias=False), T.BatchNorm2d(3), T.Tanh(), T.AvgPool2d(2), T.Flatten(), T.Linear(12, 2)), (4, 1, 6, 7)),
    ("a net", lambda: nn.Sequential(nn.Linear(4, 6, dtype=F32), nn.BatchNorm1d(6, dtype=F32), nn.Sequential(nn.ELU(0.7), nn.LayerNorm(6, dtype=F32))),
     lambda: T.Sequential(T.Linear(4, 6), T.BatchNorm1d(6), T.Sequential(T.ELU(0.7), T.LayerNorm(6))), (8, 4)),
]  # fmt: skip
every_layer = pytest.mark.parametrize(
    ("ours", "theirs", "takes"), [row[1:] for row in LAYERS], ids=[row[0] for row in LAYERS]
)


def inputs(takes, rng):
    if isinstance(takes, int):
        return rng.integers(0, takes, (4, 5))
    return (3 + 2 * rng.normal(size=takes)).astype(F32)


def filled(state, rng):
    """Numbers of no pattern in place of a state: what starts as ones or zeros says nothing of its place."""
    return {
        name: rng.uniform(0.5, 2, a.shape).astype(a.dtype) if a.dtype.kind == "f" else a + 3
        for name, a in state.items()
    }


def assert_same_state(ours, theirs):
    state = ours.state_dict()
    assert list(state) == list(theirs.state_dict())
    for name, b in theirs.state_dict().items():
        a = state[name]
        assert (a.shape, a.dtype) == (tuple(b.shape), b.numpy().dtype), name
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-5, atol=1e-6, err_msg=name)


def assert_same_steps(ours, theirs, takes, rng):
    """Two training batches, with the gradients of each, and then an evaluation."""
    for _ in range(2):
        x = inputs(takes, rng)
        mine = Tensor(x, requires_grad=x.dtype.kind == "f")
        hers = torch.tensor(x, requires_grad=x.dtype.kind == "f")
        y, z = ours(mine), theirs(hers)
        np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-5, atol=1e-6)
        assert y.dtype == F32
        g = rng.normal(size=y.shape).astype(F32)
        ours.zero_grad()
        theirs.zero_grad()
        if not y.requires_grad:
            continue
        y.backward(g)
        z.backward(torch.tensor(g))
        pairs = [(p.grad, q.grad) for p, q in zip(ours.parameters(), theirs.parameters(), strict=True)]
        if mine.requires_grad:
            pairs.append((mine.grad, hers.grad))
        for a, b in pairs:
            assert a.dtype == F32
            np.testing.assert_allclose(a, b.numpy(), rtol=1e-4, atol=1e-5)
    assert_same_state(ours, theirs)
    x = inputs(takes, rng)
    with torch.no_grad():
        expected = theirs.eval()(torch.tensor(x)).numpy()
    np.testing.assert_allclose(np.asarray(ours.eval()(x).data), expected, rtol=1e-5, atol=1e-6)


@every_layer
def test_what_we_save_pytorch_loads_and_computes_with(ours, theirs, takes, tmp_path):
    rng, ours, theirs = np.random.default_rng(0), ours(), theirs()
    ours.load_state_dict(filled(ours.state_dict(), rng))
    path = nn.save(ours, tmp_path / "w.safetensors")
    theirs.load_state_dict(load_file(path), strict=True)
    assert_same_state(ours, theirs)
    assert_same_steps(ours, theirs, takes, rng)


@every_layer
def test_what_pytorch_saves_we_load_and_compute_with(ours, theirs, takes, tmp_path):
    rng, ours, theirs = np.random.default_rng(1), ours(), theirs()
    state = {name: a.numpy() for name, a in theirs.state_dict().items()}
    theirs.load_state_dict({name: torch.tensor(a) for name, a in filled(state, rng).items()})
    save_file(theirs.state_dict(), tmp_path / "w.safetensors")
    nn.load(tmp_path / "w.safetensors", ours)
    assert_same_state(ours, theirs)
    assert_same_steps(ours, theirs, takes, rng)


def test_tied_weights_that_pytorch_saves_once(tmp_path):
    theirs = T.Sequential(T.Embedding(6, 3), T.Linear(3, 6, bias=False))
    theirs[1].weight = theirs[0].weight
    save_model(theirs, tmp_path / "w.safetensors")  # it leaves one of the two names out
    ours = nn.Sequential(nn.Embedding(6, 3), nn.Linear(3, 6, bias=False))
    ours[1].weight = ours[0].weight
    nn.load(tmp_path / "w.safetensors", ours)
    words = np.array([0, 3, 3, 5])
    np.testing.assert_allclose(ours(words).data, theirs(torch.tensor(words)).detach().numpy(), rtol=1e-5, atol=1e-6)
    theirs.load_state_dict(load_file(nn.save(ours, tmp_path / "both.safetensors")), strict=True)


@pytest.mark.parametrize(("ours", "theirs"), [
    (nn.Sigmoid(), T.Sigmoid()), (nn.Tanh(), T.Tanh()), (nn.ReLU(), T.ReLU()), (nn.LeakyReLU(0.2), T.LeakyReLU(0.2)),
    (nn.ELU(1.5), T.ELU(1.5)), (nn.SELU(), T.SELU()), (nn.GELU(), T.GELU()), (nn.GELU("tanh"), T.GELU("tanh")),
    (nn.Softplus(), T.Softplus()), (nn.SiLU(), T.SiLU()), (nn.Swish(), T.SiLU()), (nn.Mish(), T.Mish()),
    (nn.Hardtanh(), T.Hardtanh()), (nn.LogSigmoid(), T.LogSigmoid()), (nn.Softmax(), T.Softmax(-1)),
    (nn.LogSoftmax(), T.LogSoftmax(-1)), (nn.Identity(), T.Identity()),
])  # fmt: skip
def test_activations(ours, theirs):
    x = np.random.default_rng(0).normal(size=(4, 5)) * 3
    mine, hers = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    g = np.random.default_rng(1).normal(size=(4, 5))
    y, z = ours(mine), theirs(hers)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-8, atol=1e-9)
    y.backward(g)
    z.backward(torch.tensor(g))
    np.testing.assert_allclose(mine.grad, hers.grad.numpy(), rtol=1e-8, atol=1e-9)
