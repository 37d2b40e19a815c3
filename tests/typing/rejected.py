"""Programs with mistakes: each line that says so is reported by mypy and by pyright, and no other line is."""

import numpy as np

import autograd as ag
import nn
from autograd import Tensor, tanhh  # error: attr-defined, reportAttributeAccessIssue

x = Tensor([1.0], requires_grad=True)
Tensor()  # error: call-arg, reportCallIssue
Tensor([1.0], requires_gradient=True)  # error: call-arg, reportCallIssue
Tensor([1.0], requires_grad="yes")  # error: arg-type, reportArgumentType
Tensor([1.0], name=3)  # error: arg-type, reportArgumentType
x.backwards()  # error: attr-defined, reportAttributeAccessIssue
x.backward(retain=True)  # error: call-arg, reportCallIssue
x.name = 3  # error: assignment, reportAttributeAccessIssue
(x + 1).gradient  # error: attr-defined, reportAttributeAccessIssue
n: int = x.sum()  # error: assignment, reportAssignmentType
y: np.ndarray = x * 2  # error: assignment, reportAssignmentType

x[0] = 3.0  # error: index, reportIndexIssue
shape: str = x.shape  # error: assignment, reportAssignmentType
number: str = x.item()  # error: assignment, reportAssignmentType
x.data = "text"  # error: assignment, reportAttributeAccessIssue


@ag.no_grad()
def measured(x: Tensor) -> float:
    return x.item()


measured(3)  # error: arg-type, reportArgumentType
text: str = measured(x)  # error: assignment, reportAssignmentType

ag.grad(3.0)  # error: arg-type, reportArgumentType
ag.grad(np.sin, argnum=0)  # error: call-arg, reportCallIssue
ag.grad(np.sin, argnums="x")(1.0)  # error: arg-type, reportArgumentType
ag.gradients(3.0, [x])  # error: arg-type, reportArgumentType
ag.gradients(x, 3.0)  # error: arg-type, reportArgumentType
ag.vjp("sin", 1.0)  # error: arg-type, reportArgumentType
ag.compile("f")  # error: arg-type, reportArgumentType
ag.compile(np.sin, wrt=3.0)  # error: arg-type, reportArgumentType
ag.draw(x, arrow="both")  # error: call-arg, reportCallIssue
ag.draw(x, arrows=2)  # error: arg-type, reportArgumentType
ag.draw(x, arrows="up")  # error: arg-type, reportArgumentType
nn.metrics.f1(x, x, average="some")  # error: arg-type, reportArgumentType
ag.draw(x).save(3)  # error: arg-type, reportArgumentType
ag.check_gradients(np.sin, x, order="two")  # error: arg-type, reportArgumentType
ag.tile(x)  # error: call-arg, reportCallIssue
ag.tile(x, reps="two")  # error: arg-type, reportArgumentType
ag.concatenate(x, x)  # error: arg-type, reportArgumentType
ag.linalg.normal(x)  # error: attr-defined, reportAttributeAccessIssue

nn.Linear(3)  # error: call-arg, reportCallIssue
nn.Linear(3, "2")  # error: arg-type, reportArgumentType
nn.Linear(3, 2, biased=False)  # error: call-arg, reportCallIssue
nn.Linear(3, 2, rng="seed")  # error: arg-type, reportArgumentType
nn.MLP(3, "4", 2)  # error: arg-type, reportArgumentType
nn.Lineer(3, 2)  # error: attr-defined, reportAttributeAccessIssue
model = nn.MLP(3, 2)
model.parameter()  # error: attr-defined, reportAttributeAccessIssue
nn.SGD(model.parameters())  # error: call-arg, reportCallIssue
nn.SGD(model, lr=0.1)  # error: arg-type, reportArgumentType
nn.SGD(model.parameters(), lr="fast")  # error: arg-type, reportArgumentType
nn.Adam(model.parameters(), clipnorm=1.0)  # error: call-arg, reportCallIssue
nn.fit(model, x, epoch=3)  # error: call-arg, reportCallIssue
nn.fit(model, x, epochs="three")  # error: arg-type, reportArgumentType
nn.fit(model, x, optimizer="sgd")  # error: arg-type, reportArgumentType
nn.fit(model, x).losses  # error: attr-defined, reportAttributeAccessIssue
nn.fit(3, x)  # error: arg-type, reportArgumentType
nn.save(model)  # error: call-arg, reportCallIssue
nn.load(3)  # error: arg-type, reportArgumentType
nn.schedules.cosine("fast", 10)  # error: arg-type, reportArgumentType
nn.datasets.cifar()  # error: attr-defined, reportAttributeAccessIssue
nn.cross_entropy(x)  # error: call-arg, reportCallIssue
nn.huber(x, x, delta="wide")  # error: arg-type, reportArgumentType
