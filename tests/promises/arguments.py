"""Bad arguments: every public name called rightly, and then with each argument in turn made wrong."""

import inspect
import reprlib
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import autograd as ag
import nn
from autograd.arguments import describe
from promises import promise

# A line is a call that is right, and after the | what makes it wrong, each by itself.
CALLS = r"""
Tensor(data=a, requires_grad=True, name="x", dtype="float32") | data="text"  data=1j  data=[a, v]  dtype="floot"  requires_grad="yes"
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
compare(hand=v, engine=v, name="W") | hand="text"  engine=None  engine="text"  name=3
draw(output=x.sum(), arrows="both", direction="down") | output=3.0  model=7  depth=-1  depth="deep"  arrows="up"  direction="up"  fold=-1  max_nodes=0  max_nodes="all"
elementwise(function=len_) | function="text"  function=7
primitive(function=len_) | function="text"  function=7
fused(composition=len_) | composition="text"
formulas(x=x.sum(), wrt=None, numbers=True) | x=3.0  wrt=3.0  wrt=Tensor(1.0)  max_lines="all"  max_lines=-1
page(root=x.sum()) | root=3.0  line_of=3
grad(f=len_, argnums=0, has_aux=False) | f=3.0  argnums="x"  argnums=1.5  has_aux="yes"
value_and_grad(f=len_, argnums=0) | f=3.0  argnums="x"  has_aux="yes"
elementwise_grad(f=len_, argnums=0) | f=3.0  argnums="x"
jacobian(f=len_, argnums=0) | f=3.0  argnums="x"
hessian(f=len_, argnums=0) | f=3.0  argnums="x"
hvp(f=len_, argnums=0) | f=3.0  argnums="x"
vjp(f=ag.sin, args=[2.0]) | f=3.0  args=["text"]  args=[2]
jvp(f=ag.sin, primals=(2.0,), tangents=(1.0,)) | f=3.0  primals=("text",)  primals=3.0  tangents=(v,)  tangents=1.0  tangents=("text",)
gradients(output=y, inputs=[x]) | output=3.0  output=Tensor(1.0)  inputs=[Tensor(1.0)]  inputs=[3.0]  inputs=3.0  cotangent=v  cotangent="text"
compile(f=len_, wrt=()) | f="text"  wrt=3.0  wrt=[3.0]  wrt=[Tensor(1.0)]
Program(f=len_, wrt=()) | f="text"  wrt=3.0
Program.save(self=program(), path=folder / "p.py") | path=3.0
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
linear(x=a, weight=m, bias=v) | x="text"  x=np.ones((2, 4))  weight=np.ones((3, 4))  weight="text"  bias=np.ones(4)
log_softmax(x=a, axis=-1) | x="text"  axis=7  axis="rows"
softmax(x=a, axis=-1) | x="text"  axis=7  axis="rows"
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
""" + "".join(f"{n}(x=a) | x='text'\n" for n in "absolute abs arccos arcsin arcsinh arctan arctanh cbrt ceil cos cosh deg2rad degrees erf exp exp2 expm1 floor hard_tanh log log10 log1p log2 log_sigmoid mish negative rad2deg radians reciprocal relu rint selu sigmoid sign sin sinc sinh softplus sqrt square swish tan tanh trunc".split()) + "".join(f"{n}(x1=a, x2=v) | x1='text'  x2=np.ones(4)  x2=1j\n" for n in "add arctan2 copysign divide float_power fmax fmin fmod heaviside hypot logaddexp logaddexp2 maximum minimum multiply power ratio remainder subtract".split())
