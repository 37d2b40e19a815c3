"""fit under mpiexec: any number of processes trains the same net, and what fails in one of them ends all of them."""

import importlib.util
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import nn
from nn.parallel import World
from nn.shares import Several

RANKS = Path(__file__).with_name("ranks.py")
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(RANKS.parents[1]),
    "OPENBLAS_NUM_THREADS": "1",  # the processes are as many as there are cores
    "OMPI_ALLOW_RUN_AS_ROOT": "1",  # what Open MPI wants to be told
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}


@pytest.fixture(scope="module")
def mpiexec():
    """Runs Python in several processes; skips where that cannot be: what needs none is tested all the same.

    CI installs both by the extra `test`, and so is where these tests run; a system may still forbid what MPI starts with.
    """
    beside = Path(sys.executable).with_name("mpiexec")
    command = str(beside) if beside.exists() else shutil.which("mpiexec")
    if command is None or importlib.util.find_spec("mpi4py") is None:
        pytest.skip("needs mpi4py and an mpiexec: pip install '.[mpi]'")

    def run(n, *arguments, input="", timeout=60):
        return subprocess.run([command, "-n", str(n), sys.executable, *map(str, arguments)], capture_output=True, text=True,
                              timeout=timeout, env=ENVIRONMENT, input=input)  # fmt: skip

    try:
        tried = run(2, "-c", "from mpi4py import MPI; print(end=str(MPI.COMM_WORLD.size))")
    except subprocess.TimeoutExpired:
        pytest.skip(f"{command} does not come to an end here")
    if tried.stdout != "22":
        pytest.skip(f"{command} cannot start two processes here: {tried.stdout[-200:]}{tried.stderr[-500:]}")
    return run


@pytest.fixture(scope="module")
def trained(mpiexec, tmp_path_factory):
    """The weights and histories of all trainings in ranks.py, by (processes, which rank)."""
    folder = tmp_path_factory.mktemp("equal")
    for n in (1, 2, 3):
        run = mpiexec(n, RANKS, "equal", folder)
        assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    return {file.stem: dict(np.load(file)) for file in folder.iterdir()}


@pytest.mark.parametrize("of", ["2_first", "2_last", "3_first", "3_last"])
def test_any_number_of_processes_comes_to_the_same_weights(of, trained):
    """The bound: a unit in the last place of the largest weight in every step, the rounding of w - change itself.

    The gradient of the batch is summed in another order, which moves its entries by a few units in their last places;
    a step multiplies them by a rate far below 1, so that beside w that is no more than the rounding of w.  These nets
    have no kinks, at which a rounding could tip a whole sample, and at these rates training shrinks differences.
    """
    alone = trained["1_first"]
    assert trained[of].keys() == alone.keys()
    for name, values in alone.items():
        eps = np.finfo(np.float32 if "float32" in name else np.float64).eps
        steps = 100 if "two" in name else 75
        assert abs(trained[of][name] - values).max() <= steps * eps * abs(values).max(), name


@pytest.mark.parametrize("of", ["1_first", "2_first", "3_first"])
def test_eager_and_recorded_steps_come_to_the_same_bits(of, trained):
    eager = [name for name in trained[of] if "False" in name]
    assert len(eager) == 4
    for name in eager:
        assert trained[of][name].tobytes() == trained[of][name.replace("False", "True")].tobytes()


@pytest.mark.parametrize("n", [2, 3])
def test_all_ranks_have_the_same_bits(n, trained):
    for name, values in trained[f"{n}_first"].items():
        assert values.tobytes() == trained[f"{n}_last"][name].tobytes()


