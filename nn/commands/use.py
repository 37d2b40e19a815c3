"""evaluate, predict and explain: what a net that was trained makes of samples."""

from __future__ import annotations

import argparse
import csv
import io
import sys

import numpy as np

from autograd import Tensor, draw, formulas
from autograd.files import write
from nn.commands.nets import Plan, predicted, restored, taught
from nn.commands.samples import answered, inputs
from nn.commands.tables import class_table
from nn.commands.train import folder
from nn.evaluation import evaluate as measured
from nn.metrics import mean_absolute_error, r2
from nn.module import evaluating


def evaluate(options: argparse.Namespace) -> None:
    """Prints how good a net is on data.

    That is the loss, and of classes the accuracy, precision, recall and F1, of numbers R² and the mean absolute error.
    """
    model, plan = restored(options.weights)
    x, y = answered(options.data, plan)
    found, said = measured(model, x, taught(plan, y)), predicted(model, plan, x)
    print(f"{options.data}: {len(x)} samples\nloss {found['loss']:.6g}")
    if plan.classes:
        print(f"accuracy {found['accuracy']:.2%}\n\n{class_table(y, said.argmax(1), plan.classes)}")
    else:
        print(f"R² {r2(said, y):.4f}\nmean absolute error {mean_absolute_error(said, y):.6g}")


def predict(options: argparse.Namespace) -> None:
    """Writes what a net says of each sample.

    A line of CSV for each has the class, and how probable each class is, or the number in its own unit.
    """
    model, plan = restored(options.weights)
    said, text = predicted(model, plan, inputs(options.data, plan)), io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([plan.target or "prediction", *(f"p({name})" for name in plan.classes)])
    for row in said:
        label = [plan.classes[row.argmax()]] if plan.classes else []
        table.writerow([*label, *(f"{value:.9g}" for value in row)])  # nine digits tell all float32 apart
    if options.out:
        print(f"wrote {write(options.out, text.getvalue().encode())}")
    else:
        sys.stdout.write(text.getvalue())


def explain(options: argparse.Namespace) -> None:
    """Prints what a net says of one sample, and the formulas by which it would learn from it.

    It writes formulas.txt and formulas.md, and backward.html, a page that steps through them.
    """
    model, plan = restored(options.weights)
    x, y = answered(options.data, plan)
    k = options.sample
    if k >= len(x):
        raise ValueError(f"--sample {k}: --data {options.data} has {len(x)} samples, 0 to {len(x) - 1}")
    with evaluating(model):
        loss = model.loss(Tensor(x[k : k + 1], name="x"), taught(plan, y[k : k + 1]))
    text, out = formulas(loss), folder(options.out)
    print(f"sample {k} of {options.data}: {verdict(plan, predicted(model, plan, x[k : k + 1])[0], y[k])}\n")
    print(f"{text}\n")
    for name, content in (("formulas.txt", f"{text}\n"), ("formulas.md", f"{text.markdown}\n")):
        print(f"wrote {write(out / name, content.encode())}")
    print(f"wrote {draw(loss, model=model).save(out / 'backward.html')}")


def verdict(plan: Plan, said: np.ndarray, true: np.ndarray) -> str:
    """What the net says of a sample beside what is true."""
    if not plan.classes:
        return f"the net says {said[0]:.6g}, true is {true[0]:.6g}"
    label = int(said.argmax())
    return f"the net says {plan.classes[label]} ({said[label]:.2%}), true is {plan.classes[int(true)]}"
