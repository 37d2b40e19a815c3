"""CSV and npz files: whole ones read to the last digit, bad ones refused with the place."""

import io
import re
import struct
import zipfile

import numpy as np
import pytest

import nn
from nn.datasets import csv, npz
from nn.datasets.advice import Advised

FRUIT = "weight,length,kind\n150,7.5,apple\n120,18,banana\n1.5e2, 6.25 ,apple\n"


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "t.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("content", [
    FRUIT,
    FRUIT.replace("\n", "\r\n"),
    b"\xef\xbb\xbf" + FRUIT.encode(),
    FRUIT.replace(",", ";"),
    FRUIT.replace(",", "\t"),
    FRUIT.replace("apple", '"apple"').replace("weight", '"weight"'),
    "\n" + FRUIT.replace("\n", "\n\n"),
    FRUIT.rstrip("\n"),
])  # fmt: skip
@pytest.mark.parametrize("target", ["kind", 2, -1])
def test_a_table_however_it_is_written(file, content, target):
    table = csv(file(content), target)
    np.testing.assert_array_equal(table.x, [[150, 7.5], [120, 18], [150, 6.25]])
    np.testing.assert_array_equal(table.y, [0, 1, 0])
    assert (table.columns, table.target, table.classes) == (("weight", "length"), "kind", ("apple", "banana"))
    assert (table.x.dtype, table.y.dtype) == (np.float64, np.int64)


def test_names_and_texts_with_delimiters_quotes_and_lines_in_them(file):
    table = csv(file('"a, or b","say ""x""",größe\n1,2,"x\ny"\n3,4,"z;"\n'), "größe")
    assert table.columns == ("a, or b", 'say "x"')
    assert table.classes == ("x\ny", "z;")
    with pytest.raises(ValueError, match="line 4, column 'a, or b': expected a number, got 'oops'"):
        csv(file('"a, or b",c\n1,"x\ny"\noops,z\n'), "c")  # the line in the file, not the sample


def test_targets_are_numbers_or_classes_as_asked(file):
    path = file("x,y\n0.5,3\n1.5,1\n2.5,3\n")
    assert csv(path).columns == ("x", "y")
    assert csv(path).y is None
    numbers = csv(path, "y", dtype=np.float32)
    assert (numbers.y.tolist(), numbers.classes, numbers.y.dtype, numbers.x.dtype) == (
        [3, 1, 3],
        (),
        np.float32,
        np.float32,
    )
    labels = csv(path, "y", task="classification")
    assert (labels.y.tolist(), labels.classes) == ([1, 0, 1], (1, 3))
    ten = csv(file("x,y\n0,10\n0,9\n0,9.0\n"), "y", task="classification")
    assert (ten.y.tolist(), ten.classes) == ([1, 0, 0], (9, 10))  # in the order of numbers, not of texts
    mixed = csv(file("x,y\n0,1\n0,a\n"), "y", task="classification")
    assert mixed.classes == ("1", "a")
    with pytest.raises(ValueError, match="line 3, column 'y': expected a number, as elsewhere in it, got 'a': say ta"):
        csv(file("x,y\n0,1\n0,a\n"), "y")
    with pytest.raises(ValueError, match="line 2, column 'kind': expected a number, got 'apple'"):
        csv(file(FRUIT), "kind", task="regression")
    largest = csv(file(f"x,y\n0,{2**53 - 1}\n0,{1 - 2**53}\n"), "y", task="classification")
    assert (largest.y.tolist(), largest.classes) == ([1, 0], (1 - 2**53, 2**53 - 1))
    for value in ("1.5", "1e30", "inf", f"{2**53}", f"{2**53 + 1}"):  # the last two are one float
        with pytest.raises(
            ValueError, match=f"line 3, column 'y': expected a whole number, or text, as a class, got '{value}'"
        ):
            csv(file(f"x,y\n0,1\n0,{value}\n"), "y", task="classification")


