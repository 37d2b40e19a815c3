"""The graph and its life: order, recording, change detection, memory, threads, depth."""

import copy
import gc
import pickle
import sys
import threading
import weakref
from array import array

import numpy as np
import pytest
from numeric import leaf

import autograd as ag
from autograd import Tensor, gradients, no_grad
from autograd.recording import recording


def test_backward_twice_adds_exactly_twice():
    x = leaf(3.0)
    y = x * x
    y.backward()
    y.backward()
    assert x.grad == 12


def test_a_value_used_twice_gets_the_sum():
    x, a = leaf([2.0, 3.0]), leaf(np.arange(4.0).reshape(2, 2))
    for y, expected in [(x * x, 2 * x.data), (x + x, [2, 2]), (x / x, [0, 0]), (ag.concatenate([x, x]), [2, 2])]:
        (g,) = gradients(y, [x], cotangent=np.ones(y.shape))
        np.testing.assert_allclose(g, expected)
    (g,) = gradients((a @ a).sum(), [a])
    np.testing.assert_allclose(g, np.ones((2, 2)) @ a.data.T + a.data.T @ np.ones((2, 2)))


def test_siblings_share_no_gradient():
    a, b = leaf([1.0]), leaf([2.0])
    c = a + b
    c.backward(retain_grads=True)
    grads = [a.grad, b.grad, c.grad]
    assert not any(np.shares_memory(p, q) for i, p in enumerate(grads) for q in grads[:i])
    a.grad[0] = 7
    assert b.grad[0] == c.grad[0] == 1


def test_differentiable_gradients_without_a_history_are_leaves_of_their_own():
    x, y, seed = leaf([1.0, 2.0]), leaf([3.0, 4.0]), Tensor([1.0, 1.0])
    a, b = gradients(x + y, [x, y], seed, create_graph=True)
    a.data -= 5
    np.testing.assert_array_equal([b.data, seed.data], np.ones((2, 2)))


def test_the_seed_is_not_kept():
    x, seed = leaf([1.0, 2.0]), np.ones(2)
    (x + 0).backward(seed)
    seed[0] = 9
    np.testing.assert_array_equal(x.grad, [1, 1])


def test_broadcast_gradients_own_their_memory():
    x = leaf(np.ones((3, 4)))
    x.sum().backward()
    x.grad[0, 0] = 5  # a broadcast view would refuse, or change every entry
    assert x.grad.sum() == 16


def test_intermediate_values_keep_no_gradient_unless_asked():
    x = leaf(2.0)
    y = x * 3
    z = y * y
    z.backward()
    assert y.grad is None
    z.backward(retain_grads=True)
    assert y.grad == 12


def test_gradients_touches_no_grad_and_gives_zero_where_nothing_depends():
    x, y, unused = leaf(2.0), leaf(3.0), leaf(np.ones(3))
    z = x * y
    gx, gu, gz = gradients(z * z, [x, unused, z])
    assert (gx, gz) == (2 * 6 * 3, 12)
    np.testing.assert_array_equal(gu, np.zeros(3))
    assert x.grad is None
    assert all(type(g) is np.ndarray for g in (gx, gu, gz))


def test_gradients_stop_at_what_is_older_than_asked_for():
    calls = []

    @ag.primitive
    def spied(x):
        return x * 2

    spied.defvjp(lambda g, out, x: calls.append(1) or g * 2)
    x = leaf(1.0)
    y = spied(x)
    z = y * 3
    assert gradients(z, [y]) == [3]
    assert not calls
    assert gradients(z, [x]) == [6]
    assert len(calls) == 1


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_nth_derivative_of_x_to_the_fourth(n):
    x = leaf(2.0)
    y = x**4
    for _ in range(n):
        (y,) = gradients(y, [x], create_graph=True)
    assert y.item() == pytest.approx({1: 32, 2: 48, 3: 48, 4: 24}[n])


def test_create_graph_works_inside_no_grad():
    x = leaf(2.0)
    y = x**3
    with no_grad():
        (g,) = gradients(y, [x], create_graph=True)
        assert not (x * x).requires_grad
    assert gradients(g, [x])[0] == 12


