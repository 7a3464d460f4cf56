"""Keras on TensorFlow. --style fit: model.fit as the tutorials have it; loop: an own loop in one tf.function."""
import os

import peer

args = peer.arguments(["fit", "loop"])
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(args.threads)
tf.config.threading.set_inter_op_parallelism_threads(args.threads)
keras.utils.set_random_seed(args.seed)

net = peer.NETS[args.net]
batch = net["batch"]
x, y, x_test, y_test = peer.load(args)
if args.net == "cnn":  # the one layout that TensorFlow has convolutions for on a CPU
    x, x_test = (np.ascontiguousarray(pixels.transpose(0, 2, 3, 1)) for pixels in (x, x_test))


def torch_default(fan_in):
    """PyTorch's default: uniform within 1 / sqrt(fan_in), biases too."""
    uniform = keras.initializers.RandomUniform
    bound = fan_in**-0.5
    return {"kernel_initializer": uniform(-bound, bound), "bias_initializer": uniform(-bound, bound)}


def dense(fan_in, units, activation=None):
    return keras.layers.Dense(units, activation=activation, **torch_default(fan_in))


if args.net == "cnn":
    model = keras.Sequential([
        keras.Input((32, 32, 3)),
        keras.layers.Conv2D(6, 5, activation="relu", **torch_default(75)),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(16, 5, activation="relu", **torch_default(150)),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        dense(400, 120, "relu"),
        dense(120, 84, "relu"),
        dense(84, 10),
    ])
    optimizer = keras.optimizers.SGD(0.001, momentum=0.9)
elif args.net == "xor":
    normal = keras.initializers.RandomNormal
    model = keras.Sequential([
        keras.Input((2,)),
        keras.layers.Dense(20, "tanh", kernel_initializer=normal(0, 1), bias_initializer=normal(0, 1)),
        keras.layers.Dense(2, kernel_initializer=normal(0, 20**-0.5)),
    ])
    optimizer = keras.optimizers.Adam(0.03)
else:
    sizes = net["layers"]
    hidden = [dense(m, n, "relu") for m, n in zip(sizes, sizes[1:-1])]
    model = keras.Sequential([keras.Input((sizes[0],)), *hidden, dense(sizes[-2], sizes[-1])])
    optimizer = keras.optimizers.Adam(0.001)
criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer, criterion, metrics=["accuracy"])


def fit():
    model.fit(x, y, batch_size=batch, epochs=1, verbose=0)


if args.style == "loop":
    pixels, labels = tf.constant(x), tf.constant(y)
    optimizer.build(model.trainable_variables)


@tf.function
def steps(order):
    for rows in order:
        with tf.GradientTape() as tape:
            scores = model(tf.gather(pixels, rows), training=True)
            truth = tf.gather(labels, rows)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(truth, scores))
        optimizer.apply(tape.gradient(loss, model.trainable_variables))


def loop():
    steps(tf.constant(np.random.permutation(len(x)).reshape(-1, batch)))


def accuracy():
    return (model.predict(x_test, batch_size=1000, verbose=0).argmax(1) == y_test).mean()


peer.run(args, "keras", f"{keras.__version__} on TensorFlow {tf.__version__}", fit if args.style == "fit" else loop, accuracy)
