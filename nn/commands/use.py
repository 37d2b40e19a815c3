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
from nn.commands.reports import class_table, judged, say, unit
from nn.commands.samples import for_test, taken
from nn.commands.train import folder
from nn.evaluation import evaluate as measured
from nn.module import evaluating


def evaluate(options: argparse.Namespace) -> None:
    """Prints how good a net is on data.

    That is the loss, and of classes the accuracy, precision, recall and F1, of numbers R² and errors in their unit.  Of
    the data that it was trained with those are taken which were for the test.
    """
    net = restored(options.weights)
    plan, ((x, y), which) = net.plan, for_test(options.data, net.plan)
    loss = measured(net.model, net.prepare(x), net.teach(y))["loss"]
    of = "" if plan.classes else f" ({plan.loss} of z, where {unit(plan)})"
    say(
        f"{options.data}: {len(x)} samples, {which}",
        f"loss {loss:.6g}{of}",
        *judged(plan, net.predict(x), y, class_table),
    )


def predict(options: argparse.Namespace) -> None:
    """Writes what a net says of each sample.

    A line of CSV for each has the class, and how probable each class is, or the number in its own unit.
    """
    net, text = restored(options.weights), io.StringIO()
    plan, table = net.plan, csv.writer(text, lineterminator="\n")
    table.writerow([plan.target or "prediction", *(f"p({name})" for name in plan.classes)])
    for row in net.predict(taken(options.data, plan, None)[0]):
        label = [plan.classes[row.argmax()]] if plan.classes else []
        numbers = [f"{value:.9g}" for value in row] if label else row.tolist()  # nine digits tell all float32 apart
        table.writerow([*label, *numbers])
    if options.out:
        folder(options.out.parent)
        say(f"wrote {write(options.out, text.getvalue().encode())}")
    elif sys.stdout.isatty():
        say(*text.getvalue().splitlines())
    else:  # for a program, to the last character
        sys.stdout.write(text.getvalue())


def explain(options: argparse.Namespace) -> None:
    """Prints what a net says of one sample, and the formulas by which it would learn from it.

    It writes formulas.txt and formulas.md, and backward.html, a page that steps through them.  Where the data have no
    target they are those of what the net says.
    """
    net, k = restored(options.weights), options.sample
    plan, model = net.plan, net.model
    xs, ys, _ = taken(options.data, plan, False)
    if k >= len(xs):
        raise ValueError(f"--sample {k}: --data {options.data} has {len(xs)} samples, 0 to {len(xs) - 1}")
    x, values, true = net.prepare(xs[k : k + 1]), net.predict(xs[k : k + 1])[0], ys[k : k + 1]
    best = int(values.argmax())
    with evaluating(model):
        named = Tensor(x, name="x")
        cost = model.loss(named, net.teach(true)) if len(true) else model(named)[0, best]
    text, out = formulas(cost), folder(options.out)
    say(f"sample {k} of {options.data}: {verdict(plan, values, true)}")
    if plan.columns:
        width = max(map(len, plan.columns))
        say(*(f"  {name:<{width}}  {value:<12.6g}  x[{i}] = {z:.6g}"
              for i, (name, value, z) in enumerate(zip(plan.columns, xs[k], x[0], strict=True))))  # fmt: skip
    say("" if plan.classes else f"{unit(plan)}, where z is what the net computes")
    if plan.classes and not len(true):
        say(f"C is the net's value for {plan.classes[best]}, before the {plan.output}")
    say(*str(text).split("\n"), "")
    for name, content in (("formulas.txt", f"{text}\n"), ("formulas.md", f"{text.markdown}\n")):
        say(f"wrote {write(out / name, content.encode())}")
    say(f"wrote {draw(cost, model=model).save(out / 'backward.html')}")


def verdict(plan: Plan, values: np.ndarray, true: np.ndarray) -> str:
    """What the net says of a sample beside what is true, if that is known."""
    best = int(values.argmax())
    says = (
        f"the net says {plan.classes[best]} ({values[best]:.2%})" if plan.classes else f"the net says {values[0]:.6g}"
    )
    if not len(true):
        return says
    return f"{says}, true is {plan.classes[int(true[0])] if plan.classes else f'{true.item():.6g}'}"
