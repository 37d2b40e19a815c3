"""A simulation that writes a CSV file: how far a ball flies that is thrown, with drag, wind and an inexact tape."""

import csv
from pathlib import Path

import numpy as np

COLUMNS = ("speed_m_s", "angle_deg", "height_m", "mass_kg", "diameter_m", "wind_m_s", "range_m")
LOWEST = (5, 10, 0.5, 0.02, 0.02, -10)
HIGHEST = (40, 70, 2, 0.5, 0.12, 10)
AIR, DRAG, GRAVITY = 1.2, 0.47, 9.81  # kg/m³; of a smooth sphere; m/s²
TAPE = 1.0  # m: the deviation of what is measured


def flown(throws: np.ndarray, seconds: float = 12.0, dt: float = 0.01) -> np.ndarray:
    """Where balls come down, in m: v' = -k |v - w| (v - w) - g, k = ρ c π d² / (8 m), by the midpoint rule.

    throws   (n, 6), the columns but the last: speed, angle, height, mass, diameter, and the wind that blows along
    """
    speed, angle, height, mass, diameter, wind = throws.T
    k = AIR * DRAG * np.pi * diameter**2 / (8 * mass)
    angle = np.radians(angle)
    where = np.stack([np.zeros_like(height), height])
    v = speed * np.stack([np.cos(angle), np.sin(angle)])
    blown = np.stack([wind, np.zeros_like(wind)])
    weight = np.array([[0.0], [GRAVITY]])
    landed = np.full(len(throws), np.nan)
    for _ in range(round(seconds / dt)):
        half = v + dt / 2 * (-k * np.linalg.norm(v - blown, axis=0) * (v - blown) - weight)
        after = where + dt * half
        v = v + dt * (-k * np.linalg.norm(half - blown, axis=0) * (half - blown) - weight)
        now = np.isnan(landed) & (after[1] < 0)
        part = where[1, now] / (where[1, now] - after[1, now])  # of the last step, down to the ground
        landed[now] = where[0, now] + part * (after[0, now] - where[0, now])
        where = after
    if np.isnan(landed).any():
        raise ValueError(f"a ball was still in the air after {seconds} s: let flown run for longer")
    return landed


def write(path: Path, n: int = 1000, seed: int = 0) -> None:
    """n throws drawn evenly between LOWEST and HIGHEST, one a line, and what the tape says of each."""
    rng = np.random.default_rng(seed)
    throws = rng.uniform(LOWEST, HIGHEST, (n, 6)).round(3)
    measured = flown(throws) + rng.normal(0, TAPE, n)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows([*throw, round(far, 2)] for throw, far in zip(throws.tolist(), measured.tolist(), strict=True))
