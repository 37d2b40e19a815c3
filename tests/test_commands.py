"""The command line: real digits, irises and tables, the files that it writes, and what happens when things go wrong."""

import csv
import os
import re
import signal
import subprocess
import sys
import time
import tracemalloc
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numeric import posix

import nn
from nn.__main__ import main
from nn.commands.nets import restored

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
    assert float(rows[-1]["test_accuracy"]) == nn.evaluate(model, *nn.datasets.digits(dtype=np.float32)[1])["accuracy"]
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
    last = read(tmp_path / "history.csv")[-1]
    told = f"{tmp_path / 'weights.safetensors'} holds the weights of the last complete epoch, {last['epoch']}; --resume goes"
    assert told in err
    assert float(last["test_accuracy"]) == nn.evaluate(model, *nn.datasets.digits(dtype=np.float32)[1])["accuracy"]
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
    (["--lr", "-1"], "expected a number above 0, got '-1'"),
    (["--lr", "nan"], "expected a number above 0, got 'nan'"),
    (["--lr", "0"], "expected a number above 0, got '0'"),
    (["--momentum", "0.5"], "--momentum is of --optimizer momentum and nesterov, and this one is adam"),
    (["--weight-decay", "-1"], "expected a number >= 0, got '-1'"),
    (["--momentum", "1.5"], "expected a number from 0 up, below 1, got '1.5'"),
    (["--epochs", "0"], "expected a whole number above 0, got '0'"),
    (["--batch-size", "1.5"], "expected a whole number above 0, got '1.5'"),
    (["--activation", "rleu"], "invalid choice: 'rleu'"),
    (["--loss", "hinge"], "invalid choice: 'hinge'"),
    (["--data", "nowhere"], "--data nowhere: expected digits, iris, a folder with the four MNIST files, or a .csv"),
    (["--frobnicate"], "unrecognized arguments: --frobnicate"),
    (["--patience", "3"], "--patience needs --validation"),
    (["--net", "cnn", "--data", "iris"], "--net cnn needs images of at least 4 x 4, got samples of shape (4,)"),
    (["--target", "y"], "--target is of tables, and --data digits has arrays"),
    (["--test", "1"], "expected a share above 0 and below 1, got '1'"),
    (["--clip-norm", "0"], "--clip-norm: expected a number above 0, got '0'"),
    (["--out", "README.md"], "--out README.md: expected a folder, but this is a file"),
    (["--seed", "-1"], "expected a whole number >= 0, got '-1'"),
])  # fmt: skip
def test_bad_options_exit_with_2_and_a_sentence(args, message, tmp_path):
    out = [] if "--out" in args else ["--out", tmp_path / "out"]
    done = run("train", *args, *out)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_training_that_diverges_exits_with_1(tmp_path):
    for more in ("", f"; {tmp_path} still holds the earlier run"):
        done = run("train", "--data", "iris", "--lr", "1e30", "--out", tmp_path)
        assert done.returncode == 1
        assert re.search(
            r"^error: the loss became .*: try a smaller --lr, such as 0.003, and look for extreme", done.stderr
        )
        assert done.stderr.endswith(f"in the data{more}\n")
        assert run("train", "--data", "iris", "--epochs", 1, "--out", tmp_path).returncode == 0


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
    (folder / "iris.txt").write_text(done.stdout)
    assert "true \\ taken for     setosa versicolor  virginica" in done.stdout
    done = run("train", "--data", folder / "plane.csv", "--layers", "2/1", "--lr", 0.02, "--epochs", 60,
               "--out", folder / "plane")  # fmt: skip
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
    assert "30 samples, those for the test, of 150: the net was trained on the others" in done.stdout
    told = [text.split("accuracy ")[1].split("%")[0] for text in (done.stdout, (tables / "iris.txt").read_text())]
    assert told[0] == told[1]
    lines = (tables / "iris.csv").read_text().splitlines(keepends=True)
    done = run("evaluate", tables / "iris" / FILES[4], "--data", "-", input="".join(lines[:100]))
    assert "99 samples, all that there are: not the data that the net was trained with" in done.stdout
    done = run("evaluate", tables / "plane" / FILES[4], "--data", tables / "plane.csv")
    assert "R² 1.0000" in done.stdout
    assert re.search(r"loss \S+ \(mean_squared_error of z, where price = 2\d{4}\.?\d* \+ \d+\.?\d* z\)", done.stdout)
    root, mean = (float(done.stdout.split(f"{name} error ")[1].split()[0]) for name in ("square", "absolute"))
    assert mean <= root < 5


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
    assert run("train", *options, "--epochs", 4, "--out", tmp_path / "b").returncode == 0
    assert run("train", *options, "--epochs", 9, "--resume", "--out", tmp_path / "b").returncode == 0
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    done = run("train", *options, "--seed", 1, "--resume", "--out", tmp_path / "b")
    assert done.returncode == 2
    assert done.stderr == "error: --resume goes on with the same options only: --seed was 0, is 1\n"


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
    (["train", "--data", "iris.csv", "--target", "specie"], "iris.csv has no target 'specie': did you mean 'species'?"),
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
    (["evaluate", "iris/weights.safetensors", "--data", "plane.csv"], "plane.csv has no target 'species'"),
    (["evaluate", "iris/weights.safetensors", "--data", "other.csv"],
     "other.csv: line 2, column 'species': expected one of setosa, versicolor, virginica, got 'setoza'"),
    (["predict", "iris/weights.safetensors", "--data", "plane.csv"], "plane.csv has no column 'sl', 'sw', 'pl', 'pw': There are a, b, price"),
    (["predict", "iris/weights.safetensors", "--data", "bare.csv"], "has no header, and the net knows its columns by"),
    (["predict", "iris/weights.safetensors", "--data", "gap.csv"],
     "column 'sw': the value is missing (''), as 1 of 4 are, in 1 of 4 columns: train with --missing mean for a net"),
    (["train", "--data", "gap.csv", "--target", "pw"],
     "as 1 of 4 are, in 1 of 4 columns: say --missing drop to leave such lines out, or --missing mean"),
    (["train", "--data", "hue.csv"], "got 'red': say --categories hue if each text is a kind, --drop hue, or --target hue"),
    (["train", "--data", "one.csv"], "one.csv: column 'y' has one class only, 'u': expected two at least"),
    (["train", "--data", "flat.csv"], "flat.csv: column 'y' has one value only, 3: there is nothing to learn"),
    (["train", "--data", "rare.csv"], "column 'y': class 'rare' has 1 sample to divide by --test, and so have 1 of 2"),
    (["train", "--data", "hue.csv", "--categories", "hue", "--drop", "hue"],
     "column 'hue' cannot be dropped and be one of categories: leave it out of one of them"),
    (["train", "--data", "rare.csv", "--drop", "a"], "there is no column to learn from, beside the target and what is"),
    (["train", "--data", "digits", "--missing", "mean"], "--missing is of tables, and --data digits has arrays"),
    (["train", "--data", "last.npz", "--net", "cnn"], "got (9, 8, 8, 3): np.moveaxis(x, 3, 1) puts the channels first"),
    (["predict", "plane/weights.safetensors", "--data", "text.csv"], "line 3, column 'a': expected a number, got 'two'"),
    (["predict", "iris/weights.safetensors", "--data", "iris.csv", "--out", "iris.csv/p.csv"], "expected a folder, but this is a file"),
    (["explain", "iris/weights.safetensors", "--data", "iris.csv", "--sample", "150"], "has 150 samples, 0 to 149"),
])  # fmt: skip
def test_bad_files_exit_with_2_and_a_sentence(command, message, tables, tmp_path):
    (tables / "text.csv").write_text("a,b,price\n1,2,3\ntwo,2,3\n")
    (tables / "bare.csv").write_text("5.1,3.5,1.4,0.2\n")
    (tables / "gap.csv").write_text("sl,sw,pl,pw\n5.1,,1.4,0.2\n")
    (tables / "hue.csv").write_text("hue,a,y\nred,1,2\nblue,2,3\n")
    (tables / "one.csv").write_text("a,y\n" + "3,u\n" * 9)
    (tables / "flat.csv").write_text("a,y\n1,3\n2,3\n")
    (tables / "rare.csv").write_text("a,y\n" + "3,u\n" * 9 + "4,rare\n")
    np.savez(tables / "last.npz", x=np.zeros((9, 8, 8, 3)), y=np.arange(9) % 2)
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