class TestChange:
    """A leaf that was changed after an op had used it: the sweep refuses, and touches no gradient."""

    @pytest.mark.parametrize("change", [
        lambda w: setattr(w, "data", w.data * 2),
        lambda w: setattr(w, "data", np.zeros((5, 5))),
        lambda w: w.data.__imul__(2) is None or setattr(w, "data", w.data),
    ])  # fmt: skip
    def test_is_noticed(self, change):
        w, other = leaf([1.0, 2.0], name="W1"), leaf([3.0, 4.0])
        y = (w * other).sum()
        change(w)
        with pytest.raises(RuntimeError, match=r"W1 float64.* was changed after multiply .visit 2. had used it.*again"):
            y.backward()
        assert w.grad is None
        assert other.grad is None

    def test_in_place_arithmetic_on_data_is_noticed(self):
        w = leaf([1.0, 2.0])
        y = (w * w).sum()
        w.data -= 0.1
        with pytest.raises(RuntimeError, match="was changed"):
            y.backward()

    def test_of_a_constant_tensor_is_noticed_too(self):
        w, x = leaf([1.0]), Tensor([5.0])
        y = w * x
        x.data *= 2
        with pytest.raises(RuntimeError, match="was changed"):
            y.backward()

    def test_partly_used_before_and_after(self):
        w = leaf([1.0])
        before = w * 2
        w.data += 1
        after = before + w * 3
        with pytest.raises(RuntimeError, match="was changed"):
            after.backward()
        assert w.grad is None

    def test_by_gradients_as_well(self):
        w, v = leaf([1.0, 2.0]), leaf([1.0, 1.0])
        y = ((w * 2) ** 2).sum()
        z = (w[:] * v).sum()
        w.data -= 1
        for out, wanted in ((y, w), (z, v)):
            for create_graph in (False, True):
                with pytest.raises(RuntimeError, match="was changed"):
                    gradients(out, [wanted], create_graph=create_graph)

    def test_through_a_view_of_the_leaf(self):
        t, w = leaf([0.0, 1.0]), leaf([1.0, 1.0])
        z = ag.where(t[:], w, 0.0).sum()  # the condition needs no gradient, but it was read
        t.data += [1.0, -1.0]
        with pytest.raises(RuntimeError, match="was changed"):
            z.backward()
        W, h = leaf(np.eye(2)), leaf(np.ones((1, 2))) * 1
        loss = (h @ W.T.reshape(2, 2)).sum()
        W.data *= 5
        for create_graph in (False, True):
            with pytest.raises(RuntimeError, match="was changed"):
                gradients(loss, [h], create_graph=create_graph)

    def test_through_a_view_names_the_leaf(self):
        W = leaf(np.eye(2), name="W")
        loss = (leaf(np.ones((1, 2))) @ W.T).sum()
        W.data *= 2
        with pytest.raises(RuntimeError, match=r"W float64\(2, 2\) was changed after matmul"):
            loss.backward()

    def test_of_nothing_is_noticed_too(self):
        w = leaf(np.ones((0, 2)))
        loss = (w[:] * np.ones(2)).sum()
        w.data = w.data * 2
        with pytest.raises(RuntimeError, match="was changed"):
            loss.backward()

    def test_a_result_without_history_does_not_change_with_what_it_showed(self):
        s, v = Tensor([1.0, 2.0]), leaf([1.0, 1.0])
        y = (s.reshape(2) * v).sum()
        with no_grad():
            old = v.T
        s.data -= 1
        v.data += 5
        assert list(old.data) == [1, 1]
        v.data -= 5
        with pytest.raises(RuntimeError):
            y.backward()
        (s2 := Tensor([1.0, 2.0])).reshape(2)
        y = (s2.reshape(2) * v).sum()
        s2.data -= 1
        y.backward()
        np.testing.assert_array_equal(v.grad, [1, 2])

    def test_after_backward_is_fine(self):
        w = leaf([1.0])
        for _ in range(3):
            w.zero_grad()
            (w * w).sum().backward()
            w.data -= 0.1 * w.grad
        np.testing.assert_allclose(w.data, [0.512])

    def test_outputs_cannot_be_changed(self):
        y = leaf([1.0]) * 2
        with pytest.raises(ValueError, match="read-only"):
            y.data[0] = 5
        with pytest.raises(TypeError, match="only a leaf's data can be replaced.*multiply"):
            y.data = np.zeros(1)

    def test_an_op_that_returns_its_input_leaves_it_writable(self):
        @ag.primitive
        def same(x):
            return x

        same.defvjp(lambda g, out, x: g)
        x = leaf([1.0])
        y = same(x)
        assert x.data.flags.writeable
        assert not y.data.flags.writeable


def test_a_tensor_copies_what_it_is_made_from():
    a = np.ones(3)
    x = leaf(a)
    a[0] = 5
    x.data[1] = 7
    np.testing.assert_array_equal(x.data, [1, 7, 1])
    np.testing.assert_array_equal(a, [5, 1, 1])
    assert not np.shares_memory(x.detach().data, x.data)
    assert not np.shares_memory(x.numpy(), x.data)