def test_with_and_without_a_header(file):
    bare = file("5.1,3.5,setosa\n4.9,3.0,virginica\n")
    table = csv(bare, -1)
    assert (table.x.shape, table.columns, table.classes) == ((2, 2), ("column 1", "column 2"), ("setosa", "virginica"))
    assert csv(file("1\n2\n"), header=None).x.tolist() == [[1], [2]]
    pixels = file("label,0,1\n5,10,20\n6,30,40\n")  # a name, and two that look like numbers
    for target in (None, 0, "label"):
        with pytest.raises(ValueError, match="line 1: 'label' stands above numbers alone, .*say header=True"):
            csv(pixels, target)
    assert csv(pixels, "label", header=True).columns == ("0", "1")
    with pytest.raises(ValueError, match="line 1, column 'column 1': expected a number, as elsewhere"):
        csv(pixels, 0, header=False)
    with pytest.raises(ValueError, match="5.l' stands above numbers alone"):
        csv(file("5.l,1\n4,2\n"))  # a slip must not cost a sample


def test_columns_left_out(file):
    path = file(",Id,a,b\n0,1,2.5,x\n1,2,3.5,y\n")
    with pytest.raises(ValueError, match=r"column 1 has no name: say drop=\[0\] if it is an index"):
        csv(path, "b")
    assert csv(path, "b", drop=[0, "Id"]).columns == ("a",)
    with pytest.raises(ValueError, match="no column to learn from, beside the target and what is dropped"):
        csv(path, "b", drop=[0, "Id", "a"])
    with pytest.raises(ValueError, match="drop: expected it to leave the target"):
        csv(path, "b", drop=[0, "b"])
    with pytest.raises(ValueError, match="column 'Id' cannot be dropped and be one of categories"):
        csv(path, "b", drop=[0, "Id"], categories=[1])
    with pytest.raises(ValueError, match=r"t.csv has no column 'c', 'e=1': There are , Id, a, b\n"):
        csv(path, columns=["a", "c", "e=1"])
    with pytest.raises(ValueError, match="t.csv has no column to drop 'idx': did you mean 'Idx'"):
        csv(file("Idx,a\n1,2\n"), drop=["idx"])
    assert csv(file("ab,a,b\n0,1,2\n"), "b", drop="ab").columns == ("a",)  # and not a and b
    assert csv(file("ab,a,b\n0,1,2\n"), drop=-1, columns="ab").columns == ("ab",)


@pytest.mark.parametrize("missing", ["", " ", "?", "NA", "n/a", "NaN", "nan", "-nan", "+NaN", "NULL", "None"])
def test_missing_values_are_told(file, missing):
    for column, content in (("length", f"150,{missing},apple"), ("kind", f"150,7,{missing}")):
        with pytest.raises(ValueError, match=rf"t.csv: line 5, column '{column}': the value is missing \("):
            csv(file(FRUIT + content + "\n"), "kind")


GAPS = "a,b,c,y\n1,?,x,5\n2,4,,6\n3,NA,z,7\n4,6,x,8\n"


def test_missing_values_are_counted_dropped_or_kept(file):
    told = "line 2, column 'b': the value is missing ('?'), as 3 of 16 are, in 2 of 4 columns: say missing='drop' to"
    with pytest.raises(ValueError, match=re.escape(told)):
        csv(file(GAPS), "y", categories="c")
    with pytest.raises(ValueError, match="as 2 of 12 are, in 1 of 3 columns"):  # those that are read
        csv(file(GAPS), "y", drop="c")
    dropped = csv(file(GAPS), "y", categories="c", missing="drop")
    np.testing.assert_array_equal(dropped.x, [[4, 6, 1]])
    assert (dropped.y.tolist(), dropped.columns) == ([8], ("a", "b", "c=x"))
    kept = csv(file(GAPS), "y", categories="c", missing="nan")
    nan = np.nan
    np.testing.assert_array_equal(kept.x, [[1, nan, 1, 0], [2, 4, nan, nan], [3, nan, 0, 1], [4, 6, 1, 0]])
    for missing in ("refuse", "nan"):  # what is to be learnt has to be there
        with pytest.raises(ValueError, match="line 3, column 'y': the value is missing"):
            csv(file("a,y\n1,2\n1,\n"), "y", missing=missing)
    assert csv(file("a,y\n1,2\n1,\n"), "y", missing="drop").y.tolist() == [2]
    with pytest.raises(ValueError, match="every line misses a value, and none is left"):
        csv(file("a,y\n1,\n,1\n"), "y", missing="drop")
    with pytest.raises(ValueError, match="unknown way with what is missing 'mean': There are refuse, drop, nan"):
        csv(file(GAPS), "y", missing="mean")


