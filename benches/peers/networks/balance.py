#!/usr/bin/env python3
"""The network of Vogels et al. 2011 whose inhibition learns, in Brian2: what scenarios/networks/balance.toml is held against.

    python3 balance.py --eta 0.2 --seconds 10
"""

import argparse
import brian2
from brian2 import (Network, NeuronGroup, SpikeMonitor, Synapses, defaultclock, mV, ms, nS, pA, pF, seed, second, set_device)

parser = argparse.ArgumentParser()
parser.add_argument("--eta", type=float, default=0.2)
parser.add_argument("--seconds", type=float, default=10.0)
parser.add_argument("--seed", type=int, default=1)
args = parser.parse_args()

set_device("cpp_standalone", directory=None)
seed(args.seed)
defaultclock.dt = 0.1 * ms
cells = NeuronGroup(
    10_000,
    """dv/dt = (10*nS*(-60*mV - v) - g_e*v - g_i*(v + 80*mV) + 200*pA) / (200*pF) : volt (unless refractory)
       dg_e/dt = -g_e/(5*ms) : siemens
       dg_i/dt = -g_i/(10*ms) : siemens""",
    threshold="v > -50*mV", reset="v = -60*mV", refractory=5 * ms, method="exponential_euler",
)
cells.v = "-60*mV + rand()*10*mV"
e, i = cells[:8000], cells[8000:]
excitation = Synapses(e, cells, on_pre="g_e += 0.3*nS")
excitation.connect(p=0.02)
inhibition = Synapses(i, i, on_pre="g_i += 3*nS")
inhibition.connect(p=0.02)
alpha = 2 * 3 * 0.02
learning = Synapses(
    i, e,
    """w : 1
       dx/dt = -x/(20*ms) : 1 (event-driven)
       dy/dt = -y/(20*ms) : 1 (event-driven)""",
    on_pre=f"g_i += w*nS; w = clip(w + {args.eta}*(y - {alpha}), 0, 100); x += 1",
    on_post=f"w = clip(w + {args.eta}*x, 0, 100); y += 1",
)
learning.connect(p=0.02)
spikes = SpikeMonitor(cells)
network = Network(cells, excitation, inhibition, learning, spikes)
network.run(args.seconds * second)
late = spikes.t / second > args.seconds / 2
of_e = spikes.i < 8000
half = args.seconds / 2
print(f"Brian2 {brian2.__version__}: eta {args.eta}, {args.seconds} s, seed {args.seed}")
print(f"second half: e {(late & of_e).sum() / 8000 / half:.3f} Hz, i {(late & ~of_e).sum() / 2000 / half:.3f} Hz, "
      f"weight {learning.w[:].mean():.3f} sd {learning.w[:].std():.3f} nS")
