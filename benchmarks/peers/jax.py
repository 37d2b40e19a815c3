"""JAX: the whole step under jit, the parameters donated, so that XLA may update them in place.

A long loop is a lax.scan: unrolled, XLA compiles a thousand operations for minutes.
"""

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


class Jax:
    packages = ("jax", "jaxlib")
    array = staticmethod(jax.device_put)
    tanh, sigmoid, relu, sum = map(staticmethod, (jnp.tanh, jax.nn.sigmoid, jax.nn.relu, jnp.sum))
    linear = staticmethod(lambda x, W, b: x @ W + b)
    squared_error = staticmethod(lambda z, t: jnp.sum((z - t) ** 2) / len(z))

    max_pool = staticmethod(
        lambda x: jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    )
    loop = staticmethod(lambda f, times, x: jax.lax.scan(lambda x, _: (f(x), None), x, length=times)[0])

    @staticmethod
    def conv(x, K, b, padding):
        return jax.lax.conv_general_dilated(x, K, (1, 1), [(padding, padding)] * 2) + b[:, None, None]

    @staticmethod
    def cross_entropy(z, t):
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), t[:, None], axis=1))

    def __init__(self, work, params):
        self.params = [jax.device_put(p) for p in params]

        def step(params, x, t):
            loss, grads = jax.value_and_grad(lambda params: work.loss(self, params, x, t))(params)
            return loss, [p - work.lr * g for p, g in zip(params, grads, strict=True)]

        self.jitted = jax.jit(step, donate_argnums=0)

    def step(self, x, t):
        loss, self.params = self.jitted(self.params, x, t)
        return float(loss)
