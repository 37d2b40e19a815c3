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
from nn.shares import Shares

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
    """Runs Python in several processes; skips where that cannot be: what needs none is tested all the same."""
    beside = Path(sys.executable).with_name("mpiexec")
    command = str(beside) if beside.exists() else shutil.which("mpiexec")
    if command is None or importlib.util.find_spec("mpi4py") is None:
        pytest.skip("needs mpi4py and an mpiexec: pip install 'glassgrad[mpi]'")

    def run(n, *arguments, timeout=60, **environment):
        return subprocess.run([command, "-n", str(n), sys.executable, *map(str, arguments)], capture_output=True, text=True,
                              timeout=timeout, env=ENVIRONMENT | environment)  # fmt: skip

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
    "architecture": (1, "ValueError: this process does not train what rank 0 trains: parameter 0.weight is float64 "
                        "(25, 64), and on rank 0 float64 (24, 64); parameter 0.bias is", "on rank 1 of 2"),
    "bad_for_all": (1, "ValueError: x: expected finite numbers, got nan in row 0", "on rank 0 of 2"),
    "nan": (1, "ValueError: the gradient of b1 has NaN or infinite entries; nothing was changed", "on rank 1 of 2"),
    "killed": (-9, "", ""),
    "interrupted": (130, "KeyboardInterrupt", "on rank 1 of 2"),
    "caught": (1, "", ""),
    "diverged": (1, "ValueError: this process does not train what rank 0 trains: the checksum of 0.weight",
                 "a function in callbacks"),
    "rate": (1, "ValueError: this process does not train what rank 0 trains: the learning rate of optimizer 0 is 0.001, "
                "and on rank 0 0.5; is it changed by a function in callbacks", "on rank 1 of 2"),
    "summed": (1, "ValueError: loss: expected a mean over samples", "of 32 samples it is 77"),
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
    assert said.count("Traceback") == (case not in ("killed", "caught"))
    if case in ("killed", "interrupted", "caught", "nan"):  # they had come far enough for one
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
    for wrong in (("--optimiser", "adam"), ("--lr", "1e30")):
        run = mpiexec(2, *train, *wrong)
        assert (run.returncode, run.stderr.count("error: ")) == ({"--lr": 1}.get(wrong[0], 2), 1)


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("weights", [None, [1, 0, 2, 0, 0, 0, 3], [0, 0, 0, 0, 0, 0, 1]])
def test_the_parts_make_the_whole(size, weights):
    model = nn.MLP(1, 1)
    for n in range(1, 8):
        batch = np.arange(n)[:, None], np.arange(n), *([] if weights is None else [np.array(weights[-n:])])
        parts = []
        for rank in range(size):
            world = World()
            world.rank, world.size = rank, size
            parts.append(Shares(world, model, nn.SGD(model.parameters(), 0.1), nn.DataLoader(*batch)).part(batch, n))
        assert sum(part.rows for part in parts) == n
        assert sorted(part.rows for part in parts)[-1] - min(part.rows for part in parts) <= 1
        assert np.concatenate([part.arrays[1][: part.rows] for part in parts]).tolist() == [*range(n)]
        assert sum(part.much for part in parts) == (n if weights is None else sum(weights[-n:]))
        assert all(part.share == part.much / n for part in parts)
        assert all(len(part.arrays[0]) and part.arrays[-1].any() for part in parts if weights)  # something to compute


def test_without_mpi4py_or_with_another_mpi_it_is_said_what_to_do(tmp_path):
    code = "import sys; sys.modules['mpi4py'] = None; import nn; nn.fit(nn.MLP(1, 1), [[1.0]], [[1.0]], epochs=1)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT | {"PMI_SIZE": "2"}
    )
    assert run.returncode
    assert "pip install 'glassgrad[mpi]'" in run.stderr.splitlines()[-1]
    run = subprocess.run([sys.executable, "-m", "nn", "train"], capture_output=True, text=True,
                         env=ENVIRONMENT | {"OMPI_COMM_WORLD_SIZE": "2"})  # fmt: skip
    assert run.returncode == 2
    assert run.stderr.splitlines()[-1].startswith(
        "error: mpiexec has started this process as one of several, and mpi4py"
    )


def test_importing_nn_loads_no_mpi():
    code = "import nn, sys; print([m for m in sys.modules if 'mpi4py' in m], nn.parallel.world().size)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT)
    assert run.stdout == "[] 1\n"
