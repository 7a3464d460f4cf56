"""JAX. --style jit: one compiled step, called per batch; scan: the whole epoch as one compiled loop."""
import os

import peer

args = peer.arguments(["jit", "scan"])
if args.threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

net = peer.NETS[args.net]
batch = net["batch"]
x, y, x_test, y_test = peer.load(args)
if args.net == "cnn":  # XLA's convolutions on a CPU want channels last
    x, x_test = x.transpose(0, 2, 3, 1), x_test.transpose(0, 2, 3, 1)
x, y = jnp.asarray(x), jnp.asarray(y)
draws = np.random.default_rng(args.seed)


def layer(*shape):
    """PyTorch's default: uniform within 1 / sqrt(fan_in), biases too."""
    bound = np.prod(shape[:-1]) ** -0.5
    return {name: jnp.asarray(draws.uniform(-bound, bound, size).astype(np.float32))
            for name, size in (("w", shape), ("b", shape[-1:]))}


def conv(p, x):
    return lax.conv_general_dilated(x, p["w"], (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + p["b"]


def pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def forward(parameters, x):
    if args.net == "cnn":
        x = pool(jax.nn.relu(conv(parameters[0], x)))
        x = pool(jax.nn.relu(conv(parameters[1], x)))
        x = x.reshape(len(x), -1)
    activation = jnp.tanh if args.net == "xor" else jax.nn.relu
    dense = parameters[2:] if args.net == "cnn" else parameters
    for p in dense[:-1]:
        x = activation(x @ p["w"] + p["b"])
    return x @ dense[-1]["w"] + dense[-1]["b"]


def loss(parameters, x, y):
    scores = jax.nn.log_softmax(forward(parameters, x))
    return -jnp.take_along_axis(scores, y[:, None], axis=1).mean()


def adam(state, gradient, rate):
    p, m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
    a, b = 1 - 0.9**t, 1 - 0.999**t
    p = jax.tree.map(lambda p, m, v: p - rate * (m / a) / (jnp.sqrt(v / b) + 1e-8), p, m, v)
    return p, m, v, t


def momentum(state, gradient):
    p, m, v, t = state
    m = jax.tree.map(lambda m, g: 0.9 * m + g, m, gradient)
    return jax.tree.map(lambda p, m: p - 0.001 * m, p, m), m, v, t


def step(state, x, y, rows):
    gradient = jax.grad(loss)(state[0], x[rows], y[rows])
    if args.net == "cnn":
        return momentum(state, gradient)
    return adam(state, gradient, 0.03 if args.net == "xor" else 0.001)


if args.net == "cnn":
    parameters = [layer(5, 5, 3, 6), layer(5, 5, 6, 16), layer(400, 120), layer(120, 84), layer(84, 10)]
else:
    parameters = [layer(m, n) for m, n in zip(net["layers"], net["layers"][1:])]
if args.net == "xor":
    for p, bias, std in ((parameters[0], 1.0, 1.0), (parameters[1], 0.0, 20**-0.5)):
        p["w"] = jnp.asarray(draws.normal(0, std, p["w"].shape).astype(np.float32))
        p["b"] = jnp.asarray(draws.normal(0, bias, p["b"].shape).astype(np.float32))
zeros = jax.tree.map(jnp.zeros_like, parameters)
state = (parameters, zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0))

one_step = jax.jit(step, donate_argnums=0)


@partial(jax.jit, donate_argnums=0)
def whole_epoch(state, x, y, order):
    return lax.scan(lambda state, rows: (step(state, x, y, rows), None), state, order)[0]


def epoch():
    global state
    order = draws.permutation(len(x)).reshape(-1, batch)
    if args.style == "scan":
        state = whole_epoch(state, x, y, order)
    else:
        for rows in order:
            state = one_step(state, x, y, rows)
    jax.block_until_ready(state)


def accuracy():
    return (forward(state[0], jnp.asarray(x_test)).argmax(1) == jnp.asarray(y_test)).mean()


peer.run(args, "jax", jax.__version__, epoch, accuracy)
