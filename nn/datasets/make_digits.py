"""Makes digits.npz from the file in the scikit-learn wheel; run as `python -m nn.datasets.make_digits`.

The data: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
https://doi.org/10.24432/C50P49, licence CC BY 4.0.  Changed in nothing but the file format: 1,797 images of 8 x 8 grey
values from 0 to 16, and their labels, both as bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np


def main() -> None:
    """Writes digits.npz beside this file and prints its sha256, which datasets/__init__.py states."""
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise SystemExit("make_digits needs the file in the scikit-learn wheel: pip install scikit-learn")
    source = Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"
    with gzip.open(source) as file:
        table = np.loadtxt(file, delimiter=",")
    target = Path(__file__).with_name("digits.npz")
    with zipfile.ZipFile(target, "w") as archive:
        for name, array in (("images", table[:, :-1]), ("labels", table[:, -1])):
            entry = zipfile.ZipInfo(f"{name}.npy")  # dated 1980: the same file whenever it is made
            entry.compress_type = zipfile.ZIP_DEFLATED
            buffer = io.BytesIO()
            np.save(buffer, array.astype(np.uint8))
            archive.writestr(entry, buffer.getvalue(), compresslevel=9)
    print(target.name, target.stat().st_size, "bytes, sha256", hashlib.sha256(target.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
