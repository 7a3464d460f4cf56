"""Diehl & Cook's unsupervised digits in BindsNET: milliseconds for an example of learning, one showing of 350 ms and no pause after it
(duet's time includes repeated showings). The MNIST files are those of `duet data import`. Prints a line of JSON."""
import argparse
import json
import statistics
import time
from importlib.metadata import version

import peer

parser = argparse.ArgumentParser()
parser.add_argument("--neurons", type=int, default=100)
parser.add_argument("--dt", type=float, default=1.0, help="ms")
parser.add_argument("--examples", type=int, default=60)
parser.add_argument("--threads", type=int, default=1)
args = parser.parse_args()
peer.limit(args.threads)

import torch
from bindsnet.encoding import poisson
from bindsnet.models import DiehlAndCook2015

torch.set_num_threads(args.threads)
torch.manual_seed(1)
images = (peer.data_folder() / "mnist/train-images-idx3-ubyte").read_bytes()[16:]
raw = torch.frombuffer(bytearray(images), dtype=torch.uint8).view(-1, 784)
# The parameters of BindsNET's own example of this network; pixels to rates of up to 63.75 Hz, as in the article.
network = DiehlAndCook2015(
    n_inpt=784, n_neurons=args.neurons, exc=22.5, inh=120, dt=args.dt, norm=78.4, theta_plus=0.05, inpt_shape=(1, 28, 28)
)
seconds = []
for image in raw[: args.examples]:
    begin = time.perf_counter()
    spikes = poisson(image.float() / 4.0, time=350, dt=args.dt).view(-1, 1, 1, 28, 28)
    network.run(inputs={"X": spikes}, time=350)
    network.reset_state_variables()
    seconds.append(time.perf_counter() - begin)
print(json.dumps({
    "name": "bindsnet", "version": version("bindsnet"), "torch": torch.__version__, "neurons": args.neurons, "dt_ms": args.dt,
    "threads": args.threads, "ms_per_example": 1000.0 * statistics.median(seconds[len(seconds) // 5 :]),
}))
