"""Real data: sets that come along, and your own from IDX, npz and CSV files.  Nothing is ever downloaded."""

from nn.datasets.arrays import mnist, npz
from nn.datasets.packaged import Sets, digits, iris
from nn.datasets.table import Table, csv

__all__ = ["Sets", "Table", "csv", "digits", "iris", "mnist", "npz"]