def test_a_training_goes_on_in_any_number_of_processes(mpiexec, tmp_path):
    run = mpiexec(2, RANKS, "parts", tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    whole = tmp_path / "1whole"
    whole.mkdir()
    assert mpiexec(1, RANKS, "resumed", whole).returncode == 0
    wanted = np.load(whole / "resumed.npz")
    for n in (1, 3):
        folder = tmp_path / str(n)
        folder.mkdir()
        shutil.copy(tmp_path / "plain.safetensors", folder)
        assert mpiexec(n, RANKS, "resumed", folder).returncode == 0
        found = np.load(folder / "resumed.npz")
        assert len(found["losses"]) == 4
        for name in wanted:
            assert abs(found[name] - wanted[name]).max() <= 48 * np.finfo(float).eps * abs(wanted[name]).max()


def test_metrics_are_told_once_and_functions_are_called_once(mpiexec, tmp_path):
    run = mpiexec(2, RANKS, "told", tmp_path)
    assert run.returncode == 0
    assert [line[:10] for line in run.stderr.splitlines()] == ["epoch 1/9:", "epoch 2/9:"]
    assert sorted(run.stdout.splitlines()) == [
        "rank 0: [('function', 1), (1, 2), ('function', 1), (2, 2)]",
        "rank 1: [(1, 2), (2, 2)]",
    ]


FAILING = {  # the exit code, or that of a signal, and what is said last
    "architecture": (1, "ValueError: rank 1 does not train what rank 0 trains: parameter 0.weight is float64 (25, 64), "
                        "and on rank 0 float64 (24, 64); parameter 0.bias is", "on rank 0 of 2"),
    "bad_for_all": (1, "ValueError: x: expected finite numbers, got nan in row 0", "on rank 0 of 2"),
    "nan": (1, "ValueError: the gradient of b1 has NaN or infinite entries; nothing was changed", "on rank 1 of 2"),
    "killed": (-9, "", ""),
    "interrupted": (130, "KeyboardInterrupt", "on rank 1 of 2"),
    "left": (1, "rank 1 of 2 has left a training by sys.exit", ""),
    "caught": (1, "", ""),
    "diverged": (1, "ValueError: rank 1 does not train what rank 0 trains: the checksum of 0.weight",
                 "a function in callbacks"),
    "rate": (1, "ValueError: rank 1 does not train what rank 0 trains: the learning rate of optimizer 0 is 0.001, "
                "and on rank 0 0.5; is it changed by a function in callbacks", "on rank 0 of 2"),
    "summed": (1, "ValueError: loss: expected a mean over samples", "which several processes can share"),
    "class_weights": (1, "ValueError: loss: expected a mean over samples", "on rank 0 of 2"),
    "dropout": (1, "ValueError: rank 1 does not train what rank 0 trains: module 1 is Dropout(0.5)", "Dropout(0.1)"),
    "momentum": (1, "ValueError: rank 1 does not train what rank 0 trains: module 1 is BatchNorm1d(8), ",
                 "'momentum': 0.1"),
    "penalty": (1, "ValueError: rank 1 does not train what rank 0 trains: the penalty is 1, and on rank 0 none", ""),
    "losses": (1, "ValueError: rank 1 does not train what rank 0 trains: the loss of some samples is ", ", and on rank 0"),
    "order": (1, "ValueError: rank 1 does not train what rank 0 trains: the parameters of optimizer 0", "1.bias"),
    "own_batches": (1, "ValueError: rank 1 does not train what rank 0 trains: batch 0 of Own", ""),
    "more_batches": (1, "ValueError: rank 1 does not train what rank 0 trains: batch 3 of Own", "on rank 0 none"),
    "mode_left": (1, "ValueError: rank 1 does not train what rank 0 trains: module 1 is BatchNorm1d",
                  "a function in callbacks"),
    "weights_left": (1, "ValueError: rank 1 does not train what rank 0 trains: the checksum of 1.weight",
                     "a function in callbacks"),
    "apart": (1, "ValueError: rank 1 does not train what rank 0 trains: the checksum of 0.weight", "gone apart in epoch 1"),
    "one_sample": (1, "ValueError: a batch of 3 samples leaves one of 2 processes a share of one", "less than 4"),
    "only_rank_0": (1, "RuntimeError: the processes do not do the same: rank 0 is at the beginning of nn.fit; rank 1 is at "
                       "the end of the script", "nn.parallel.alone()"),
    "one_more": (1, "rank 0 is at the end of the script; rank 1 is at the beginning of nn.fit", "on rank 1 of 2"),
    "once_by_one": (1, "rank 0 is at world.once; rank 1 is at the beginning of nn.fit", ""),
    "finalized": (-15, "RuntimeError: MPI.Finalize() was called", ""),
    "before": (-15, "FileNotFoundError: there is no data on this node", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def failed(mpiexec, tmp_path_factory):
    """By case, its folder and how it ended; several run at once, as they mostly wait."""
    folders = {case: tmp_path_factory.mktemp(case) for case in FAILING}
    with ThreadPoolExecutor(3) as pool:
        runs = pool.map(lambda case: mpiexec(2, RANKS, case, folders[case]), FAILING)
        return dict(zip(FAILING, zip(folders.values(), runs, strict=True), strict=True))


@pytest.mark.parametrize("case", FAILING)
def test_what_fails_in_one_process_ends_all_with_one_message(case, failed):
    (code, error, more), (folder, run) = FAILING[case], failed[case]
    said = run.stdout + run.stderr
    assert run.returncode in ((code,) if code > 0 else (-code, 128 - code)), said  # MPICH's, or a shell's
    assert error in said
    assert more in said
    assert said.count("Traceback") == (case not in ("killed", "left", "caught")), said
    if case in ("killed", "interrupted", "left", "caught", "nan"):  # they had come far enough for one
        assert nn.load(folder / "a.safetensors")


def test_each_may_train_alone(mpiexec, tmp_path):
    run = mpiexec(2, RANKS, "several", tmp_path)
    assert sorted(run.stdout.splitlines()) == ["1 2", "2 2"]


def test_the_command_line(mpiexec, tmp_path):
    train = ("-m", "nn", "train", "--data", "iris", "--epochs", "2", "--out", tmp_path)
    run = mpiexec(2, *train)
    assert run.returncode == 0
    assert run.stdout.count("test accuracy") == run.stdout.count("iris: ") == 1
    assert [line[:10] for line in run.stderr.splitlines()] == ["epoch 1/2:", "epoch 2/2:"]
    weights = tmp_path / "weights.safetensors"
    flower = "sepal length,sepal width,petal length,petal width\n5.1,3.5,1.4,0.2\n"
    run = mpiexec(2, "-m", "nn", "predict", weights, "--data", "-", input=flower)
    assert run.returncode == 0
    assert len(run.stdout.splitlines()) == 2
    for wrong in (("--optimiser", "adam"), ("--lr", "1e30")):
        run = mpiexec(2, *train, *wrong)
        assert (run.returncode, run.stderr.count("error: ")) == ({"--lr": 1}.get(wrong[0], 2), 1)


def share(rank, size, model, optimizer, *arrays, batch_size=32):
    """What one of several processes has of a training, without the others: they agree, and add nothing."""
    world = World()
    world.rank, world.size = rank, size
    return Several(world, model, optimizer, nn.DataLoader(*arrays, batch_size=batch_size, shuffle=False))


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("weights", [None, [1, 0, 2, 0, 0, 0, 3, 0, 4], [0, 0, 0, 0, 0, 0, 1, 2, 0]])
def test_gradients_of_shares_add_up_to_those_of_the_batch(size, weights):
    """Of batches of 5 and 4 samples, some without weight, against Σ w 2 (z - t) x / Σ w, and Σ w 2 (z - t) / Σ w."""
    rng, w = np.random.default_rng(0), np.array(weights or [1] * 9, float)
    x, t = rng.normal(size=(9, 3)), rng.normal(size=(9, 1))
    arrays = (x, t) if weights is None else (x, t, w)
    model = nn.Sequential(nn.Linear(3, 1, rng=0))
    weight, bias = model.parameters()
    slope = w[:, None] * 2 * (x @ weight.data.T + bias.data - t)
    places = [rows for rows in (slice(0, 5), slice(5, 9)) if w[rows].any()]
    wanted = [[slope[rows].T @ x[rows] / w[rows].sum(), slope[rows].sum(0) / w[rows].sum()] for rows in places]

    found = [[np.zeros((1, 3)), np.zeros(1)] for _ in places]
    rows = 0
    for rank in range(size):
        optimizer = nn.SGD(model.parameters(), 0.1)
        of_rank = share(rank, size, model, optimizer, *arrays, batch_size=5)
        for batch, part in zip(found, of_rank.epoch(1), strict=True):
            optimizer.zero_grad()
            xs, ts, *ws = part.arrays
            nn.mean_squared_error(model(xs), ts, **({"sample_weight": ws[0]} if ws else {})).backward()
            of_rank.average(part.share)
            batch[0] += weight.grad
            batch[1] += bias.grad
            rows += part.rows
    assert rows == sum(len(x[rows]) for rows in places)
    for of_batch, right in zip(found, wanted, strict=True):
        for g, g_right in zip(of_batch, right, strict=True):
            np.testing.assert_allclose(g, g_right, rtol=1e-12, atol=1e-15)


def masked(z, t):
    there = t > -0.5
    return ((z - t) ** 2 * there).sum() / there.sum()


def by_class(z, t):
    return nn.cross_entropy(z, t, weight=np.linspace(1, 20, 3))


def regression(z, t):
    return nn.squared_error(z[:, 0], t)


class Pair(nn.Module):
    """A model with two outputs, of which one has the samples last."""

    def __init__(self):
        self.layer = nn.Linear(4, 3, rng=0)

    def forward(self, x):
        z = self.layer(x)
        return z, z.T


def of_data(loss, model=None, labels=True, weighted=False, size=2):
    """Judges a loss on data of which the first batch says nothing: inputs and numbers are 0, and so are weights."""
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(300, 4)), rng.normal(size=300)
    x[:32] = t[:32] = 0
    y = rng.choice(3, 300, p=[0.01, 0.19, 0.8]) if labels else t
    if model is None:
        model = nn.Sequential(nn.Linear(4, 3, rng=0))
        for p in model.parameters():
            p.data[...] = 0  # says ln 3 of all
    arrays = (x, y, np.repeat([0.0, 1.0], [32, 268])) if weighted else (x, y)
    optimizer, before = nn.SGD(model.parameters(), 0.1), {n: p.data.tobytes() for n, p in model.named_parameters()}
    try:
        share(0, size, model, optimizer, *arrays).judge(loss, None)
    finally:
        assert before == {n: p.data.tobytes() for n, p in model.named_parameters()}
        assert all(p.grad is None for p in model.parameters())


NOISE = np.random.default_rng(0)
NO_MEANS = {
    "weights by class": dict(loss=by_class),
    "weights by class, float32": dict(loss=by_class, model=nn.Sequential(nn.Linear(4, 3, rng=0, dtype=np.float32))),
    "of what is there": dict(loss=lambda z, t: masked(z[:, 0], t), labels=False),
    "the root of a mean": dict(loss=lambda z, t: regression(z, t) ** 0.5, labels=False),
    "a sum": dict(loss=lambda z, t: regression(z, t) * len(t), labels=False),
    "of the hardest 16": dict(loss=lambda z, t: np.sort((z[:, 0] - t) ** 2)[-16:].mean(), labels=False),
    "a sum with weights": dict(loss=lambda z, t, sample_weight: nn.cross_entropy(z, t, sample_weight=sample_weight)
                               * sample_weight.sum(), weighted=True),
}  # fmt: skip
MEANS = {
    "of samples": dict(loss=nn.cross_entropy),
    "with weights": dict(loss=nn.cross_entropy, weighted=True),
    "near 0": dict(loss=lambda z, t: (z[:, 0] * t).mean() * 1e-17, labels=False),
    "of two outputs": dict(loss=lambda z, t: nn.cross_entropy(z[0], t) + (z[1] ** 2).mean(), model=Pair()),
    "float32": dict(loss=nn.cross_entropy, model=nn.MLP(4, 9, 3, rng=0, dtype=np.float32)),
    "infinite": dict(loss=lambda z, t: np.exp(1e4 * z[:, 0] ** 2).mean(), labels=False),
    "of shares that are no single sample": dict(loss=lambda z, t: regression(z[:, :1].squeeze()[:, None], t), labels=False),
    "in float32": dict(loss=lambda z, t: regression(z.astype(np.float32), t.astype(np.float32)), labels=False),
    "noise": dict(loss=lambda z, t: nn.cross_entropy(z + NOISE.normal(size=z.shape), t)),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_MEANS)
def test_a_loss_that_is_no_mean_is_refused(name):
    with pytest.raises(ValueError, match="loss: expected a mean over samples"):
        of_data(**NO_MEANS[name])


@pytest.mark.parametrize("name", MEANS)
def test_a_loss_that_is_a_mean_is_taken(name):
    of_data(**MEANS[name])


def test_of_a_model_that_fits_roundings_are_no_reason():
    rng = np.random.default_rng(0)
    x, model = rng.normal(size=(300, 8)).astype(np.float32), nn.Linear(8, 1, rng=0, dtype=np.float32)
    t = (x.astype(float) @ model.weight.data.T.astype(float) + model.bias.data).astype(np.float32)
    share(0, 2, model, nn.SGD(model.parameters(), 0.1), x, t, batch_size=150).judge(nn.mean_squared_error, None)


def test_a_batch_is_no_smaller_than_a_model_needs():
    norm = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 3, rng=0))
    of_data(nn.cross_entropy, norm, size=6)  # 300 = 9 * 32 + 12
    with pytest.raises(ValueError, match="a batch of 12 samples leaves one of 7 .* less than 14, as with drop_last"):
        of_data(nn.cross_entropy, norm, size=7)
    of_data(nn.cross_entropy, nn.Sequential(nn.Linear(4, 3, rng=0)), size=7)


