"""Bad arguments: every public name called rightly, and then with each argument in turn made wrong."""

from __future__ import annotations

import inspect
import re
import reprlib
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import numpy as np

import autograd as ag
import nn
from autograd.errors import describe
from promises import promise

# In each line a call that is right, and after the bar what makes it wrong, each by itself.
CALLS = r"""
Tensor(data=a, requires_grad=True, name="x", dtype="float32") | data="text"  data=1j  data=[a, v]  dtype="floot"  requires_grad="yes"
Tensor.item(self=x.sum()) | place=[7]
Tensor.transpose(self=x) | axes=[0, 7]
Tensor.sum(self=x, axis=0) | axis=7
Tensor.mean(self=x, axis=0) | axis=7
Tensor.max(self=x, axis=0) | axis=7
Tensor.min(self=x, axis=0) | axis=7
Tensor.prod(self=x, axis=0) | axis=7
Tensor.var(self=x, axis=0) | axis=7  ddof="one"
Tensor.std(self=x, axis=0) | axis=7  ddof="one"
Tensor.cumsum(self=x, axis=0) | axis=7
Tensor.cumprod(self=x, axis=0) | axis=7
Tensor.trace(self=x, offset=0) | offset="one"
Tensor.take(self=x, indices=[0]) | indices=[7]  indices="one"  axis=7
Tensor.copy(self=x, order="C") | order="Z"
Tensor.all(self=x, axis=0) | axis=7
Tensor.any(self=x, axis=0) | axis=7
Tensor.backward(self=x.sum(), cotangent=1.0) | cotangent=a  cotangent="text"  retain_grads="yes"
Tensor.reshape(self=x, shape=(3, 2)) | shape=(4, 5)  shape=("two",)  shape=(2.5, 2)
Tensor.astype(self=x, dtype="float32") | dtype="floot"  dtype="complex"  casting="never"
Tensor.clip(self=x, min=0.0, max=1.0) | min="low"  max=np.ones(7)
Tensor.dot(self=x, b=v) | b=np.ones(4)  b="text"
Tensor.repeat(self=x, repeats=2) | repeats=-1  repeats="two"  axis=7
Tensor.round(self=x, decimals=1) | decimals="one"
Tensor.squeeze(self=x) | axis=7  axis=0
Tensor.swapaxes(self=x, axis1=0, axis2=1) | axis1=7  axis2="rows"
Tensor.diagonal(self=x, offset=0) | offset="one"  axis1=7  axis2=7
Tensor.ravel(self=x, order="C") | order="Z"
Tensor.flatten(self=x, order="C") | order="Z"
Tensor.argmax(self=x, axis=0) | axis=7
Tensor.argmin(self=x, axis=0) | axis=7
Tensor.argsort(self=x, axis=0) | axis=7  kind="x"
anew(draw=len, args=[[1]]) | draw="text"
audit(loss=x.sum(), tolerance=1e-6, rng=0) | loss=1.0  loss=Tensor(1.0)  tolerance="small"  tolerance=-1  rng="text"
check_gradients(f=ag.sin, inputs=[v], order=1, rng=0) | f="text"  inputs=["text"]  order=0  order="two"  tolerance="small"  tolerance=-1  rng="text"
checkpoint(f=len) | f="text"
compare(hand=v, engine=v, name="W") | hand="text"  engine=None  engine="text"
draw(output=x.sum(), arrows="both", direction="down") | output=3.0  model=7  depth=-1  depth="deep"  arrows="up"  direction="up"  fold=-1  max_nodes=0  max_nodes="all"
elementwise(function=f) | function="text"  function=7
primitive(function=f) | function="text"  function=7
fused(composition=f) | composition="text"
formulas(x=x.sum(), wrt=None, numbers=True) | x=3.0  wrt=3.0  wrt=Tensor(1.0)  max_lines="all"  max_lines=-1
page(root=x.sum()) | root=3.0  line_of=3
grad(f=f, argnums=0, has_aux=False) | f=3.0  argnums="x"  argnums=1.5  has_aux="yes"
value_and_grad(f=f, argnums=0) | f=3.0  argnums="x"  has_aux="yes"
elementwise_grad(f=f, argnums=0) | f=3.0  argnums="x"
jacobian(f=f, argnums=0) | f=3.0  argnums="x"
hessian(f=f, argnums=0) | f=3.0  argnums="x"
hvp(f=f, argnums=0) | f=3.0  argnums="x"
vjp(f=ag.sin, args=[2.0]) | f=3.0  args=["text"]  args=[2]
jvp(f=ag.sin, primals=(2.0,), tangents=(1.0,)) | f=3.0  primals=("text",)  primals=3.0  tangents=(v,)  tangents=1.0  tangents=("text",)
gradients(output=y, inputs=[x]) | output=3.0  output=Tensor(1.0)  inputs=[Tensor(1.0)]  inputs=[3.0]  inputs=3.0  cotangent=v  cotangent="text"
compile(f=f, wrt=()) | f="text"  wrt=3.0  wrt=[3.0]  wrt=[Tensor(1.0)]
Program(f=f, wrt=()) | f="text"  wrt=3.0
Program.save(self=program(), path=folder / "p.py") | path=3.0
Drawing.render(self=ag.draw(y), format="svg") | format="bmp"  format=3
Drawing.save(self=ag.draw(y), path=folder / "p.svg") | path=3.0  path="p.bmp"
append(arr=a, values=a, axis=0) | arr="text"  values=v  axis=7  axis="rows"
array_split(a=a, indices_or_sections=2, axis=0) | a="text"  indices_or_sections=0  indices_or_sections="two"  indices_or_sections=[1.5]  axis=7
astype(x=a, dtype="float32") | x="text"  dtype="floot"
atleast_1d(arys=[a]) | arys=["text"]
atleast_2d(arys=[a]) | arys=["text"]
atleast_3d(arys=[a]) | arys=["text"]
average(a=a, axis=1, weights=v) | axis=7  weights=np.ones(4)  weights="text"  a="text"  keepdims="yes"
avg_pool(x=image, kernel_size=2, stride=2, padding=0) | x=v  x="text"  kernel_size=0  kernel_size="two"  kernel_size=9  stride=0  stride="two"  padding=-1  padding=9
max_pool(x=image, kernel_size=2, stride=2, padding=0) | x=v  x="text"  kernel_size=0  kernel_size="two"  kernel_size=9  stride=0  stride="two"  padding=-1  padding=9
block(arrays=[[a, a]]) | arrays=(a, a)  arrays=[a, [a]]  arrays=[["text"]]  arrays=[]  arrays=[[a], [np.ones(4)]]
broadcast_arrays(args=[a, v]) | args=[a, np.ones(4)]  args=["text"]
broadcast_to(array=v, shape=(2, 3)) | array="text"  shape=(2, 4)  shape="wide"  shape=-1
cholesky(a=m, UPLO="L") | a=a  a="text"  a=-m  UPLO="X"
clip(a=a, a_min=0.0, a_max=1.0) | a="text"  a_min="low"  a_max=np.ones(7)  min=0.0  max=1.0
cofactors(a=m) | a=a  a=v  a="text"
column_stack(arrays=[v, v]) | arrays=[v, np.ones(4)]  arrays=["text"]  arrays=3.0  arrays=[]
concatenate(arrays=[a, a], axis=0, dtype="float64") | arrays=[a, v]  arrays=["text"]  arrays=[]  arrays=3.0  axis=7  axis="rows"  dtype="floot"  dtype="int32"  casting="never"
cond(x=m, p=2) | x=v  x="text"  p="big"  p=7
conv(x=image, weight=kernels, bias=v, stride=1, padding=0) | x=v  x=np.ones((1, 7, 5, 5))  weight=v  bias=np.ones(4)  stride=0  stride="one"  padding=-1  padding="some"  dilation=0  dilation="two"  groups=0  groups="two"  groups=7  x="text"
convolve(a=v, v=v, mode="full") | a=a  v=a  mode="some"  a="text"  v=[]
correlate(a=v, v=v, mode="full") | a=a  v=a  mode="some"  a="text"  v=[]
copy(a=a) | a="text"  order="Z"
corrcoef(x=a) | x="text"  y=np.ones((2, 7))  dtype="floot"  x=np.ones((2, 2, 2))
cov(m=a, ddof=1) | m="text"  y=np.ones((2, 7))  ddof="one"  ddof=1.5  dtype="floot"  m=np.ones((2, 2, 2))
cross(a=v, b=v) | a="text"  b=np.ones(4)  a=np.ones(5)  axis=7  axisa="rows"  axisb=7  axisc=7
cumprod(a=a, axis=0) | a="text"  axis=7  axis="rows"
cumsum(a=a, axis=0) | a="text"  axis=7  axis="rows"
cumulative_prod(x=a, axis=0) | x="text"  axis=7  axis=None  dtype="floot"
cumulative_sum(x=a, axis=0) | x="text"  axis=7  axis=None  dtype="floot"
delete(arr=a, obj=1, axis=1) | arr="text"  obj=7  obj="one"  axis=7
diag(v=v, k=0) | v="text"  v=np.ones((2, 2, 2))  k="one"  k=1.5
diagonal(a=a, offset=0) | a=v  a="text"  offset="one"  axis1=7  axis2=0
diff(a=a, n=1, axis=0) | a="text"  n=-1  n=1.5  n="one"  axis=7  prepend=np.ones(7)  append="text"
dot(a=a, b=v) | a="text"  b=np.ones(4)  b="text"
dsplit(a=cube, indices_or_sections=2) | a=a  a="text"  indices_or_sections=3  indices_or_sections="two"
hsplit(a=a, indices_or_sections=3) | a=1.0  a="text"  indices_or_sections=2  indices_or_sections="two"
vsplit(a=a, indices_or_sections=2) | a=v  a="text"  indices_or_sections=3  indices_or_sections="two"
split(a=a, indices_or_sections=2, axis=0) | a="text"  indices_or_sections=3  indices_or_sections=0  axis=7  axis="rows"
dstack(arrays=[a, a]) | arrays=[a, v]  arrays=["text"]  arrays=[]  arrays=3.0
hstack(arrays=[a, a]) | arrays=[a, v]  arrays=["text"]  arrays=[]  arrays=3.0  dtype="floot"  casting="never"
vstack(arrays=[a, a]) | arrays=[a, np.ones(4)]  arrays=["text"]  arrays=[]  arrays=3.0  dtype="floot"  casting="never"
stack(arrays=[a, a], axis=0) | arrays=[a, v]  arrays=["text"]  arrays=[]  arrays=3.0  axis=7  axis="rows"  dtype="floot"  casting="never"
ediff1d(ary=v) | ary="text"  to_end="text"  to_begin="text"
eigh(a=m) | a=a  a=v  a="text"  UPLO="X"
eigvalsh(a=m) | a=a  a=v  a="text"  UPLO="X"
einsum(subscripts="ij,j", operands=[a, v]) | subscripts="ij,jk,k"  subscripts="ij,i"  subscripts=3  operands=[a, "text"]  operands=[a, np.ones(4)]  order="Z"
elu(x=a, alpha=1.0) | x="text"  alpha="one"
expand_dims(a=a, axis=0) | a="text"  axis=7  axis="rows"
flip(a=a, axis=0) | a="text"  axis=7  axis="rows"
fliplr(m=a) | m=v  m="text"
flipud(m=a) | m=1.0  m="text"
gelu(x=a, approximate="none") | x="text"  approximate="some"
getitem(a=a, index=1) | a="text"  index=7  index="one"  index=1.5  index=(0, 0, 0)
gradient(f=v, varargs=[0.5], axis=0) | f="text"  f=1.0  varargs=[np.ones(7)]  varargs=["text"]  axis=7  edge_order=3
inner(a=v, b=v) | a="text"  b=np.ones(4)
insert(arr=v, obj=1, values=2.0, axis=0) | arr="text"  obj=7  obj="one"  values=np.ones((2, 2))  values="text"  axis=7
interp(x=v, xp=v, fp=v) | x="text"  xp=np.ones(4)  fp="text"  left="low"  right="high"  period=0  period="year"
inv(a=m) | a=a  a=v  a="text"  a=np.zeros((3, 3))
keep(x=a, condition=a > 0) | x="text"  condition=np.ones((7, 7), bool)
kron(a=a, b=v) | a="text"  b="text"
leaky_relu(x=a, negative_slope=0.1) | x="text"  negative_slope="small"
nn.leaky_relu(x=a) | negative_slope="small"
linear(x=a, weight=m, bias=v) | x="text"  x=np.ones((2, 4))  weight=np.ones((3, 4))  weight="text"  bias=np.ones(4)
log_softmax(x=a, axis=-1) | x="text"  axis=7  axis="rows"
softmax(x=a, axis=-1) | x="text"  axis=7  axis="rows"
nn.softmax(x=a) | axis=7
nn.log_softmax(x=a) | axis=7
logabsdet(a=m) | a=a  a=v  a="text"
det(a=m) | a=a  a=v  a="text"
slogdet(a=m) | a=a  a=v  a="text"
logsumexp(a=a, axis=0) | a="text"  axis=7  axis="rows"
matmul(x1=a, x2=v) | x1="text"  x2=np.ones(4)  x2=1.0
matrix_norm(x=m, ord="fro") | x=v  x="text"  ord="big"  ord=7
matrix_power(a=m, n=2) | a=a  a="text"  n=2.5  n="two"
matrix_transpose(x=a) | x=v  x="text"
matvec(x1=m, x2=v) | x1="text"  x2=np.ones(4)
vecmat(x1=v, x2=m) | x1="text"  x2=np.ones((4, 4))
vecdot(x1=v, x2=v) | x1="text"  x2=np.ones(4)  axis=7
vdot(a=v, b=v) | a="text"  b=np.ones(4)
max(a=a, axis=0) | a="text"  axis=7  axis="rows"  a=np.ones((0, 3))
min(a=a, axis=0) | a="text"  axis=7  axis="rows"  a=np.ones((0, 3))
sum(a=a, axis=0) | a="text"  axis=7  axis="rows"  axis=(0, 0)  keepdims="yes"  dtype="floot"  where="text"  where=v  initial="text"
mean(a=a, axis=0) | a="text"  axis=7  axis="rows"
prod(a=a, axis=0) | a="text"  axis=7  axis="rows"
var(a=a, axis=0, ddof=1) | a="text"  axis=7  ddof="one"
std(a=a, axis=0, ddof=1) | a="text"  axis=7  ddof="one"
ptp(a=a, axis=0) | a="text"  axis=7  axis="rows"
median(a=a, axis=0) | a="text"  axis=7  axis="rows"
nanmedian(a=a, axis=0) | a="text"  axis=7  axis="rows"
nanmax(a=a, axis=0) | a="text"  axis=7  axis="rows"
nanmin(a=a, axis=0) | a="text"  axis=7  axis="rows"
nansum(a=a, axis=0) | a="text"  axis=7  axis="rows"
nanprod(a=a, axis=0) | a="text"  axis=7  axis="rows"
nanmean(a=a, axis=0) | a="text"  axis=7  axis="rows"  where=np.ones(7, bool)  where=v
nanvar(a=a, axis=0) | a="text"  axis=7  axis="rows"
nanstd(a=a, axis=0) | a="text"  axis=7  axis="rows"
nancumprod(a=a, axis=0) | a="text"  axis=7  dtype="floot"
nancumsum(a=a, axis=0) | a="text"  axis=7  dtype="floot"
meshgrid(xi=[v, v], indexing="xy") | xi=["text"]  indexing="yx"
moveaxis(a=a, source=0, destination=1) | a="text"  source=7  destination=7  source="rows"  destination=(0, 1)
multi_dot(arrays=[a, m, v]) | arrays=[a, np.ones(4)]  arrays=["text"]  arrays=[a]  arrays=3.0
nan_to_num(x=a, nan=0.0) | x="text"  nan="none"  posinf="big"  neginf="small"
norm(x=a, ord=2, axis=0) | x="text"  ord="big"  axis=7  axis=(0, 1, 1)
two_norm(x=a, axis=0) | x="text"  axis=7
vector_norm(x=a, ord=2, axis=0) | x="text"  ord="big"  axis=7
outer(a=v, b=v) | a="text"  b="text"
pad(array=a, pad_width=1, mode="constant", constant_values=0.0) | array="text"  pad_width=-1  pad_width="one"  pad_width=(1, 2, 3)  mode="some"  constant_values="text"
percentile(a=a, q=50, axis=0) | a="text"  q=101  q="half"  axis=7  method="guess"
quantile(a=a, q=0.5, axis=0) | a="text"  q=1.5  q="half"  axis=7  method="guess"
pinv(a=a) | a=v  a="text"  rcond="small"  rtol="small"
polyval(p=v, x=a) | p="text"  p=np.ones((2, 2, 2))  x="text"
ravel(a=a, order="C") | a="text"  order="Z"
repeat(a=a, repeats=2, axis=0) | a="text"  repeats=-1  repeats="two"  repeats=1.5  repeats=[1, 2, 3]  axis=7
reshape(a=a, shape=(3, 2)) | a="text"  shape=(4, 5)  shape="wide"  shape=(2.5, 2)  order="Z"  copy="yes"
roll(a=a, shift=1, axis=0) | a="text"  shift="one"  axis=7  axis="rows"
rollaxis(a=a, axis=0, start=0) | a="text"  axis=7  start=7
rot90(a=a, k=1) | a=v  a="text"  k="one"  k=1.5  axes=(0, 7)  axes=(0, 0)  axes=0
round(a=a, decimals=1) | a="text"  decimals="one"  decimals=1.5
scatter_add(g=v, index=[0, 1, 1], shape=(3,)) | g="text"  index=[0, 1, 7]  index=[0]  index="one"  shape=(2.5,)  shape="wide"  shape=(-1,)
select(condlist=[a > 0], choicelist=[a], default=0.0) | condlist=[]  condlist=[a]  choicelist=[a, a]  choicelist=["text"]  default="text"  condlist=3.0
solve(a=m, b=v) | a=a  a="text"  b=np.ones(4)  b="text"  a=np.zeros((3, 3))
sort(a=a, axis=0) | a="text"  axis=7  kind="x"
squeeze(a=a[:1], axis=0) | a="text"  axis=7  axis=1
sum_to(a=a, shape=(3,)) | a="text"  shape=(2,)  shape="wide"
svd(a=a) | a=v  a="text"  full_matrices=True
svdvals(x=a) | x=v  x="text"
swapaxes(a=a, axis1=0, axis2=1) | a="text"  axis1=7  axis2="rows"
take(a=a, indices=[0, 1], axis=0, mode="raise") | a="text"  indices=[7]  indices=[0.5]  indices="one"  axis=7  axis=True  mode="some"
take_along_axis(arr=a, indices=[[0, 0, 0]], axis=0) | arr="text"  indices=[[7, 0, 0]]  indices=[[0.5, 0, 0]]  axis=7  indices=[0]
tensordot(a=a, b=m, axes=1) | a="text"  b=np.ones(4)  axes=7  axes="one"  axes=([0], [0, 1])
tile(A=a, reps=2) | A="text"  reps=-1  reps="two"  reps=1.5
trace(a=m, offset=0) | a=v  a="text"  offset="one"  axis1=7  dtype="floot"
transpose(a=a, axes=(1, 0)) | a="text"  axes=(0, 7)  axes=(0, 0)  axes="rows"  axes=(0,)
trapezoid(y=a, axis=-1) | y="text"  x=np.ones(4)  dx="one"  axis=7
tril(m=a, k=0) | m="text"  m=1.0  k="one"
triu(m=a, k=0) | m="text"  m=1.0  k="one"
unstack(x=a, axis=0) | x=1.0  x="text"  axis=7
vander(x=v, N=3) | x=a  x="text"  N=-1  N=2.5  N="three"
where(condition=a > 0, x=a, y=0.0) | condition="text"  x=np.ones(7)  y="text"
xlogy(x=a, y=a) | x="text"  y=np.ones(7)
arccosh(x=a + 1) | x="text"
normal(x=a) | x="text"
nn.Linear(in_features=3, out_features=2, init="he_normal", rng=0, dtype="float32") | in_features=0  in_features="three"  in_features=2.5  out_features=-1  out_features=None  bias="no"  init="he_norml"  init=3  rng="seed"  dtype="floot"  dtype="int64"
nn.Embedding(num_embeddings=4, embedding_dim=2, rng=0) | num_embeddings=0  embedding_dim="two"  padding_idx=4  padding_idx="none"  init="norml"  rng="seed"  dtype="floot"
nn.Conv1d(in_channels=2, out_channels=3, kernel_size=3, rng=0) | in_channels=0  out_channels="three"  kernel_size=0  kernel_size=(1, 2)  stride=0  padding=-1  padding="some"  dilation=0  groups=3  groups="two"  bias="no"  init="he"  rng="seed"  dtype="floot"
nn.Conv2d(in_channels=2, out_channels=3, kernel_size=3, rng=0) | in_channels=0  out_channels="three"  kernel_size=0  kernel_size=(1, 2, 3)  stride=0  padding=-1  padding="some"  dilation=0  groups=3  groups="two"  bias="no"  init="he"  rng="seed"  dtype="floot"
nn.AvgPool1d(kernel_size=2) | kernel_size=0  kernel_size="two"  stride=0  padding=-1  padding=2
nn.AvgPool2d(kernel_size=2) | kernel_size=0  kernel_size="two"  stride=0  padding=-1  padding=2
nn.MaxPool1d(kernel_size=2) | kernel_size=0  kernel_size="two"  stride=0  padding=-1  padding=2
nn.MaxPool2d(kernel_size=2) | kernel_size=0  kernel_size="two"  stride=0  padding=-1  padding=2
nn.BatchNorm1d(num_features=3) | num_features=0  num_features="three"  eps=-1  eps="small"  momentum=2  momentum="slow"  affine="no"  dtype="floot"
nn.BatchNorm2d(num_features=3) | num_features=0  num_features="three"  eps=-1  eps="small"  momentum=2  momentum="slow"  affine="no"  dtype="floot"
nn.LayerNorm(normalized_shape=3) | normalized_shape=0  normalized_shape="three"  normalized_shape=()  eps=-1  elementwise_affine="no"  dtype="floot"
nn.Dropout(p=0.5, rng=0) | p=1.5  p=-0.1  p="half"  rng="seed"
nn.ELU(alpha=1.0) | alpha="one"
nn.GELU(approximate="none") | approximate="some"
nn.LeakyReLU(negative_slope=0.1) | negative_slope="small"
nn.Flatten(start_dim=1) | start_dim="one"  start_dim=1.5
nn.MLP(sizes=[3, 4, 2], activation="relu", rng=0) | sizes=[3]  sizes=[3, 0]  sizes=[3, "four"]  activation="rely"  activation=3  output="sigmod"  cost="cross"  rng="seed"  dtype="floot"
nn.Sequential(layers=[nn.Linear(3, 2)]) | layers=[3]  layers=["relu"]
nn.Residual(layers=[nn.Linear(3, 3)]) | layers=[3]  layers=["relu"]
nn.Module.load_state_dict(self=net, state=net.state_dict()) | state=3  state={}  state={"weight": 1.0}
nn.Module.load_matching(self=net, state=net.state_dict()) | state=3  state={}  state={"weight": np.ones(7)}
nn.Module.train(self=net, mode=True) | mode="yes"
nn.Sequential.append(self=nn.Sequential(), layer=net) | layer="relu"  layer=3
nn.MLP.predict(self=nn.MLP(3, 2), x=a) | x="text"  x=np.ones((2, 7))
nn.MLP.cost(self=nn.MLP(3, 3, cost="cross_entropy", output="softmax"), z=a, t=labels) | z="text"  t=[0, 7]  t="text"  sample_weight=[1]
nn.MLP.loss(self=nn.MLP(3, 3, cost="cross_entropy", output="softmax"), x=a, t=labels) | x="text"  t=[0, 7]  t="text"  sample_weight=[1]
nn.Optimizer.load_state_dict(self=nn.Adam(net.parameters()), state=nn.Adam(net.parameters()).state_dict()) | state=3  state={}
nn.History.save(self=nn.History([{"loss": 1.0}]), path=folder / "h.csv") | path=3
nn.History.load(path=table()) | path=3
nn.MinMax(shape=3) | shape="three"  shape=-1
nn.Standardize(shape=3) | shape="three"  shape=-1
nn.SGD(params=net.parameters(), lr=0.1, momentum=0.9) | params=3  params=[]  params=[1.0]  params=["W"]  lr=-1.0  lr="fast"  lr=None  lr=float("nan")  momentum=-0.1  momentum=1.5  momentum="some"  nesterov="yes"  weight_decay=-1.0  weight_decay="some"  max_norm=-1.0
nn.Adagrad(params=net.parameters(), lr=0.1) | params=3  params=[]  lr=-1.0  lr="fast"  eps=-1.0  weight_decay=-1.0
nn.RMSprop(params=net.parameters(), lr=0.1) | params=3  params=[]  lr=-1.0  lr="fast"  alpha=2.0  eps=-1.0  weight_decay=-1.0
nn.Adam(params=net.parameters(), lr=0.1) | params=3  params=[]  lr=-1.0  lr="fast"  betas=(0.9, 1.0)  betas=0.9  betas=("a", "b")  betas=(0.9,)  eps=-1.0  weight_decay="some"
nn.AdamW(params=net.parameters(), lr=0.1) | params=3  params=[]  lr=-1.0  lr="fast"  betas=(0.9, 1.0)  betas=0.9  eps=-1.0  weight_decay=-1.0
nn.Optimizer(params=net.parameters(), lr=0.1) | params=3  params=[1.0]  lr=-1.0
nn.Groups(optimizers=[nn.SGD(net.parameters(), 0.1)]) | optimizers=[3]  optimizers=()
nn.EarlyStopping(monitor="val_loss", patience=3) | monitor=3  patience=0  patience="long"  least=-1.0  least="some"  mode="up"  restore="yes"
nn.DataLoader(arrays=[a, labels], batch_size=2, rng=0) | arrays=()  arrays=[a, v]  arrays=[3.0]  batch_size=0  batch_size="two"  shuffle="yes"  drop_last="yes"  rng="seed"
nn.minibatches(x=a, y=labels, batch_size=1, rng=0) | x=3.0  y=v  batch_size=0  batch_size="two"  rng="seed"
nn.one_hot(labels=[0, 1], classes=2) | labels=[0, 7]  labels=[0.5]  labels="text"  classes=0  classes="two"  dtype="floot"
nn.split(arrays=[np.arange(8)], fractions=(0.5, 0.5), rng=0) | arrays=()  arrays=[np.arange(8), v]  fractions=(0.5, 0.9)  fractions=(-0.5, 1.5)  fractions="half"  stratify=v  rng="seed"
nn.absolute_error(y=a, t=a) | y=v  t=v  t="text"  t=None  sample_weight=v  sample_weight=[-1, 1]  sample_weight="text"
nn.squared_error(y=a, t=a) | y=v  t=v  t="text"  t=None  sample_weight=v  sample_weight=[-1, 1]
nn.half_squared_error(y=a, t=a) | y=v  t=v  t="text"  sample_weight=v
nn.mean_squared_error(y=a, t=a) | y=v  t=v  t="text"  sample_weight=v
nn.binary_cross_entropy(p=p, t=p) | p=np.full(3, 1.5)  t=np.full(3, -1.0)  p="text"  t=np.ones(4)  sample_weight=[-1, 1, 1]
nn.binary_cross_entropy_with_logits(z=v, t=p) | z="text"  t=np.full(3, 1.5)  t=np.ones(4)  sample_weight=[1]  pos_weight=-1.0  pos_weight="heavy"
nn.cross_entropy(z=a, t=labels) | z=v  z="text"  t=[0, 3]  t=[0.5, 1.5]  t=[0]  t=np.ones((2, 4))  t="text"  weight=[1, 2]  weight=[-1, 1, 1]  label_smoothing=1.5  label_smoothing="some"  sample_weight=[1]
nn.hinge(y=v, t=[1, -1, 1]) | y="text"  t=[1, 0, 1]  t=[1, -1]  sample_weight=[1]
nn.huber(y=a, t=a, delta=1.0) | y=v  t="text"  delta=0.0  delta="wide"  sample_weight=v
nn.kl_divergence(log_q=np.log(p), p=p) | log_q="text"  p=np.ones(4)  p=-p  sample_weight=[1, 2, 3, 4]
nn.l1(params=net.parameters()) | params=3  params=["W"]
nn.l2(params=net.parameters()) | params=3  params=["W"]
nn.nll(log_p=ag.log_softmax(a), t=labels) | log_p=v  log_p="text"  t=[0, 3]  t=[0]  t="text"  sample_weight=[1]
nn.clip_grad_norm(params=swept(), max_norm=1.0) | params=3  params=["W"]  max_norm=-1.0  max_norm="small"
nn.clip_grad_value(params=swept(), clip_value=1.0) | params=3  params=["W"]  clip_value=-1.0  clip_value="small"
nn.compile_step(f=f, optimizer=nn.SGD(net.parameters(), 0.1)) | f="text"  optimizer="sgd"  optimizer=None
nn.evaluate(model=net, x=a, y=a[:, :2], loss=nn.squared_error) | model=3  x=v  x="text"  y=v  y=np.ones((3, 2))  loss="mse"  metrics="acuracy"  metrics=[3]
nn.predict(model=net, x=a) | model=3  x="text"  x=np.ones((2, 4))  batch_size=0  batch_size="all"
nn.fit(model=net, x=a, y=a[:, :2], epochs=1, optimizer=nn.SGD(net.parameters(), 0.1), loss=nn.squared_error, progress=False) | model=3  x=np.ones((2, 4))  x="text"  x=np.full((2, 3), np.nan)  y=np.ones((3, 2))  y="text"  epochs=-1  epochs="ten"  epochs=1.5  batch_size=0  batch_size="all"  optimizer="sgd"  optimizer=3  loss="mse"  loss=3  penalty=3  validation=3  validation=(a, a, a, a)  validation=1.5  sample_weight=v  sample_weight="text"  class_weight="text"  metrics="acuracy"  metrics=[3]  rng="seed"  callbacks=3  callbacks=[3]  checkpoint=3  checkpoint_every=0  checkpoint_every="day"  resume="yes"  progress="yes"  compile="yes"
nn.save(model=net, path=folder / "w.safetensors") | model=3  path=3  metadata=3  metadata={"a": object()}
nn.load(path=saved(), model=net) | path=3  model=3  model=nn.Linear(4, 4)
nn.metadata(path=saved()) | path=3
nn.summary(model=net, input_shape=3) | model=3  input_shape="three"  input_shape=-1  input_shape=7  dtype="floot"
nn.init.start(shape=(2, 3), init="normal", rng=0, dtype=float) | shape="wide"  init="norml"  init=3  rng="seed"
nn.init.he_normal(shape=(2, 3), rng=0) | shape="wide"  shape=(-1, 2)  shape=3  rng="seed"  dtype="floot"
nn.init.normal(shape=(2, 3), rng=0) | shape="wide"  std=-1.0  std="wide"  rng="seed"
nn.init.orthogonal(shape=(2, 3), rng=0) | shape=(3,)  gain="big"  rng="seed"
nn.datasets.mnist(folder=idx()) | folder=3.0  dtype="floot"  images="yes"
nn.init.zeros(shape=(2, 3)) | shape="wide"  dtype="floot"
nn.metrics.accuracy(z=a, t=labels) | z="text"  t=[0]  t="text"  t=v
nn.metrics.confusion_matrix(z=labels, t=labels, classes=3) | t=[0]  t=[0, 7]  z=[0, 7]  z="text"  classes=0  classes="three"
nn.metrics.binary_accuracy(p=p, t=[0, 1, 1]) | p="text"  p=np.full(3, 1.5)  t=[0]  t=[0, 1, 2]
nn.metrics.binary_accuracy_with_logits(z=v, t=[0, 1, 1]) | z="text"  t=[0]  t=[0, 1, 2]
nn.metrics.balanced_accuracy(z=a, t=labels) | z="text"  t=[0]
nn.metrics.roc_auc(p=p, t=[0, 1, 1]) | p="text"  t=[0]  t=[0, 1, 2]  p=a
nn.metrics.root_mean_squared_error(y=v, t=v) | y="text"  t=[0.0]
nn.metrics.f1(z=a, t=labels) | z="text"  t=[0]  average="some"
nn.metrics.precision(z=a, t=labels) | z="text"  t=[0]  average="some"
nn.metrics.recall(z=a, t=labels) | z="text"  t=[0]  average="some"
nn.metrics.top_k_accuracy(z=a, t=labels, k=2) | z="text"  t=[0]  k=0  k="two"  k=7
nn.metrics.r2(y=v, t=v) | y="text"  t=[0.0]
nn.metrics.mean_absolute_error(y=v, t=v) | y="text"  t=[0.0]
nn.schedules.constant(lr=0.1) | lr=-1.0  lr="fast"
nn.schedules.cosine(lr=0.1, steps=10) | lr="fast"  steps=0  steps="ten"  last=-1.0
nn.schedules.exponential(lr=0.1, gamma=0.9) | lr="fast"  gamma=-1.0  gamma="some"
nn.schedules.inverse_time(lr=0.1, decay=0.1) | lr="fast"  decay=-1.0  decay="some"
nn.schedules.joined(schedules=[0.1, 0.2], lengths=[3]) | schedules=[]  schedules="fast"  lengths=[3, 4]  lengths=[0]  lengths="long"
nn.schedules.polynomial(lr=0.1, steps=10) | lr="fast"  steps=0  power=-1.0  last="low"
nn.schedules.step(lr=0.1, every=10) | lr="fast"  every=0  gamma="some"
nn.schedules.warm_restarts(lr=0.1, steps=10) | lr="fast"  steps=0  factor=0  last="low"
nn.schedules.warmup(schedule=0.1, steps=10) | schedule="fast"  steps=-1
nn.schedules.ReduceOnPlateau(lr=0.1) | lr="fast"  factor=2.0  patience=-1  threshold=-1.0  mode="up"  least="low"
nn.datasets.digits(split=0) | split="first"  split=-1  dtype="floot"
nn.datasets.iris(split=0) | split="first"  split=-1  dtype="floot"
nn.datasets.csv(path=table(), target="y") | path=3.0  target="z"  target=7  task="guess"  columns=["z"]  columns=3  drop=["z"]  drop=3  delimiter="ab"  delimiter=3  header="yes"  dtype="floot"
nn.datasets.npz(path=packed(), names=["x", "y"]) | path=3.0  names=3
nn.plots.save(figure=figure(), path=folder / "f.svg") | path=3  path="f.bmp"  figure=3
nn.plots.curves(history=EPOCHS) | history=[]  history=3  history="text"
nn.plots.gradient_norms(norms={"W": [1.0]}) | norms={}  norms=3
nn.plots.schedule(lr=0.1, steps=3) | lr="fast"  steps=0  steps="ten"
nn.plots.confusion(z=a, t=labels) | z="text"  t=[0]  t="text"
nn.plots.weights(layer=net, shape=(1, 3)) | layer=3  shape="wide"  most=0
nn.plots.GradientNorms(model=net) | model=3
nn.plots.decision_boundary(model=lambda x: x[:, :1], x=np.ones((4, 2)), y=[0, 1, 0, 1]) | model=3  x=v  y=[0]  points=1  threshold="high"
"""
ONE = """absolute abs arccos arcsin arcsinh arctan arctanh cbrt ceil cos cosh deg2rad degrees erf exp exp2 expm1 floor
    hard_tanh log log10 log1p log2 log_sigmoid mish negative normal rad2deg radians reciprocal relu rint selu sigmoid
    sign sin sinc sinh softplus sqrt square swish tan tanh trunc nn.relu nn.sigmoid nn.softplus nn.swish nn.tanh"""
