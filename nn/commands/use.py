"""evaluate, predict and explain: what a net that was trained makes of samples."""

from __future__ import annotations

import argparse
import csv
import io
import sys

import numpy as np

from autograd import Tensor, draw, formulas
from autograd.files import write
from nn.commands.nets import Plan, restored
from nn.commands.samples import answered, for_test, inputs, perhaps_answered
from nn.commands.tables import class_table, errors, unit
from nn.commands.train import folder
from nn.evaluation import evaluate as measured
from nn.module import evaluating


def evaluate(options: argparse.Namespace) -> None:
    """Prints how good a net is on data.

    That is the loss, and of classes the accuracy, precision, recall and F1, of numbers R² and errors in their unit.  Of
    the data that it was trained with those are taken which were for the test.
    """
    net = restored(options.weights)
    plan, given = net.plan, answered(options.data, net.plan)
    (x, y), which = for_test(options.data, plan, given)
    found, said = measured(net.model, net.prepare(x), net.teach(y)), net.predict(x)
    print(f"{options.data}: {len(x)} samples, {which}\nloss {found['loss']:.6g}" +
          ("" if plan.classes else f" ({plan.loss} of z, where {unit(plan)})"))  # fmt: skip
    if plan.classes:
        print(f"accuracy {found['accuracy']:.2%}\n\n{class_table(y, said.argmax(1), plan.classes)}")
    else:
        print(errors(said, y))


def predict(options: argparse.Namespace) -> None:
    """Writes what a net says of each sample.

    A line of CSV for each has the class, and how probable each class is, or the number in its own unit.
    """
    net, text = restored(options.weights), io.StringIO()
    plan, table = net.plan, csv.writer(text, lineterminator="\n")
    table.writerow([plan.target or "prediction", *(f"p({name})" for name in plan.classes)])
    for row in net.predict(inputs(options.data, plan)):
        label = [plan.classes[row.argmax()]] if plan.classes else []
        numbers = [f"{value:.9g}" for value in row] if label else row.tolist()  # nine digits tell all float32 apart
        table.writerow([*label, *numbers])
    if options.out:
        folder(options.out.parent)
        print(f"wrote {write(options.out, text.getvalue().encode())}")
    else:
        sys.stdout.write(text.getvalue())


def explain(options: argparse.Namespace) -> None:
    """Prints what a net says of one sample, and the formulas by which it would learn from it.

    It writes formulas.txt and formulas.md, and backward.html, a page that steps through them.  Where the data have no
    target they are those of what the net says.
    """
    net, k = restored(options.weights), options.sample
    plan, model = net.plan, net.model
    xs, ys = perhaps_answered(options.data, plan)
    if k >= len(xs):
        raise ValueError(f"--sample {k}: --data {options.data} has {len(xs)} samples, 0 to {len(xs) - 1}")
    x, said = net.prepare(xs[k : k + 1]), net.predict(xs[k : k + 1])[0]
    with evaluating(model):
        named = Tensor(x, name="x")
        loss = model(named)[0, int(said.argmax())] if ys is None else model.loss(named, net.teach(ys[k : k + 1]))
    text, out = formulas(loss), folder(options.out)
    print(f"sample {k} of {options.data}: {verdict(plan, said, None if ys is None else ys[k])}")
    if plan.columns:
        width = max(map(len, plan.columns))
        print("\n".join(f"  {name:<{width}}  {value:<12.6g}  x[{i}] = {z:.6g}"
                        for i, (name, value, z) in enumerate(zip(plan.columns, xs[k], x[0], strict=True))))  # fmt: skip
    print("" if plan.classes else f"{unit(plan)}, where z is what the net computes")
    print(f"{text}\n")
    for name, content in (("formulas.txt", f"{text}\n"), ("formulas.md", f"{text.markdown}\n")):
        print(f"wrote {write(out / name, content.encode())}")
    print(f"wrote {draw(loss, model=model).save(out / 'backward.html')}")


def verdict(plan: Plan, said: np.ndarray, true: np.ndarray | None) -> str:
    """What the net says of a sample beside what is true."""
    label = int(said.argmax())
    says = f"{plan.classes[label]} ({said[label]:.2%})" if plan.classes else f"{said[0]:.6g}"
    if true is None:
        return f"the net says {says}"
    return f"the net says {says}, true is {plan.classes[int(true)] if plan.classes else f'{true[0]:.6g}'}"
