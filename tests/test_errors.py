"""What errors say: nothing that moves a terminal, the argument that was wrong, and nothing of what is the caller's."""

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor

RED = "\x1b[31mRED\x1b]0;title\x07"


class Coloured(nn.Module):
    def forward(self, x):
        return x


Coloured.__name__ = Coloured.__qualname__ = RED


def message(call):
    with pytest.raises(Exception) as caught:
        call()
    return "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])


def own(x):
    return x


own.__name__ = RED

x = Tensor([1.0, 2.0], requires_grad=True, name=RED)


def bad_rule():
    op = ag.primitive(own)
    op(Tensor(1.0, requires_grad=True)).backward()


@pytest.mark.parametrize("shown", [
    lambda: message(lambda: x + np.ones(3)),
    lambda: message(lambda: ag.concatenate([x, np.ones((2, 2))])),
    lambda: message(lambda: ag.gradients(x.sum(), [Tensor(1.0, name=RED)])),
    lambda: message(lambda: ag.sum(x, **{RED: 3})),
    lambda: message(lambda: nn.cross_entropy(x, [0])),
    lambda: message(lambda: Coloured().load_state_dict({"a": 1})),
    lambda: message(lambda: nn.fit(Coloured(), np.ones((2, 1)), np.ones(2), epochs="two")),
    lambda: message(lambda: nn.load(f"/{RED}")),
    lambda: message(lambda: nn.datasets.npz(f"/{RED}")),
    lambda: message(lambda: nn.datasets.csv(f"/{RED}")),
    lambda: message(lambda: nn.datasets.mnist(f"/{RED}")),
    lambda: message(bad_rule),
    lambda: repr(ag.primitive(own)),
    lambda: repr(Coloured()),
    lambda: repr(nn.Sequential(Coloured())),
    lambda: str(ag.audit((x * x).sum())),
    lambda: str(ag.compare(np.ones(2), np.zeros(2), name=RED)),
])  # fmt: skip
def test_no_name_moves_a_terminal(shown):
    text = shown()
    assert "RED" in text
    assert text.replace("\n", "").isprintable(), repr(text)


def test_a_slip_in_what_the_caller_handed_in_stays_what_it_is():
    model = nn.Linear(1, 1, rng=0)
    data = np.ones((4, 1)), np.ones((4, 1))

    def penalty():
        return (model.wieght**2).sum()

    for call in (
        lambda: nn.fit(model, *data, epochs=1, penalty=penalty, loss=nn.squared_error, progress=False),
        lambda: nn.evaluate(model, *data, loss=lambda z, y: model.wieght),
        lambda: ag.vjp(lambda x: x.shpae, 1.0),
    ):
        with pytest.raises(AttributeError, match="wieght|shpae"):
            call()


def test_a_slip_in_a_forward_of_ones_own_blames_no_argument():
    def scaled(x):
        return x * np.ones(3)[5]

    with pytest.raises(IndexError, match="index 5 is out of bounds"):
        ag.primitive(scaled)(Tensor([1.0, 2.0]))


@pytest.mark.parametrize(("call", "says"), [
    (lambda: ag.interp([0.0], [0.0, 1.0], [0.0, 1.0], left=1j), "interp: left: expected real numbers"),
    (lambda: ag.repeat([1.0], "two"), "repeat: repeats: expected int | Sequence[int], got 'two'"),
    (lambda: nn.init.he_normal("text"), "he_normal: shape: expected Sequence[int], got 'text'"),
    (lambda: nn.save({}, "a", metadata=1j), "save: metadata: expected Mapping[str, Any] | None, got 1j"),
    (lambda: ag.inv(np.ones((2, 3))), "inv: a: expected a square matrix, or a stack of them, got shape (2, 3)"),
    (lambda: nn.Linear(2, 1).load_matching(3), "load_matching: state: expected Mapping[str, Any], got 3"),
    (lambda: ag.sum([1.0], axis=10**30), "sum: axis: expected a smaller number, got 1000"),
    (lambda: ag.round([1.0], 10**30), "round: decimals: expected a smaller number"),
    (lambda: ag.cov(np.ones((2, 3)), ddof=np.inf), "cov: ddof: expected int | None, got inf"),
    (lambda: ag.array_split([1.0], 10**25), "array_split: expected 1 part or more, and no more than 10,000 empty ones"),
])  # fmt: skip
def test_an_error_says_which_argument_was_wrong(call, says):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(("call", "says"), [
    (lambda: nn.datasets.digits(images="no"), "images: expected True or False, got 'no'"),
    (lambda: ag.gradients((x * x).sum(), [x], create_graph="no"), "create_graph: expected True or False, got 'no'"),
    (lambda: ag.gradients((x * x).sum(), [x], None, 2), "create_graph: expected True or False, got 2"),
    (lambda: ag.elu([1.0], alpha=1j), "elu: alpha: expected real numbers"),
    (lambda: ag.leaky_relu([1.0], negative_slope=1j), "leaky_relu: negative_slope: expected real numbers"),
    (lambda: nn.LeakyReLU(np.nan), "negative_slope: expected a finite number, got nan"),
    (lambda: nn.ELU(np.nan), "alpha: expected a finite number, got nan"),
    (lambda: nn.init.normal((2,), std=np.nan), "std: expected a finite number >= 0, got nan"),
    (lambda: nn.init.orthogonal((2, 2), gain=1j), "gain: expected a number >= 0, got 1j"),
])  # fmt: skip
def test_flags_and_numbers_are_checked(call, says):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert str(caught.value).startswith(says)


def test_numbers_that_need_no_refusal_are_taken():
    assert ag.vander(np.array([2.0]), 0).shape == (1, 0)
    assert ag.diff(np.arange(3.0), 10**30).shape == (0,)
    assert nn.LeakyReLU(-0.5)(-2.0) == 1.0


def test_no_grad_is_used_again_and_refuses_what_runs_later():
    again = ag.no_grad()
    for _ in range(2):
        with again, again:
            assert not (x * 2).requires_grad
        assert (x * 2).requires_grad

    def generated():
        yield x * 2

    async def awaited():
        return x * 2

    for later in (generated, awaited):
        with pytest.raises(TypeError, match=f"no_grad.*{later.__name__} has not run when its call returns"):
            ag.no_grad()(later)
    assert not ag.no_grad()(lambda: x * 2)().requires_grad