def test_texts_become_columns_of_0_and_1(file):
    path = file("hue,=,w,kind\nred,a=b,1,A\nwhite,,2,B\nred,c,3,A\n")
    table = csv(path, "kind", categories=["hue", 1], missing="nan")
    assert table.columns == ("hue=red", "hue=white", "==a=b", "==c", "w")
    np.testing.assert_array_equal(table.x[:, :3], [[1, 0, 1], [0, 1, np.nan], [1, 0, 0]])
    for columns in (["hue=red", "w"], ["w", "hue=red", "hue=rosé"]):
        with pytest.raises(ValueError, match="line 3, column 'hue': expected one of red.*, got 'white'"):
            csv(path, columns=columns)
    with pytest.raises(
        ValueError, match="line 2, column 'hue': .*: say categories=.'hue'. if each text is a kind, drop="
    ):
        csv(path, "kind")
    with pytest.raises(ValueError, match="t.csv has no column of categories 'hues': did you mean 'hue'"):
        csv(path, categories="hues")
    again = csv(file("w,kind,hue\n5,A,white\n"), columns=["hue=red", "hue=white", "hue=rosé", "w"])
    assert again.x.tolist() == [[0, 1, 0, 5]]
    with pytest.raises(ValueError, match="two columns of x have the name 'a=x'"):
        csv(file("a,a=x\nx,1\n"), categories="a")
    literal = file("a=b,a\n7,b\n8,c\n")  # a name of the file goes before
    assert csv(literal, columns="a=b").x.tolist() == [[7], [8]]
    with pytest.raises(ValueError, match="column 'a': the value is missing .* as 2 of 4 are"):
        csv(file("a,b\n,1\n,2\n"), categories="a", missing="nan")


@pytest.mark.parametrize("number", ["14,23", "1,304.00", "1.304,5", "1,000,000"])
def test_decimal_commas_and_thousands_are_told(file, number):
    told = f"line 2, column 'a': expected a number, got '{number}': write decimals with a point, and nothing between th"
    with pytest.raises(ValueError, match=told):
        csv(file(f"a;b\n{number};1\n"))


def test_of_many_texts_some_are_named(file):
    kinds = [f"c{i:03}" for i in range(900)]
    with pytest.raises(ValueError, match="expected one of c000, .*, and 892 more, got 'new'") as told:
        csv(file("a,b\nnew,1\n"), columns=[f"a={kind}" for kind in kinds])
    assert len(str(told.value)) < 400


def test_advice_is_data(file):
    with pytest.raises(Advised) as told:
        csv(file("hue,w\nred,1\n"), "w")
    assert told.value.what.endswith("line 2, column 'hue': expected a number, got 'red'")
    assert [(option, value) for option, value, _ in told.value.advice] == [
        ("categories", ["hue"]), ("drop", ["hue"]), ("target", "hue")]  # fmt: skip
    with pytest.raises(Advised) as told:  # one number, and it is no column of kinds
        csv(file("hue,w\nred,1\n5,1\n"), "w")
    assert told.value.advice == ()


