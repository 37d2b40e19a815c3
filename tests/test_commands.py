"""The command line: real digits, irises and tables, the files that it writes, and what happens when things go wrong."""

import csv
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numeric import posix

import nn
from nn.__main__ import main

ROOT = Path(__file__).parents[1]
SPECIES = ["setosa", "versicolor", "virginica"]


def run(*args, **kwargs):
    command = [sys.executable, "-W", "error", "-m", "nn", *map(str, args)]
    env = {**os.environ, **kwargs.pop("env", {})}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=ROOT, **kwargs)


def read(path):
    return list(csv.DictReader(path.read_text().splitlines()))


FILES = ["backward.svg", "checkpoint.safetensors", "history.csv", "training.svg", "weights.safetensors"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "deep" / "digits"
    done = run("train", "--epochs", 3, "--layers", "64/32/10", "--out", out, env={"PYTHONHASHSEED": "1"})
    assert done.returncode == 0, done.stderr
    return out, done


def test_the_main_job_prints_tables_and_writes_its_files(trained):
    out, done = trained
    assert sorted(os.listdir(out)) == FILES
    assert "1438 samples to train on, 359 to test" in done.stdout
    assert "0     Linear(64 -> 32)  (1, 32)       2,080" in done.stdout
    assert "2,410 parameters in 9.6 kB" in done.stdout
    assert "test accuracy 9" in done.stdout
    assert "true \\ taken for  0  1  2" in done.stdout
    assert all(f"wrote {out / name}" in done.stdout for name in FILES)
    assert "loss 0." in done.stderr
    model = nn.MLP(64, 32, 10, output="softmax", dtype=np.float32)
    nn.load(out / "weights.safetensors", model)
    rows = read(out / "history.csv")
    assert float(rows[-1]["val_accuracy"]) == nn.evaluate(model, *nn.datasets.digits(dtype=np.float32)[1])["accuracy"]
    for name in ("training.svg", "backward.svg"):
        text = "".join(ElementTree.parse(out / name).getroot().itertext())
        assert len(text) > 30


def test_the_same_seed_gives_the_same_files(trained, tmp_path):
    out, _ = trained
    run("train", "--epochs", 3, "--layers", "64/32/10", "--out", tmp_path, env={"PYTHONHASHSEED": "2"})
    for name in FILES:
        assert (out / name).read_bytes() == (tmp_path / name).read_bytes(), name
    other = tmp_path / "other"
    run("train", "--epochs", 3, "--layers", "64/32/10", "--seed", 1, "--out", other)
    assert (out / FILES[4]).read_bytes() != (other / FILES[4]).read_bytes()


@posix
def test_an_interrupted_run_leaves_the_last_complete_weights(tmp_path):
    command = [sys.executable, "-m", "nn", "train", "--epochs", "100000", "--out", str(tmp_path)]
    hears = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # also where the tests run in the background
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=hears
    )
    for _ in range(300):
        if (tmp_path / "history.csv").exists() and len((tmp_path / "history.csv").read_text().splitlines()) > 3:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted: " in err
    assert "Traceback" not in err
    model = nn.MLP(64, 64, 10, output="softmax", dtype=np.float32)
    nn.load(tmp_path / "weights.safetensors", model)
    assert f"{tmp_path / 'weights.safetensors'} holds the weights of the last complete epoch" in err
    last = read(tmp_path / "history.csv")[-1]
    assert float(last["val_accuracy"]) == nn.evaluate(model, *nn.datasets.digits(dtype=np.float32)[1])["accuracy"]
    epochs = int(last["epoch"]) + 2
    straight = tmp_path / "straight"
    assert run("train", "--epochs", epochs, "--resume", "--out", tmp_path).returncode == 0
    assert run("train", "--epochs", epochs, "--out", straight).returncode == 0
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (straight / name).read_bytes(), name