TWO = """add arctan2 copysign divide float_power fmax fmin fmod heaviside hypot logaddexp logaddexp2 maximum minimum
    multiply power ratio remainder subtract"""
INITS = """glorot_normal glorot_uniform he_normal he_uniform lecun_normal lecun_uniform kaiming_normal kaiming_uniform
    xavier_normal xavier_uniform"""
CALLS += "".join(f"{name}(x=a) | x='text'  x=1j\n" for name in ONE.split())
CALLS += "".join(f"{name}(x1=a, x2=v) | x1='text'  x2=np.ones(4)  x2=1j\n" for name in TWO.split())
CALLS += "".join(
    f"nn.init.{name}(shape=(2, 3)) | shape='wide'  shape=(-1, 2)  dtype='floot'\n" for name in INITS.split()
)


def things(folder: Path) -> dict[str, Any]:
    """What the calls are made of."""
    a, labels = np.arange(6.0).reshape(2, 3) / 7 + 0.1, np.array([0, 2])
    x = ag.Tensor(a, requires_grad=True, name="x")
    net = nn.Linear(3, 2, rng=0)

    def swept() -> list[ag.Tensor]:
        net(a).sum().backward()
        return [*net.parameters()]

    def program() -> ag.Program:
        compiled = ag.compile(np.square)
        compiled(a)
        return compiled

    def table(text: str = "y,u\n1,2\n3,4\n") -> Path:
        (folder / "t.csv").write_text(text)
        return folder / "t.csv"

    def idx() -> Path:
        for part in ("train", "t10k"):
            (folder / f"{part}-images-idx3-ubyte").write_bytes(
                bytes([0, 0, 8, 3, *(0, 0, 0, 2), *(0, 0, 0, 1) * 2, 5, 6])
            )
            (folder / f"{part}-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, *(0, 0, 0, 2), 0, 1]))
        return folder

    def packed() -> Path:
        np.savez(folder / "p.npz", x=a, y=labels)
        return folder / "p.npz"

    return {
        "np": np, "ag": ag, "nn": nn, "Tensor": ag.Tensor, "folder": folder, "a": a, "v": np.array([0.1, 0.2, 0.4]),
        "p": np.array([0.2, 0.3, 0.5]), "m": np.eye(3) * 2 + 0.1, "cube": np.ones((2, 2, 4)), "labels": labels, "x": x,
        "y": (x * x).sum(), "image": np.ones((1, 2, 5, 5)), "kernels": np.ones((3, 2, 2, 2)), "net": net,
        "f": lambda x: (x * x).sum(), "swept": swept, "program": program, "table": table, "packed": packed, "idx": idx,
        "saved": lambda: nn.save(net, folder / "w.safetensors"), "EPOCHS": [{"epoch": 0, "loss": 1.0}],
        "figure": lambda: nn.plots.curves([{"epoch": 0, "loss": 1.0}]).figure,
    }  # fmt: skip


def found(name: str) -> Any:
    """The public thing of this name: of autograd, or, from nn. on, of nn."""
    thing: Any = nn if name.startswith("nn.") else ag
    for part in name.removeprefix("nn.").split("."):
        thing = getattr(thing, part)
    return thing


def called(function: Any, given: dict[str, Any]) -> Any:
    """function(**given), but for arguments that can only be given by place."""
    given, places, parameters = dict(given), [], inspect.signature(function).parameters.values()
    variadic = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
    for p in parameters:
        if p.name == variadic:
            places += given.pop(variadic, ())
        elif p.name in given and (p.name == "self" or variadic in given):
            places.append(given.pop(p.name))
    return function(*places, **given)


def forms(x: Any) -> set[str]:
    """The ways in which a message may tell what came."""
    ways = {repr(x), reprlib.repr(x), describe(x)}
    if hasattr(x, "shape"):
        return ways | {str(x.shape), str(x.dtype)}
    if isinstance(x, int | float | complex):
        return ways | {describe(np.asarray(x)), "shapes ()"}
    if isinstance(x, str | None | Stranger):
        ways |= {type(x).__name__} if isinstance(x, Stranger) else set()
        return ways | {f"{word} ()" for word in ("got", "and", "shapes")}
    parts = x if isinstance(x, list | tuple | dict) else ()
    numbers = all(isinstance(part, int | float) for part in parts)
    shape = {str(np.shape(x))} if isinstance(x, list | tuple) and numbers else set()
    return ways.union({type(x).__name__}, shape, *(forms(part) for part in parts))


# What NumPy says of arrays that do not fit one another, or have no result: why, but not which it is about.
NUMPYS = re.compile(
    "could not be broadcast|must match exactly|must have same number of dimensions|mismatch in its core dimension|"
    "does not have enough dimensions|not aligned|Singular matrix|not positive definite|zero-size array to reduction|"
    "need at least one array to|could not broadcast input|negative dimensions|can't contain negative|too many indices|"
    "must be non-negative|repeated axis|Axes must be different|scale < 0|non-negative integer|must have the same shape"
)


class Stranger:
    """What no argument takes."""

    def __repr__(self) -> str:
        return "<a stranger>"


TAKEN = {"einsum, optimize", "Program, update"}  # arguments that may be anything, or are not looked at
HOOKS = {"forward", "op", "pool", "measure", "begin", "start", "update", "change_by"}  # called for you, defined by you
INNER = {"eagerly", "suited", "expects", "restore", "owner", "clipped", "flat_state", "change", "change_flat", "complete",
         "clip", "clipping", "observe", "Callback.load_state_dict", "EarlyStopping.load_state_dict",
         "ReduceOnPlateau.load_state_dict", "History.column"}  # called by the library alone; or raises KeyError as dicts do  # fmt: skip


def judge(function: Any, given: dict[str, Any], name: str, came: Any, what: str) -> None:
    """Asserts that a call is refused with an error that names the argument, and says what came."""
    try:
        called(function, given)
    except (ValueError, TypeError, IndexError) as error:
        alone, noted = str(error), "\n".join([str(error), *getattr(error, "__notes__", ())])
        told = [re.search(rf"\b{name}\b", text) and "name" for text in (alone, noted)]
        shown = [any(form in text for form in forms(came)) for text in (alone, noted)]
        assert told[1], f"{what}: does not name {name}: {noted}"
        assert shown[1], f"{what}: does not say what came: {noted}"
        assert told[0] or shown[0] or NUMPYS.search(alone), f"{what}: neither names {name} nor says what came: {alone}"
        return
    raise AssertionError(f"{what} was accepted")


def public() -> dict[str, Any]:
    """Every public name that takes arguments, with what it is, but for the types of what others return."""
    names = {name: getattr(ag, name) for name in [*ag.__all__, "abs", "compile", "max", "min", "round", "sum"]}
    names |= {f"nn.{name}": getattr(nn, name) for name in nn.__all__}
    for where, module in [item for item in names.items() if isinstance(item[1], ModuleType)]:
        del names[where]
        names |= {f"{where}.{name}": x for name, x in vars(module).items()
                  if callable(x) and not name.startswith("_") and x.__module__.startswith(module.__name__)}  # fmt: skip
    inner = {ag.Drawing, ag.Formulas, nn.History, nn.datasets.Table, nn.schedules.Schedule, nn.schedules.involved,
             nn.parallel.Ranks, nn.parallel.World, nn.parallel.together}  # fmt: skip
    for where, kind in [item for item in names.items() if isinstance(item[1], type) and item[1] not in inner]:
        names |= {f"{where}.{name}": x for name, x in vars(kind).items() if takes_more(name, x)}
    return {name: x for name, x in names.items() if x not in inner and inspect.signature(x).parameters}


def takes_more(name: str, x: Any) -> bool:
    """Whether it is a public method with arguments, which the users of its class call."""
    if name.startswith("_") or not inspect.isfunction(x) or {name, x.__qualname__} & (HOOKS | INNER):
        return False
    return len(inspect.signature(x).parameters) > 1


def wrong(given: dict[str, Any], parameters: list[inspect.Parameter]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """What is wrong with any call: an argument that there is not, and one left out.  The name, what came, the call."""
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        yield "nonsense", "nonsense", given | {"nonsense": 0}
    by_place = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    for p in parameters:
        if p.default is p.empty and p.name in given and p.name != "self" and not by_place:
            yield p.name, p.name, {name: x for name, x in given.items() if name != p.name}


def strangers(
    given: dict[str, Any], name: str, parameters: list[inspect.Parameter]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The call with a stranger in the place of each argument by itself."""
    for p in parameters:
        if p.kind is not p.VAR_KEYWORD and p.name not in ("self", "args") and f"{name}, {p.name}" not in TAKEN:
            yield p.name, given | {p.name: (Stranger(),) if p.kind is p.VAR_POSITIONAL else Stranger()}


NONSENSE = [object(), b"\2", 1j, float("nan"), float("inf"), 10**30, -(10**30), -1, 0, 1.5, [], {}, set(), (None,), None, True, "text", type, range(3),
            [[1], [1, 2]], np.array(["a"]), np.zeros((2, 0)), np.datetime64("2020"), np.array([None]), str.upper,
            ag.Tensor([1.0, 2.0], requires_grad=True)]  # fmt: skip


def endured(name: str, thing: Any, source: str, folder: Path, each: int, turn: int) -> int:
    """Puts so much nonsense in the place of every argument, by itself: taken or refused, but not with another error.

    turn    how many places have had theirs: each one begins where the last one has stopped
    """
    parameters = [p for p in inspect.signature(thing).parameters.values() if p.kind is not p.VAR_KEYWORD]
    parameters = [p for p in parameters if p.name not in ("self", "path", "folder", "checkpoint")]
    parameters = [p for p in parameters if (name, p.name) != ("nn.fit", "epochs")]  # of which there may be 10**30
    for n, p in enumerate(parameters, turn):
        for k in range(n * each, (n + 1) * each):
            value = NONSENSE[k % len(NONSENSE)]
            given = eval(f"dict({source}", things(folder))
            try:
                called(thing, given | {p.name: (value,) if p.kind is p.VAR_POSITIONAL else value})
            except (ValueError, TypeError, IndexError, RuntimeWarning, DeprecationWarning):  # NumPy's, by its age
                pass
            except Exception as error:
                raise AssertionError(f"{name}, {p.name}={value!r}: {type(error).__name__}: {error}") from error
    return len(parameters)


@promise("A bad argument of a public function, of a class, or of a method that its users call, each in turn, ends in a "
         "`ValueError`, `TypeError` or `IndexError` whose message names the argument or says what came, or is NumPy's "
         "own of arrays that do not fit; the note under it, the call, has both.  So do arguments that there are not, or "
         "are left out.  Nonsense in place of any argument raises nothing else.", 2, len(NONSENSE))  # fmt: skip
def arguments(n_nonsense: int) -> str:
    lines = [line.partition(" |") for line in CALLS.strip().splitlines()]
    names, n = {right.partition("(")[0] for right, _, _ in lines}, 0
    places = 0
    assert (lacking := public().keys() - names) == set(), f"no line for {lacking}"
    with TemporaryDirectory() as folder, warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "More than 20 figures")
        for right, _, bad in lines:
            name, _, source = right.partition("(")
            thing, parts = found(name), [part for part in re.split(r"  +", bad.strip()) if part]
            given = eval(f"dict({source}", things(Path(folder)))
            called(thing, given)  # which is right
            for argument, came, call in wrong(given, [*inspect.signature(thing).parameters.values()]):
                judge(thing, call, argument, came, f"{name}, {argument}")
                n += 1
            for argument, call in strangers(given, name, [*inspect.signature(thing).parameters.values()]):
                judge(thing, call, argument, Stranger(), f"{name}, {argument}, a stranger")
                n += 1
            for part in parts:
                space = things(Path(folder))
                given = eval(f"dict({source}", space)
                ((argument, came),) = eval(f"dict({part})", space).items()
                judge(thing, given | {argument: came}, argument, came, f"{name}({part})")
                n += 1
            places += endured(name, thing, source, Path(folder), n_nonsense, places)
    more = f"; nonsense in their place {places * n_nonsense:,} times: no other error"
    return f"{n:,} bad arguments of {len(names)} public names and methods: all refused, and named{more}"
