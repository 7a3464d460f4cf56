"""Cortical microcircuit of Potjans and Diesmann: 77,169 cells in eight populations, under 1 mm2 of surface, 299 million synapses.

    c_m dV/dt = -c_m/tau_m (V - e_l) + I;   dI/dt = -I/tau_s;   a spike adds w to I after the delay

Between two populations K = ln(1 - C) / ln(1 - 1/(N_pre N_post)) synapses join random ends, several on one pair allowed. Weights
and delays are normal, drawn again where the sign is wrong or the delay below a step. K_ext synapses from outside each bring a
Poisson train of 8 Hz to a cell.

A smaller circuit (`--scale`) has fewer cells and as much fewer synapses per cell. Weights grow by 1/sqrt(scale), which keeps
the variance of the input, and a constant current makes up for the mean that is lost at the rates of the whole circuit. Cells
then share more of their input and are more correlated: compare rates with published ones at scale 1 only.

Potjans & Diesmann 2014, Cereb. Cortex 24:785; scaling: van Albada et al. 2015, PLoS Comput. Biol. 11:e1004490.
"""
import math

import network

POPULATIONS = {"l23e": 20683, "l23i": 5834, "l4e": 21915, "l4i": 5479, "l5e": 4850, "l5i": 1065, "l6e": 14395, "l6i": 2948}
C = [  # probabilities that two cells are joined; rows: targets, columns: sources
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
    [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
]
K_EXT = [1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100]
RATE_EXT = 8.0  # Hz
C_M, TAU_M, TAU_S, T_REF = 250.0, 10.0, 0.5, 2.0  # pF, ms, ms, ms
E_L, V_TH, V_RESET = -65.0, -50.0, -65.0  # mV
V_MEAN, V_SD = -58.0, 10.0  # mV, at the start
PSP, G, WEIGHT_SD = 0.15, -4.0, 0.1  # mV, 1, share of the mean
DELAY_E, DELAY_I, DELAY_SD = 1.5, 0.75, 0.5  # ms, ms, share of the mean
# Hz, of the whole circuit; only a smaller one needs them.
RATES = [0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829]

SIZES = list(POPULATIONS.values())
K = [[math.log(1 - c) / math.log(1 - 1 / (n_pre * n_post)) for c, n_pre in zip(row, SIZES)] for row, n_post in zip(C, SIZES)]
OUT_DEGREE = {name: sum(row[source] for row in K) / size for source, (name, size) in enumerate(POPULATIONS.items())}
# The current (pA) of a synapse whose potential peaks at PSP: 87.8 pA.
RATIO = TAU_M / TAU_S
PEAK = RATIO ** (-TAU_S / (TAU_M - TAU_S)) - RATIO ** (-TAU_M / (TAU_M - TAU_S))
WEIGHT = PSP * C_M * (TAU_M - TAU_S) / (TAU_M * TAU_S) / PEAK


def weight(target, source):
    """Mean weight in pA. From layer 4 to layer 2/3 excitation is twice as strong."""
    return WEIGHT * (G if source % 2 else 2.0 if (target, source) == (0, 2) else 1.0)


def missing_current(target, scale):
    """pA that a smaller circuit lacks on average."""
    inside = sum(weight(target, source) * K[target][source] / SIZES[target] * rate for source, rate in enumerate(RATES))
    return TAU_S / 1000 * (1 - math.sqrt(scale)) * (inside + WEIGHT * K_EXT[target] * RATE_EXT)


def nest(args):
    kernel = network.Nest(args)
    nest, scale = kernel.nest, args.scale
    grown = 1 / math.sqrt(scale)
    everyone = nest.Create("iaf_psc_exp", sum(round(size * scale) for size in SIZES), {
        "C_m": C_M, "tau_m": TAU_M, "t_ref": T_REF, "E_L": E_L, "V_th": V_TH, "V_reset": V_RESET,
        "tau_syn_ex": TAU_S, "tau_syn_in": TAU_S, "V_m": nest.random.normal(V_MEAN, V_SD),
    })
    populations, first = [], 0
    for target, size in enumerate(SIZES):
        cells = everyone[first:first + round(size * scale)]
        first += len(cells)
        populations.append(cells)
        cells.I_e = missing_current(target, scale)
        outside = nest.Create("poisson_generator", params={"rate": RATE_EXT * round(K_EXT[target] * scale)})
        nest.Connect(outside, cells, syn_spec={"weight": WEIGHT * grown, "delay": DELAY_E})
    for target, cells in enumerate(populations):
        for source, senders in enumerate(populations):
            mean, delay = weight(target, source) * grown, DELAY_I if source % 2 else DELAY_E
            low, high = (0.0, math.inf) if mean > 0 else (-math.inf, 0.0)
            nest.Connect(senders, cells, {"rule": "fixed_total_number", "N": round(K[target][source] * scale**2)}, {
                "weight": nest.math.redraw(nest.random.normal(mean, abs(mean) * WEIGHT_SD), low, high),
                "delay": nest.math.redraw(nest.random.normal(delay, delay * DELAY_SD), network.DT, math.inf),
            })
    return kernel.run(everyone)


if __name__ == "__main__":
    network.main({"nest": nest}, POPULATIONS, OUT_DEGREE, scales=True)