@pytest.mark.parametrize(("content", "message"), [
    ("", "is empty"),
    ("\n\n", "is empty"),
    ("a,b\n", "has a header and no samples"),
    ("a,b,a\n1,2,3\n", "two columns have the name 'a'"),
    (FRUIT + "1,2\n", "line 5: expected 3 fields between ',', as in line 1, got 2"),
    (FRUIT + "1,2,x,y\n", "line 5: expected 3 fields between ',', as in line 1, got 4"),
    (FRUIT + ",,\n", "line 5, column 'kind': the value is missing (''), as 3 of 12 are, in 3 of 3 columns"),  # no blank line
    (FRUIT + "1,twelve,x\n", "line 5, column 'length': expected a number, got 'twelve'"),
    (FRUIT + "1,1_0,x\n", "line 5, column 'length': expected a number, got '1_0'"),
    (FRUIT + "1,-inf,x\n", "line 5, column 'length': expected a finite number of float64, got '-inf'"),
    (FRUIT + "1,1e999,x\n", "line 5, column 'length': expected a finite number of float64, got '1e999'"),
    (FRUIT + '1,2,"x\n', "line 5: unexpected end of data"),
    (FRUIT.encode("utf-16"), "is not text in UTF-8"),
    ("größe,b\n1,2\n".encode("latin-1"), "is not text in UTF-8"),
    ("a,b\n1,2;3\n", "line 2, column 'b': expected a number, got '2;3'"),
])  # fmt: skip
def test_bad_tables(file, content, message):
    with pytest.raises(ValueError) as caught:
        csv(file(content), "kind" if b"kind" in (content if isinstance(content, bytes) else content.encode()) else None)
    assert message in str(caught.value)
    assert "t.csv" in str(caught.value)


def test_bad_arguments_of_tables(file, tmp_path):
    path = file(FRUIT)
    for call, error, message in [
        (lambda: csv(tmp_path / "nowhere.csv"), FileNotFoundError, "there is no file at"),
        (lambda: csv(path, "kinds"), ValueError, "t.csv has no target 'kinds': did you mean 'kind'"),
        (lambda: csv(path, 3), ValueError, "target: expected a name, or a place from -3 to 2, got 3"),
        (lambda: csv(path, True), ValueError, "target: expected a name, or a place"),
        (
            lambda: csv(path, task="clasification"),
            ValueError,
            "unknown task 'clasification': did you mean 'classification'",
        ),
        (lambda: csv(path, delimiter=", "), ValueError, "delimiter: expected one character, got ', '"),
        (lambda: csv(path, dtype=int), TypeError, "dtype: expected a floating one, got int64"),
    ]:
        with pytest.raises(error, match=message):
            call()
    with pytest.raises(ValueError, match="line 2, column 'x': expected a finite number of float32, got '1e300'"):
        csv(file("x,y\n1e300,2\n"), dtype=np.float32)


def test_numbers_come_back_to_the_last_bit(file):
    x = np.random.default_rng(0).normal(size=(200, 4)) * 10.0 ** np.random.default_rng(1).integers(-300, 300, (200, 4))
    lines = ["a;b;c;d", *(";".join(map(repr, row)) for row in x.tolist())]
    np.testing.assert_array_equal(csv(file("\n".join(lines))).x, x)


def test_a_line_may_be_wider_than_a_field(file):
    numbers = np.arange(20_000.0) * 1000.5  # a line is longer than the csv module lets a field be
    table = csv(file(",".join(map(repr, numbers.tolist()))), header=False)
    np.testing.assert_array_equal(table.x, numbers[None])
    with pytest.raises(ValueError, match=r"line 1: field larger than field limit"):
        csv(file("9" * 200_000))


def npy(array, **how):
    buffer = io.BytesIO()
    np.save(buffer, array, **how)
    return buffer.getvalue()


def zipped(path, kind=zipfile.ZIP_STORED, **entries):
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in entries.items():
            archive.writestr(f"{name}.npy", content)
    return path