def test_data_keeps_its_dtype_and_layout():
    w = leaf(np.asfortranarray(np.ones((2, 3))), dtype=np.float32)
    w.data = np.arange(6).reshape(2, 3)
    assert w.dtype == np.float32
    assert w.data.flags.f_contiguous
    np.testing.assert_array_equal(w.data, [[0, 1, 2], [3, 4, 5]])
    w.grad = np.zeros((2, 3))
    w.data = [[1.0]]
    assert w.shape == (1, 1)
    assert w.grad is None  # it belonged to another shape
    for bad in ([[1j]], None):
        with pytest.raises(TypeError, match="real numbers"):
            w.data = bad
    t = Tensor([1, 2, 3])
    with pytest.raises(TypeError, match="Cannot cast"):
        t.data = [1.5, 2.5]
    assert list(t.data) == [1, 2, 3]


def test_a_result_without_history_is_a_leaf_like_any_other():
    w = Tensor(np.ones(3)) * 0.5
    w.requires_grad = True
    (w * w).sum().backward()
    w.data -= w.grad
    np.testing.assert_array_equal(w.data, [-0.5] * 3)


def test_an_integer_tensor_gets_no_gradient_by_the_back_door():
    x = Tensor([1, 2])
    x.requires_grad = True
    with pytest.raises(TypeError, match="argument 0 requires a gradient, but it is int64"):
        (x * 0.5).sum().backward()


def test_rules_that_hand_out_foreign_views_share_nothing():
    for view in (lambda g: np.lib.stride_tricks.as_strided(g, (4,), (8,)), lambda g: np.asarray(memoryview(g))):

        @ag.primitive
        def both(x, y):
            return x + y

        both.defvjp(lambda g, out, x, y, v=view: v(g), lambda g, out, x, y, v=view: v(g))
        x, y, g = leaf(np.zeros(4)), leaf(np.zeros(4)), np.ones(4)
        both(x, y).backward(g)
        assert not any(np.shares_memory(a, b) for a, b in [(x.grad, g), (y.grad, g), (x.grad, y.grad)])


@pytest.mark.parametrize("memory", [lambda: array("d", [1.0] * 4), lambda: bytearray(np.ones(4).tobytes())])
def test_a_seed_in_foreign_memory_is_not_kept(memory):
    owner = memory()
    x = leaf(np.zeros((2, 2)))
    x.reshape(4).backward(np.frombuffer(owner))
    x.grad[0, 0] = 9
    assert np.frombuffer(owner)[0] == 1


@pytest.mark.parametrize("clone", [copy.deepcopy, copy.copy, lambda t: pickle.loads(pickle.dumps(t))])
def test_copies_keep_the_data_and_drop_the_history(clone):
    w = leaf(np.asfortranarray(np.ones((2, 3))), name="W")
    w.data[0, 0] = 4
    c = clone(w)
    assert c.requires_grad
    assert c.name == "W"
    assert c.data.flags.f_contiguous
    np.testing.assert_array_equal(c.data, w.data)
    assert not np.shares_memory(c.data, w.data)
    y = clone((w * w).sum())
    assert y.primitive is None
    assert not y.requires_grad


def test_graphs_die_by_reference_count():
    gc.collect()
    gc.disable()
    try:
        x = leaf(np.ones(3))
        y = ag.tanh(x * 2)
        loss = (y * y).sum()
        loss.backward(retain_grads=True)
        (g,) = gradients(loss, [x], create_graph=True)
        refs = [weakref.ref(v) for v in (y, loss, g)]
        del y, loss, g
        assert [r() for r in refs] == [None, None, None]
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_failing_op_leaves_nothing_behind():
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            x = leaf(np.ones(3))
            with pytest.raises(ValueError, match="broadcast"):
                ag.tanh(x) + np.ones(4)
        ref = weakref.ref(x)
        del x
        assert ref() is None
    finally:
        gc.enable()


def test_a_million_ops_deep():
    limit = sys.getrecursionlimit()
    x = leaf(1.0)
    y = x
    for _ in range(10**6):
        y = y + 1.0
    y.backward()
    assert x.grad == 1
    del y  # is freed without recursion
    assert sys.getrecursionlimit() == limit


def test_a_ladder_of_diamonds_takes_linear_time():
    x = leaf(1.0)
    y = x
    for _ in range(10**4):  # 2 ** 10000 paths
        y = (y + y) * 0.5
    y.backward()
    assert x.grad == 1


def test_ctrl_c_as_soon_as_a_mode_is_set_does_not_leave_it():
    def come(frame, event, called):
        if event == "c_return" and called.__name__ == "set":
            raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012
            sys.setprofile(come)
            with no_grad():
                pass
    finally:
        sys.setprofile(None)
    assert recording() is True


def test_no_grad_is_local_to_its_thread():
    seen = {}
    entered, leave = threading.Event(), threading.Event()

    def other():
        with no_grad():
            entered.set()
            leave.wait(10)
            seen["inside"] = (leaf(1.0) * 2).requires_grad

    thread = threading.Thread(target=other)
    thread.start()
    entered.wait(10)
    seen["outside"] = (leaf(1.0) * 2).requires_grad
    leave.set()
    thread.join()
    assert seen == {"inside": False, "outside": True}


