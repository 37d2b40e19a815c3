"""Makes digits.npz and iris.npz from the files in the scikit-learn wheel; run as `python -m nn.datasets.make`.

digits   E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
         https://doi.org/10.24432/C50P49, licence CC BY 4.0.  Changed in nothing but the file format: 1,797 images of
         8 x 8 grey values from 0 to 16, and their labels, both as bytes.
iris     R. A. Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics 7 (1936), 179-188;
         UCI Machine Learning Repository, 1988, https://doi.org/10.24432/C56C76, licence CC BY 4.0.  150 flowers of 4
         lengths in millimetres, and their species, both as bytes; with Fisher's numbers in the two rows where UCI's
         file differs from them.
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
    """Writes both files beside this one and prints their sha256, which packaged.py states."""
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise SystemExit("nn.datasets.make needs the files in the scikit-learn wheel: pip install scikit-learn")
    source = Path(spec.origin).parent / "datasets" / "data"
    with gzip.open(source / "digits.csv.gz") as file:
        table = np.loadtxt(file, delimiter=",")
    write("digits.npz", images=table[:, :-1], labels=table[:, -1])
    table = np.loadtxt(source / "iris.csv", delimiter=",", skiprows=1)
    write("iris.npz", lengths=(table[:, :-1] * 10).round(), labels=table[:, -1])


def write(name: str, **arrays: np.ndarray) -> None:
    """Writes arrays of bytes as a npz file that is the same whenever it is made."""
    target = Path(__file__).with_name(name)
    with zipfile.ZipFile(target, "w") as archive:
        for key, array in arrays.items():
            entry = zipfile.ZipInfo(f"{key}.npy")  # dated 1980
            entry.compress_type = zipfile.ZIP_DEFLATED
            buffer = io.BytesIO()
            np.save(buffer, array.astype(np.uint8))
            archive.writestr(entry, buffer.getvalue(), compresslevel=9)
    print(name, target.stat().st_size, "bytes, sha256", hashlib.sha256(target.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