@pytest.fixture
def at(tmp_path, monkeypatch, capsys):
    """A command in a folder of its own: what it returns, and what it prints."""
    monkeypatch.chdir(tmp_path)

    def at(*args, **files):
        for name, content in files.items():
            (tmp_path / f"{name}.csv").write_text(content)
        code = main([*map(str, args)])
        out, err = capsys.readouterr()
        return code, out + err

    return at


def csv_of(columns):
    return "\n".join([",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))])


def test_large_offsets_cost_no_digits(at):
    rng = np.random.default_rng(0)
    time, x = 1.7e9 + rng.uniform(0, 100, 400), rng.normal(size=400)
    late = np.where(time > 1.7e9 + 50, "yes", "no")
    _, said = at("train", "--data", "time.csv", time=csv_of({"time": time, "x": x, "late": late}))
    assert float(said.split("test accuracy ")[1].split("%")[0]) > 95
    big = csv_of({"x": x, "y": 1e9 + x})
    _, said = at("train", "--data", "big.csv", "--lr", 0.01, big=big)
    assert "test R² 0.99" in said or "test R² 1.0" in said
    _, said = at("predict", "runs/big/weights.safetensors", "--data", "big.csv")
    np.testing.assert_allclose([float(line) for line in said.split()[1:]], 1e9 + x, rtol=0, atol=0.5)


def test_nothing_of_the_test_set_is_called_validation(at):
    at("train", "--data", "iris", "--epochs", 3, "--schedule", "plateau", "--out", "a")
    assert [*read(Path("a/history.csv"))[0]] == ["epoch", "loss", "accuracy", "lr", "test_loss", "test_accuracy"]
    at("train", "--data", "iris", "--epochs", 3, "--validation", 0.2, "--out", "b")
    assert [*read(Path("b/history.csv"))[0]] == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]


def test_runs_have_the_name_of_their_data_and_tell_of_earlier_ones(at):
    table = csv_of({"a": range(40), "y": [0, 1] * 20})
    _, said = at("train", "--data", "two.csv", "--epochs", 1, two=table)
    assert "wrote runs/two/weights.safetensors" in said
    assert "earlier run" not in said
    assert "column 'y' has 2 different whole numbers, which are taken as classes: say --task regression if" in said
    assert "test accuracy" in said
    _, said = at("train", "--data", "two.csv", "--epochs", 1, "--task", "regression")
    assert "runs/two holds an earlier run, which this one replaces" in said
    assert re.search(r"and y = 0\.\d+ \+ 0\.\d+ z, of which the loss is", said)
    _, said = at("train", "--data", "few.csv", "--epochs", 1, few=csv_of({"a": range(40), "y": [1, 2, 3, 4] * 10}))
    assert "column 'y' has 4 different whole numbers, which are taken as numbers: say --task classification if" in said
    _, said = at("train", "--data", "many.csv", "--epochs", 1, many=csv_of({"a": range(40), "y": range(40)}))
    assert "whole numbers" not in said
    _, said = at("train", "--data", "none.csv", "--epochs", 1, none="1,2\n2,3\n4,4.5\n5,7\n6,1\n")
    assert "none.csv has no header: its columns are called column 1, column 2 ..." in said


def test_resume_refuses_other_options_and_missing_checkpoints(at):
    begin = ["train", "--data", "iris", "--schedule", "cosine", "--out", "r"]
    _, said = at(*begin, "--epochs", 2, "--resume")
    assert "r has no checkpoint: the training starts anew" in said
    told = "error: --resume goes on with the same options only: "
    for changed, message in [
        (["--epochs", 3], "--epochs was 2, is 3"),
        (["--epochs", 2, "--lr", 0.5], "--lr was 0.003, is 0.5"),
        (["--epochs", 2, "--optimizer", "sgd"], "--optimizer was adam, is sgd; --lr was 0.003, is 0.05"),
        (["--epochs", 2, "--layers", "4/8/3"], "--layers was not given, is 4 8 3"),
    ]:
        assert at(*begin, *changed, "--resume") == (2, f"{told}{message}\n")
    assert at(*begin, "--epochs", 2, "--resume")[0] == 0
    Path("r/checkpoint.safetensors").unlink()
    code, said = at(*begin, "--epochs", 2, "--resume")
    assert (code, "r has weights, and no checkpoint to go on from" in said) == (2, True)
    more = csv_of({"a": [*range(40)], "y": ["p", "q"] * 20})
    at("train", "--data", "t.csv", "--epochs", 1, t=more)
    code, said = at("train", "--data", "t.csv", "--epochs", 1, "--resume", t=more.replace("39", "38"))
    assert (code, said) == (2, f"{told}--data has not the samples that it had\n")


def test_missing_values_and_texts_are_remembered(at):
    rng = np.random.default_rng(0)
    a, hue = rng.normal(size=200), rng.choice(["red", "white", "rosé"], 200)
    y = np.where(a + (hue == "red") > 0.3, "p", "q")
    gappy = [value if i % 7 else "" for i, value in enumerate(a)]
    table = csv_of({"id": range(200), "hue": hue, "a": gappy, "y": y})
    for missing, samples in (("mean", 200), ("drop", 171)):
        options = ["--categories", "hue", "--drop", "id", "--missing", missing]
        code, said = at("train", "--data", "t.csv", *options, t=table)
        assert code == 0
        assert (f"{200 - samples} of 200 samples are left out: they miss values" in said) == (missing == "drop")
        test = round(samples / 5)
        assert f"{samples - test} samples to train on, {test} to test" in said
        assert float(said.split("test accuracy ")[1].split("%")[0]) > 80
        _, said = at("evaluate", "runs/t/weights.safetensors", "--data", "t.csv")
        assert f"{test} samples, those for the test, of {samples}" in said
    net = restored("runs/t/weights.safetensors")
    assert net.plan.columns == ["hue=red", "hue=rosé", "hue=white", "a"]
    code, said = at("predict", "runs/t/weights.safetensors", "--data", "n.csv", n="a,hue\n0.1,red\n")
    assert (code, said.split(",")[0]) == (0, "y")
    code, said = at("predict", "runs/t/weights.safetensors", "--data", "n.csv", n="a,hue\n0.1,green\n")
    assert (code, "line 2, column 'hue': expected one of red, rosé, white, got 'green'" in said) == (2, True)
    code, said = at("predict", "runs/t/weights.safetensors", "--data", "n.csv", n="a,hue\n,red\n")
    assert (code, "train with --missing mean" in said) == (2, True)
    at("train", "--data", "t.csv", "--categories", "hue", "--drop", 0, "--missing", "mean", "--scale", "minmax")
    net = restored("runs/t/weights.safetensors")
    mean = np.mean(net.plan.means[-1])
    _, missed = at("predict", "runs/t/weights.safetensors", "--data", "n.csv", n="a,hue\n,red\n")
    table = nn.datasets.csv("n.csv", columns=net.plan.columns, missing="nan")
    assert np.isnan(table.x).sum() == 1
    assert [f"{p:.9g}" for p in net.predict(table.x)[0]] == missed.splitlines()[1].split(",")[1:]
    assert (
        at("predict", "runs/t/weights.safetensors", "--data", "n.csv", n=f"a,hue\n{float(mean)!r},red\n")[1] == missed
    )


def test_categories_with_a_text_for_each_sample_are_remarked_upon(at):
    hues = ["red", "white"] * 100
    table = csv_of(
        {"date": [f"day {i // 2}" for i in range(200)], "dat": hues, "a": range(200), "y": [0, 1, 1, 0] * 50}
    )
    _, told = at("train", "--data", "t.csv", "--categories", "date", "dat", "--epochs", 1, t=table)
    assert ("column 'date' has 100 different texts in 200 samples, each of which becomes an input: say --drop date if it "
            "is an index or a date") in told  # fmt: skip
    assert "column 'dat'" not in told


def test_evaluate_says_how_many_samples_are_left_out(at):
    table = csv_of({"a": range(40), "y": ["p", "q"] * 20})
    at("train", "--data", "t.csv", "--missing", "drop", "--epochs", 1, t=table)
    new = "a,y\n1,p\n,q\n3,p\n?,p\n5,q\n"
    _, told = at("evaluate", "runs/t/weights.safetensors", "--data", "n.csv", n=new)
    assert "3 samples, all that miss no value: not the data that the net was trained with" in told
    assert "; 2 of 5 samples are left out: they miss values\n" in told
    _, told = at("evaluate", "runs/t/weights.safetensors", "--data", "t.csv")
    assert "left out" not in told
    code, told = at("predict", "runs/t/weights.safetensors", "--data", "n.csv")  # which has a line for each
    assert (code, "line 3, column 'a': the value is missing" in told) == (2, True)


GREEN, COLUMN = "\x1b[32mgreen\x07", "\x1b[31mB\x9b5m"


def test_names_in_files_are_no_commands_to_a_terminal(at, monkeypatch):
    table = csv_of({COLUMN: range(40), "a": [1, 2] * 20, "y": [GREEN, "q"] * 20})
    texts = [at("train", "--data", "t.csv", "--epochs", 1, t=table)[1]]
    for command in ("evaluate", "explain"):
        texts.append(at(command, "runs/t/weights.safetensors", "--data", "t.csv")[1])
    assert all(" [32mgreen " in text for text in texts)
    assert " [31mB 5m" in texts[2]
    _, predicted = at("predict", "runs/t/weights.safetensors", "--data", "t.csv")
    assert GREEN in predicted  # for a program, which takes it as it is
    with monkeypatch.context() as there:
        there.setattr(sys.stdout, "isatty", lambda: True)
        texts += [at("predict", "runs/t/weights.safetensors", "--data", "t.csv")[1]]
    np.savez("evil.npz", **{"\x1b[31mRED\nerror: all is well": np.zeros(3)})
    texts += [at("evaluate", "runs/t/weights.safetensors", "--data", "evil.npz")[1]]
    assert "evil.npz has no array 'x': there are  [31mRED error: all is well\n" in texts[-1]
    texts += [at("predict", "runs/t/weights.safetensors", "--data", "n.csv", n="a\x1b[0m,b\n1,2\n")[1]]
    assert not {c for text in texts for c in text if not c.isprintable()} - {"\n"}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The weights of a net for two columns and two classes, beside its table."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "t.csv").write_text(csv_of({"a": range(40), "b": range(40), "y": ["p", "q"] * 20}))
    assert main(["train", "--data", str(folder / "t.csv"), "--epochs", "1", "--out", str(folder)]) == 0
    return folder / FILES[4]


@pytest.mark.parametrize("change", [
    {"sizes": [2, 12000, 12000, 2]}, {"sizes": [2]}, {"sizes": []}, {"sizes": ["2", 64, 2]}, {"sizes": 7},
    {"sample": 7}, {"sample": [12000]}, {"sample": ["2"]}, {"net": "cnn"},
    {"net": "cnn", "sample": [1 << 40, 4, 4], "sizes": [16 << 40, 2]}, {"net": "cnn", "sample": [2, 1, 1]},
    {"classes": 5}, {"classes": ["p"]}, {"classes": []}, {"columns": ["a"]}, {"columns": [1, 2]}, {"columns": {}},
    {"inputs": 7}, {"inputs": [[0, 0]]}, {"inputs": [[0, 0, 0], [1, 1, 1]]}, {"inputs": [["a", "b"], [1, 1]]},
    {"inputs": [[0, [0]], [1, 1]]}, {"means": [1]}, {"means": "12"}, {"means": [None, None]}, {"unit": []},
    {"unit": [0, 1, 2]}, {"unit": ["a", 1]}, {"missing": "mend"}, {"missing": []}, {"test": "0.2"}, {"seed": None},
    {"target": 3}, {"activation": "relu2"}, {"activation": []}, {"output": "x"}, {"loss": "x"}, {"dropout": 7.0},
    {"digest": 1},
])  # fmt: skip
def test_weights_that_describe_another_net_are_refused(change, small, at):
    arrays, about = nn.load(small), nn.metadata(small)
    nn.save(arrays, "w.safetensors", about | {"plan": about["plan"] | change})
    tracemalloc.start()
    code, told = at("evaluate", "w.safetensors", "--data", small.parent / "t.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (code, told.count("\n")) == (2, 1)
    assert told.startswith("error: w.safetensors: what it says of its net is damaged: ")
    assert peak < 10e6


def test_explain_without_a_target_names_the_columns(at, tables):
    weights = tables / "plane" / FILES[4]
    code, said = at("explain", weights, "--data", "n.csv", n="b,a\n0.5,-2\n")
    assert code == 0
    assert "the net says 27" in said
    assert "true is" not in said
    assert re.search(r"a +-2 +x\[0\] = -\d.*\n +b +0.5 +x\[1\] = ", said)
    assert re.search(r"price = 2\d{4}.* \+ .* z, where z is what the net computes", said)


def test_explain_without_a_target_says_what_is_derived(at, tables):
    weights = tables / "iris" / FILES[4]
    _, told = at("explain", weights, "--data", "n.csv", n="sl,sw,pl,pw\n5.1,3.5,1.4,0.2\n")
    assert told.startswith("sample 0 of n.csv: the net says setosa (")
    assert re.search(r"\nC is the net's value for setosa, before the softmax\n(.*\n)* +C = z2\[0, 0\]", told)


def test_the_weights_in_python(tables):
    for name in ("iris", "plane"):
        table = nn.datasets.csv(tables / f"{name}.csv", -1)
        net = restored(tables / name / FILES[4])
        said = net.predict(table.x)
        printed = run("predict", tables / name / FILES[4], "--data", tables / f"{name}.csv").stdout.splitlines()[1:]
        columns = np.array([[float(x) for x in line.split(",")[len(net.plan.classes) > 0 :]] for line in printed])
        np.testing.assert_array_equal(said, columns.astype(said.dtype))
        assert not net.model.training
    with pytest.raises(ValueError, match=r"expected samples of shape \(2,\), one a row, got x of shape \(3, 4\)$"):
        net.predict(np.zeros((3, 4)))
    with pytest.raises(ValueError, match=r"one a row, got x of shape \(2,\): one sample is x\[None\]"):
        net.predict(np.zeros(2))


def test_patience_says_what_it_kept(at):
    _, said = at("train", "--data", "iris", "--validation", 0.3, "--patience", 2, "--lr", 0.05, "--epochs", 200)
    rows = read(Path("runs/iris/history.csv"))
    best = min(rows, key=lambda row: float(row["val_loss"]))
    kept = f"{len(rows)} epochs were made; val_loss was lowest, {float(best['val_loss']):.6g}, in epoch {best['epoch']}"
    assert len(rows) < 200
    assert f"{kept}, whose weights are kept" in said


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "rmsprop", "adagrad", "sgd", "momentum", "nesterov"])
def test_usual_rates_learn_noisy_numbers(optimizer, at):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(350, 10)) * 10.0 ** np.arange(-4, 6) + 100
    z = (x - x.mean(0)) / x.std(0)
    y = 150 + 60 * z[:, 0] - 40 * z[:, 1] * (z[:, 1] > 0) + 30 * rng.normal(size=350)
    _, said = at(
        "train",
        "--data",
        "t.csv",
        "--optimizer",
        optimizer,
        t=csv_of({**dict(zip("abcdefghij", x.T, strict=True)), "y": y}),
    )
    assert float(said.split("test R² ")[1].split()[0]) > 0.5


def test_devices_that_are_full_and_folders_that_cannot_be_made(tables):
    weights = tables / "iris" / FILES[4]
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-m", "nn", "predict", str(weights), "--data", str(tables / "iris.csv")],
                              stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "error: what is printed: No space left on device\n")
    done = run("train", "--data", "iris", "--out", "/proc/x")
    assert (done.returncode, done.stderr) == (2, "error: --out /proc/x: this folder cannot be made: "
                                                 "No such file or directory\n")  # fmt: skip
    done = run("predict", weights, "--data", tables / "iris.csv", "--out", tables / "new" / "folder" / "p.csv")
    assert (done.returncode, (tables / "new" / "folder" / "p.csv").exists()) == (0, True)