def test_npz_files_by_name(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(5, 3, 2)).astype(np.float32), np.arange(5, dtype=np.uint8)
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", x=np.asfortranarray(x), y=y, more=np.zeros((0, 4)))
        for a, b in zip(npz(tmp_path / "a.npz", ("y", "x", "more")), (y, x, np.zeros((0, 4))), strict=True):
            np.testing.assert_array_equal(a, b, strict=True)
    np.testing.assert_array_equal(npz(tmp_path / "a.npz", "more")[0], np.zeros((0, 4)), strict=True)
    with pytest.raises(ValueError, match="has no array 'z': there are x, y, more"):
        npz(tmp_path / "a.npz", ["z"])
    with pytest.raises(FileNotFoundError, match="there is no file at"):
        npz(tmp_path / "b.npz")


def test_npz_files_that_lie_or_are_damaged(tmp_path):
    path = tmp_path / "a.npz"
    good = npy(np.arange(1000.0))
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000,), }"
    lying = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(8000)
    with pytest.raises(
        ValueError, match=r"promises 800000000000 bytes for shape \(100000000000,\), but there are 8000"
    ):
        npz(zipped(path, x=lying), ["x"])
    for content, size in ((good[:-1], 7999), (good + b"x", 8001)):
        with pytest.raises(ValueError, match=f"promises 8000 bytes for shape .*, but there are {size}"):
            npz(zipped(path, x=content), ["x"])
    with pytest.raises(ValueError, match="expected real numbers, got object"):
        npz(zipped(path, x=npy(np.array([{}], object), allow_pickle=True)), ["x"])
    with pytest.raises(ValueError, match="expected real numbers, got <U1"):
        npz(zipped(path, x=npy(np.array(["a"]))), ["x"])
    for other in (b"", b"not NumPy's", good[:20], good[:30]):
        with pytest.raises(ValueError, match="'x' is not an array of NumPy's, or is damaged"):
            npz(zipped(path, x=other), ["x"])
    whole = zipped(path, zipfile.ZIP_DEFLATED, x=good).read_bytes()
    for n in range(0, len(whole), 7):
        path.write_bytes(whole[:n])
        with pytest.raises(ValueError, match="is not a npz file, or is damaged"):
            npz(path, ["x"])
    rng = np.random.default_rng(0)
    for _ in range(300):  # with a byte changed it reads the same or complains
        altered = bytearray(whole)
        altered[rng.integers(len(whole))] ^= int(rng.integers(1, 256))
        path.write_bytes(altered)
        try:
            (x,) = npz(path, ["x"])
        except ValueError:
            continue
        np.testing.assert_array_equal(x, np.arange(1000.0))


def test_the_irises_are_fishers():
    (x, y), (x_test, y_test) = nn.datasets.iris()
    everything, labels = np.concatenate([x, x_test]), np.concatenate([y, y_test])
    assert np.bincount(y).tolist() == [40, 40, 40]
    assert np.bincount(y_test).tolist() == [10, 10, 10]
    assert [round(everything[labels == k].sum(), 6).item() for k in range(3)] == [507.1, 714.6, 857.0]
    means = [everything[labels == k].mean(0) for k in range(3)]  # as in Fisher's table of means
    np.testing.assert_allclose(
        means, [[5.006, 3.428, 1.462, 0.246], [5.936, 2.770, 4.260, 1.326], [6.588, 2.974, 5.552, 2.026]], atol=1e-12
    )
    assert nn.datasets.iris(dtype=np.float32)[0][0].dtype == np.float32
    assert not np.array_equal(nn.datasets.iris(split=1)[1][0], x_test)


def test_a_net_learns_the_irises():
    (x, y), test = nn.datasets.iris()
    scale = nn.Standardize().fit(x)
    model = nn.MLP(4, 16, 3, output="softmax", rng=0)
    history = nn.fit(model, scale(x), y, epochs=60, validation=(scale(test[0]), test[1]), rng=0, progress=False)
    assert history[-1]["val_accuracy"] >= 0.9