def test_gradients_of_a_leaf_that_threads_share_are_added_one_after_the_other():
    x = leaf([1.0])
    other = threading.Thread(target=lambda: (x * 2).backward())

    class Slow(np.ndarray):
        def __add__(self, more):
            if not other.ident:
                other.start()
                other.join(0.2)  # it waits, and its gradient is not lost
            return np.asarray(self) + more

    x.grad = np.zeros(1).view(Slow)
    (x * 3).backward()
    other.join()
    assert x.grad.item() == 5


def test_no_grad_as_a_decorator_and_after_an_exception():
    @no_grad()
    def f(x):
        return x * 2

    assert not f(leaf(1.0)).requires_grad
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert (leaf(1.0) * 2).requires_grad


class TestWhatCannotBeSwept:
    def test_nothing_requires_a_gradient(self):
        with pytest.raises(ValueError, match=r"nothing here requires a gradient.*requires_grad=True"):
            Tensor(1.0).backward()

    def test_not_a_single_number(self):
        with pytest.raises(ValueError, match=r"single number, but this value has shape \(2,\): sum or average"):
            (leaf([1.0, 2.0]) * 2).backward()

    def test_a_cotangent_of_another_shape(self):
        with pytest.raises(ValueError, match=r"shape \(2,\), got \(3,\)"):
            (leaf([1.0, 2.0]) * 2).backward(np.ones(3))

    def test_what_is_no_tensor(self):
        with pytest.raises(TypeError, match=r"gradients flow back: expected a Tensor to start from, got float64\(2,\)"):
            gradients(np.ones(2), [leaf(1.0)])

    def test_inputs_without_gradient(self):
        with pytest.raises(ValueError, match=r"inputs that require gradients, got float64\(\)"):
            gradients(leaf(1.0) * 2, [Tensor(1.0)])

    def test_integers_and_complex(self):
        with pytest.raises(TypeError, match=r"only floating arrays can require gradients.*int64.*2\.0 for 2"):
            Tensor([1, 2], requires_grad=True)
        with pytest.raises(TypeError, match=r"real numbers.*complex128"):
            Tensor(1j)
        with pytest.raises(TypeError, match=r"real numbers.*complex128"):
            leaf(1.0) * 1j
        with pytest.raises(TypeError, match=r"real numbers.*<U1"):
            Tensor("a")
        with pytest.raises(TypeError, match="masked"):
            leaf([1.0, 2.0]) * np.ma.masked_array([1.0, 2.0], [True, False])


@pytest.mark.parametrize(("returned", "kind"), [(2.0, "float"), (None, "NoneType"), ([1.0, 2.0], "list")])
def test_a_rule_that_returns_no_array_is_named(returned, kind):
    @ag.elementwise
    def double(x):
        return x * 2

    double.defvjp(lambda g, out, x: returned)
    with pytest.raises(
        TypeError, match=rf"double: expected its vjp for argument 0 to return an array, got {kind}: was"
    ) as e:
        double(leaf([1.0, 2.0])).sum().backward()
    assert "in visit 2, the vjp of double(float64(2,)) for argument 0" in e.value.__notes__[0]
    with pytest.raises(TypeError, match="was g forgotten"):
        ag.where(np.array([True, False]), double(leaf([1.0, 2.0])), 0.0).sum().backward()


def test_an_attribute_error_of_a_rules_own_is_left_as_it_is():
    @ag.elementwise
    def double(x):
        return x * 2

    double.defvjp(lambda g, out, x: g.shapes)
    with pytest.raises(AttributeError, match="shapes"):
        double(leaf([1.0, 2.0])).sum().backward()


@pytest.mark.parametrize(("rule", "hint"), [
    (lambda g, out, x, b: g, r"got \(5, 3\): \(5, 3\) is \(3,\) before the sum over axis 0: was it forgotten\?"),
    (lambda g, out, x, b: g[:, :1], r"got \(5, 1\)(\n|$)"),
])  # fmt: skip
def test_a_rule_that_returns_the_wrong_shape_is_told_why(rule, hint):
    @ag.primitive
    def shift(x, b):
        return x + b

    shift.defvjp(None, rule)
    with pytest.raises(ValueError, match=hint):
        shift(np.ones((5, 3)), leaf(np.ones(3))).sum().backward()


def test_a_transposed_rule_is_told_so():
    @ag.primitive
    def double(x):
        return x * 2

    double.defvjp(lambda g, out, x: g.T * 2)
    with pytest.raises(ValueError, match=r"got \(3, 2\): is it transposed\?"):
        double(leaf(np.ones((2, 3)))).sum().backward()


def test_the_gradients_of_nothing_are_none():
    assert gradients(leaf(1.0) * 2, []) == []
