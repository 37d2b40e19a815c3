"""Who is measured: a peer is a class made of a workload and its parameters; step(x, t) returns the loss."""

from importlib import import_module

PEERS = {  # name: its file, its class, and how the tables call it
    "hand": ("hand", "ByHand", "by hand"),
    "products": ("products", "Products", "only its matmuls"),
    "torch": ("torch", "Torch", "PyTorch, eager"),
    "jax": ("jax", "Jax", "JAX, jit"),
    "mygrad": ("mygrad", "MyGrad", "MyGrad"),
    "hips": ("hips", "Hips", "HIPS autograd"),
    "eager": ("ours", "Eager", "glassgrad, eager"),
    "apart": ("ours", "Apart", "glassgrad, compiled, update apart"),
    "compiled": ("ours", "Compiled", "glassgrad, compiled"),
}


def load(name):
    """The class of a peer; raises ModuleNotFoundError where its package is not installed."""
    file, cls, _ = PEERS[name]
    return getattr(import_module(f"peers.{file}"), cls)