def test_what_ranks_do_otherwise_is_agreed_and_children_train_by_themselves(mpiexec, tmp_path):
    run = mpiexec(2, RANKS, "agreed", tmp_path)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_only_rank_0_warns_and_says_where_fit_was_called(mpiexec, tmp_path):
    run = mpiexec(2, RANKS, "warned", tmp_path)
    assert run.returncode == 0
    assert run.stderr.count("UserWarning: fit goes on without a recorded step") == 1
    assert run.stderr.startswith(str(RANKS))
    with pytest.warns(UserWarning, match="fit goes on without") as warned:
        nn.fit(nn.MLP(1, 1), [[1.0]], [[1.0]], epochs=1, progress=False, compile=True,
               loss=lambda z, t: nn.squared_error(z, t) * float(1 + 0 * z.data.sum()))  # fmt: skip
    assert warned[0].filename == __file__


def test_without_mpi4py_or_with_another_mpi_it_is_said_what_to_do(tmp_path):
    code = "import sys; sys.modules['mpi4py'] = None; import nn; nn.fit(nn.MLP(1, 1), [[1.0]], [[1.0]], epochs=1)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT | {"PMI_SIZE": "2"}
    )
    assert run.returncode
    assert "pip install '.[mpi]' in the folder of glassgrad" in run.stderr.splitlines()[-1]
    assert run.stderr.splitlines()[-1].endswith("where no mpiexec has, unset PMI_SIZE")
    run = subprocess.run([sys.executable, "-m", "nn", "train"], capture_output=True, text=True,
                         env=ENVIRONMENT | {"OMPI_COMM_WORLD_SIZE": "2"})  # fmt: skip
    assert run.returncode == 2
    assert run.stderr.splitlines()[-1].startswith(
        "error: mpiexec has started this process as one of several, and mpi4py"
    )
    run = subprocess.run([sys.executable, "-m", "nn", "train"], capture_output=True, text=True,
                         env=ENVIRONMENT | {"PMI_SIZE": "2", "PMI_RANK": "0", "PMI_FD": "99"})  # fmt: skip
    assert run.returncode == 2
    assert run.stderr.endswith("is not there; where no mpiexec has, unset PMI_SIZE PMI_FD PMI_RANK\n")


def test_importing_nn_loads_no_mpi():
    code = "import nn, sys; print([m for m in sys.modules if 'mpi4py' in m], nn.parallel.world().size)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT)
    assert run.stdout == "[] 1\n"