@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy"])
@pytest.mark.parametrize("activation", ["tanh", "leaky_relu"])
def test_other_costs_and_activations(loss, activation, tmp_path, capsys):
    args = ["train", "--loss", loss, "--activation", activation, "--epochs", "2", "--out", str(tmp_path)]
    assert main(args) == 0
    assert "test accuracy" in capsys.readouterr().out
    plan = nn.metadata(tmp_path / "weights.safetensors")["plan"]
    assert (plan["output"], plan["loss"], plan["activation"]) == ("sigmoid", loss, activation)


@pytest.mark.parametrize(("args", "message"), [
    (["--layers", "64/10/7"], "--layers 64/10/7 does not fit the data: expected 64 inputs and 10 classes"),
    (["--layers", "64"], "expected sizes such as 64/64/10, got '64'"),
    (["--layers", "64/x/10"], "expected sizes such as"),
    (["--lr", "-1"], "expected a number >= 0, got '-1'"),
    (["--lr", "nan"], "expected a number >= 0, got 'nan'"),
    (["--momentum", "1.5"], "expected a number from 0 up, below 1, got '1.5'"),
    (["--epochs", "0"], "expected a whole number above 0, got '0'"),
    (["--batch-size", "1.5"], "expected a whole number above 0, got '1.5'"),
    (["--activation", "rleu"], "invalid choice: 'rleu'"),
    (["--loss", "hinge"], "invalid choice: 'hinge'"),
    (["--data", "nowhere"], "--data nowhere: expected digits, iris, a folder with the four MNIST files, or a .csv"),
    (["--frobnicate"], "unrecognized arguments: --frobnicate"),
    (["--patience", "3"], "--patience needs --validation"),
    (["--net", "cnn", "--data", "iris"], "--net cnn needs images of at least 4 x 4, got samples of shape (4,)"),
    (["--target", "y"], "--target and --task are of your own data"),
    (["--test", "1"], "expected a share above 0 and below 1, got '1'"),
    (["--clip-norm", "0"], "clip_norm: expected a number above 0"),
    (["--out", "README.md"], "--out README.md: expected a folder, but this is a file"),
    (["--seed", "-1"], "expected a whole number >= 0, got '-1'"),
])  # fmt: skip
def test_bad_options_exit_with_2_and_a_sentence(args, message, tmp_path):
    out = [] if "--out" in args else ["--out", tmp_path / "out"]
    done = run("train", *args, *out)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_training_that_diverges_exits_with_1(tmp_path):
    done = run("train", "--lr", "1e30", "--out", tmp_path)
    assert done.returncode == 1
    assert "error: the loss became" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_every_option_and_its_default():
    text = run("train", "--help", env={"COLUMNS": "200"}).stdout
    for option in ("--data", "--layers", "--activation", "--loss", "--epochs", "--batch-size", "--lr", "--momentum",
                   "--seed", "--out", "--resume", "--optimizer", "--schedule", "--patience"):  # fmt: skip
        assert option in text
    assert "passes over the training set (default: 40)" in text
    assert "None" not in text
    assert run().returncode == 2


def test_without_the_extras_the_run_says_what_it_skipped(tmp_path):
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    for name in ("matplotlib", "pygraphviz"):
        (blocked / f"{name}.py").write_text("raise ImportError('not here')")
    empty = tmp_path / "bin"
    empty.mkdir()
    done = run("train", "--epochs", 1, "--out", tmp_path / "out", env={"PYTHONPATH": str(blocked), "PATH": str(empty)})
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    assert f"skipped {out / 'training.svg'}: plots need matplotlib: pip install 'glassgrad[plot]'" in done.stdout
    assert f"skipped {out / 'backward.svg'}: drawing needs Graphviz: `pip install 'glassgrad[draw]'`" in done.stdout
    assert sorted(os.listdir(tmp_path / "out")) == ["checkpoint.safetensors", "history.csv", "weights.safetensors"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A folder of tables: irises with their names, y = 1000 a - 400 b + 30000 exactly, and a net trained on each."""
    folder = tmp_path_factory.mktemp("tables")
    (x, y), (x_test, y_test) = nn.datasets.iris()
    with (folder / "iris.csv").open("w") as file:
        file.write("sl,sw,pl,pw,species\n")
        for row, label in zip(np.concatenate([x, x_test]), np.concatenate([y, y_test]), strict=True):
            file.write(f"{','.join(map(str, row))},{SPECIES[label]}\n")
    rows = np.random.default_rng(0).normal(size=(200, 2))
    with (folder / "plane.csv").open("w") as file:
        file.write("a,b,price\n")
        file.writelines(f"{a:.6f},{b:.6f},{1000 * a - 400 * b + 30000:.6f}\n" for a, b in rows)
    done = run("train", "--data", folder / "iris.csv", "--target", "species", "--optimizer", "adamw", "--lr", 0.01,
               "--schedule", "cosine", "--dropout", 0.1, "--clip-norm", 1, "--validation", 0.2, "--patience", 10,
               "--out", folder / "iris")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "96 samples to train on, 30 to test" in done.stdout
    assert "true \\ taken for     setosa versicolor  virginica" in done.stdout
    done = run("train", "--data", folder / "plane.csv", "--layers", "2/1", "--epochs", 60, "--out", folder / "plane")
    assert done.returncode == 0, done.stderr
    assert "test R² 1.0000" in done.stdout
    return folder


def test_evaluate_says_how_often_a_net_is_right(trained, tables):
    done = run("evaluate", trained[0] / FILES[4], "--data", "digits")
    model = nn.MLP(64, 32, 10, output="softmax", dtype=np.float32)
    nn.load(trained[0] / FILES[4], model)
    x, y = nn.datasets.digits(dtype=np.float32)[1]
    taken = model(x).data.argmax(1)
    assert done.returncode == 0, done.stderr
    assert f"accuracy {(taken == y).mean():.2%}" in done.stdout
    lines = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line}
    hits = ((taken == 8) & (y == 8)).sum()
    assert lines["8"][:2] == [f"{hits / (taken == 8).sum():.4f}", f"{hits / (y == 8).sum():.4f}"]
    done = run("evaluate", tables / "iris" / FILES[4], "--data", tables / "iris.csv")
    assert "150 samples" in done.stdout
    assert float(done.stdout.split("accuracy ")[1].split("%")[0]) > 90
    done = run("evaluate", tables / "plane" / FILES[4], "--data", tables / "plane.csv")
    assert "R² 1.0000" in done.stdout
    assert float(done.stdout.split("mean absolute error ")[1]) < 5


def test_predict_writes_a_line_for_each_sample(tables, tmp_path):
    text = (tables / "iris.csv").read_text()
    weights = tables / "iris" / FILES[4]
    done = run("predict", weights, "--data", tables / "iris.csv", "--out", tmp_path / "p.csv")
    assert (done.returncode, done.stdout) == (0, f"wrote {tmp_path / 'p.csv'}\n"), done.stderr
    rows = read(tmp_path / "p.csv")
    assert [*rows[0]] == ["species", *(f"p({name})" for name in SPECIES)]
    for row in rows:
        p = [float(row[f"p({name})"]) for name in SPECIES]
        assert sum(p) == pytest.approx(1, abs=1e-5)
        assert row["species"] == SPECIES[int(np.argmax(p))]
    true = [line.split(",")[-1] for line in text.splitlines()[1:]]
    assert np.mean([row["species"] == name for row, name in zip(rows, true, strict=True)]) > 0.9
    turned = "\n".join(",".join([*line.split(",")[3::-1], "x"]) for line in text.splitlines())  # no target, other order
    assert run("predict", weights, "--data", "-", input=turned).stdout == (tmp_path / "p.csv").read_text()


def test_numbers_are_predicted_in_their_own_unit(tables):
    table = "b,a\n0,0\n0,1\n1,0\n"
    done = run("predict", tables / "plane" / FILES[4], "--data", "-", input=table)
    name, *values = done.stdout.split()
    assert name == "price"
    np.testing.assert_allclose([float(value) for value in values], [30000, 31000, 29600], atol=5)


def test_explain_writes_the_formulas_and_the_page_of_a_sample(tables, trained, tmp_path):
    done = run("explain", trained[0] / FILES[4], "--data", "digits", "--sample", 3, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    label = nn.datasets.digits()[1][1][3]
    assert done.stdout.startswith("sample 3 of digits: the net says ")
    assert f"true is {label}\n" in done.stdout
    assert "dC/dz2 = softmax(z2) - onehot(t)" in done.stdout
    assert sorted(os.listdir(tmp_path)) == ["backward.html", "formulas.md", "formulas.txt"]
    assert (tmp_path / "formulas.txt").read_text() in done.stdout
    assert "<html" in (tmp_path / "backward.html").read_text()
    done = run("explain", tables / "plane" / FILES[4], "--data", tables / "plane.csv", "--sample", 7, "--out", tmp_path)
    price = float((tables / "plane.csv").read_text().splitlines()[8].split(",")[-1])
    said, true = (float(done.stdout.split(word)[1].split()[0].rstrip(",")) for word in ("says ", "true is "))
    assert true == pytest.approx(price, rel=1e-5)
    assert said == pytest.approx(price, abs=5)


def test_the_same_table_and_seed_give_the_same_files(tables, tmp_path):
    options = ["--data", tables / "iris.csv", "--epochs", 3, "--dropout", 0.2, "--optimizer", "adam"]
    for name, hashes in (("a", "1"), ("b", "2")):
        assert run("train", *options, "--out", tmp_path / name, env={"PYTHONHASHSEED": hashes}).returncode == 0
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_a_training_with_dropout_and_patience_goes_on_to_the_same_bits(tables, tmp_path):
    options = ["--data", tables / "iris.csv", "--dropout", 0.2, "--optimizer", "adam", "--validation", 0.2,
               "--patience", 50, "--schedule", "plateau"]  # fmt: skip
    assert run("train", *options, "--epochs", 9, "--out", tmp_path / "a").returncode == 0
    assert run("train", *options, "--epochs", 4, "--checkpoint-every", 3, "--out", tmp_path / "b").returncode == 0
    assert run("train", *options, "--epochs", 9, "--resume", "--out", tmp_path / "b").returncode == 0
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    done = run("train", *options, "--seed", 1, "--resume", "--out", tmp_path / "b")
    assert done.returncode == 2
    assert "cannot go on with other things: data was" in done.stderr


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adagrad", "rmsprop"])
@pytest.mark.parametrize("schedule", ["linear", "warmup", "step", "exponential"])
def test_optimizers_and_schedules_learn_irises(optimizer, schedule, tmp_path):
    args = ["--optimizer", optimizer, "--schedule", schedule, "--scale", "minmax", "--lr", "0.02", "--epochs", "20"]
    assert main(["train", "--data", "iris", *args, "--out", str(tmp_path)]) == 0
    losses = [float(row["loss"]) for row in read(tmp_path / "history.csv")]
    assert losses[-1] < 0.9 * losses[0]


def test_convolutions_of_images(tmp_path, capsys):
    assert main(["train", "--net", "cnn", "--epochs", "2", "--out", str(tmp_path)]) == 0
    assert main(["evaluate", str(tmp_path / FILES[4]), "--data", "digits"]) == 0
    out = capsys.readouterr().out
    trained, again = (text.split("%")[0] for text in out.split("accuracy ")[1:])
    assert trained == again
    assert float(again) > 85
    assert "Conv2d(1 -> 6" in out


def test_arrays_in_a_npz_file(tmp_path, capsys):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 2, 3))
    np.savez(tmp_path / "classes.npz", x=x, y=(x[:, 0, 0] > 0).astype(int))
    np.savez(tmp_path / "numbers.npz", x=x, y=x[:, 0, 0] + 5)
    for name, word in (("classes", "accuracy"), ("numbers", "R²")):
        data, out = ["--data", str(tmp_path / f"{name}.npz")], tmp_path / name
        assert main(["train", *data, "--out", str(out)]) == 0
        assert main(["evaluate", str(out / FILES[4]), *data]) == 0
        assert word in capsys.readouterr().out
        assert main(["predict", str(out / FILES[4]), *data]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 121
    assert main(["evaluate", str(tmp_path / "classes" / FILES[4]), "--data", str(tmp_path / "numbers.npz")]) == 2
    assert "expected whole numbers as labels, got float64" in capsys.readouterr().err


@pytest.mark.parametrize(("command", "message"), [
    (["train", "--data", "iris.csv", "--target", "specie"], "unknown target 'specie': did you mean 'species'?"),
    (["train", "--data", "text.csv"], "text.csv: line 3, column 'a': expected a number, got 'two'"),
    (["train", "--data", "gone.csv"], "there is no file at"),
    (["train", "--data", "gone.npz"], "there is no file at"),
    (["train", "--data", "iris.csv", "--task", "regression"], "line 2, column 'species': expected a number, got 'set"),
    (["train", "--data", "plane.csv", "--loss", "cross_entropy"], "--loss cross_entropy is of classes"),
    (["train", "--data", "plane.csv", "--layers", "2/8/3"], "does not fit the data: expected 2 inputs and 1 output"),
    (["evaluate", "gone.safetensors", "--data", "digits"], "there is no file of weights at"),
    (["evaluate", "cut.safetensors", "--data", "digits"], "is not a readable safetensors file, or is damaged"),
    (["evaluate", "bare.safetensors", "--data", "digits"], "does not say which net its weights are of"),
    (["evaluate", "iris/weights.safetensors", "--data", "digits"],
     "--data digits has samples of shape (64,), and the net takes (4,)"),
    (["evaluate", "iris/weights.safetensors", "--data", "plane.csv"], "unknown target 'species'"),
    (["evaluate", "iris/weights.safetensors", "--data", "other.csv"], "unknown class 'setoza': did you mean 'setosa'?"),
    (["predict", "iris/weights.safetensors", "--data", "plane.csv"], "unknown column 'sl'"),
    (["predict", "plane/weights.safetensors", "--data", "text.csv"], "line 3, column 'a': expected a number, got 'two'"),
    (["predict", "iris/weights.safetensors", "--data", "iris.csv", "--out", "gone.folder/p.csv"], "could not write"),
    (["explain", "iris/weights.safetensors", "--data", "iris.csv", "--sample", "150"], "has 150 samples, 0 to 149"),
])  # fmt: skip
def test_bad_files_exit_with_2_and_a_sentence(command, message, tables, tmp_path):
    (tables / "text.csv").write_text("a,b,price\n1,2,3\ntwo,2,3\n")
    (tables / "other.csv").write_text("sl,sw,pl,pw,species\n5.1,3.5,1.4,0.2,setoza\n")
    (tables / "cut.safetensors").write_bytes((tables / "iris" / FILES[4]).read_bytes()[:-9])
    nn.save({"weight": np.ones(3)}, tables / "bare.safetensors")
    files = [str(tables / word) if "." in word and not word.startswith("-") else word for word in command]
    done = run(*files, *(["--out", tmp_path] if command[0] == "train" else []))
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")


def test_whoever_reads_may_stop(tables):
    weights = tables / "iris" / FILES[4]
    command = [sys.executable, "-m", "nn", "predict", str(weights), "--data", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=ROOT) as process:
        process.stdout.close()
        process.stdin.write(b"sl,sw,pl,pw\n" + b"5.1,3.5,1.4,0.2\n" * 10)
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 141
