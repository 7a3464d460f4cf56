"""Vogels and Abbott's network of Hodgkin-Huxley cells: benchmark 3 of the review of Brette et al.

    c_m dV/dt = -g_na m^3 h (V - e_na) - g_k n^4 (V - e_k) - g_l (V - e_l) - g_e (V - e_e) - g_i (V - e_i)
    dx/dt     = alpha_x(u) (1 - x) - beta_x(u) x      for x = m, h, n;   u = V - v_t
    alpha_m = 0.32 (13 - u) / (exp((13 - u)/4) - 1)     beta_m = 0.28 (u - 40) / (exp((u - 40)/5) - 1)
    alpha_h = 0.128 exp((17 - u)/18)                    beta_h = 4 / (1 + exp((40 - u)/5))
    alpha_n = 0.032 (15 - u) / (exp((15 - u)/5) - 1)    beta_n = 0.5 exp((10 - u)/40)

Synapses, their conductances and the kick are those of `coba`. At the start V is uniform in [-70, -60) mV, each gate in its
steady state at its cell's V, and no synapse open.

A spike is what rises through -20 mV: Brian2 asks V > -20 mV and does not ask again before V is below. NEST's model looks for
a maximum instead, V >= v_t + 30 mV and falling, at most one in t_ref = 3 ms, and so sends a few steps later. Brian2 holds
the other variables while one moves (exponential Euler), NEST takes Runge-Kutta steps of its own choice.

Rates with Brian2, six seeds: 33 to 37 Hz, on average 35.4. A step of 0.02 ms gives 39 to 44 Hz, on average 42.1 (five seeds),
NEST 36 and 41 Hz (two): 0.1 ms is coarse for exponential Euler. It is what Brian2's own example takes, and so does this one.

Brette et al. 2007, J. Comput. Neurosci. 23:349; Traub & Miles 1991, Neuronal Networks of the Hippocampus.
"""
import coba
import cuba
import network
from coba import C_M, E_E, E_I, E_L, G_L, KICK, KICK_RATE, W_E, W_I
from cuba import N_E, N_I, OUT_DEGREE, POPULATIONS, TAU_E, TAU_I

G_NA, G_K = 20_000.0, 6_000.0  # nS: 100 and 30 mS/cm2 on 20,000 um2
E_NA, E_K, V_T = 50.0, -90.0, -63.0  # mV
V_LOW, V_HIGH = -70.0, -60.0  # mV, at the start
CROSSING = -20.0  # mV
NEST_T_REF = 3.0  # ms


def nest(args):
    import numpy as np
    kernel = network.Nest(args)
    nest = kernel.nest
    v = np.random.default_rng(args.seed).uniform(V_LOW, V_HIGH, N_E + N_I)
    m, h, n = steady_state(v)
    cells = nest.Create("hh_cond_exp_traub", N_E + N_I, {
        "C_m": C_M, "g_L": G_L, "g_Na": G_NA, "g_K": G_K, "E_L": E_L, "E_Na": E_NA, "E_K": E_K, "V_T": V_T,
        "E_ex": E_E, "E_in": E_I, "tau_syn_ex": TAU_E, "tau_syn_in": TAU_I, "t_ref": NEST_T_REF,
        "V_m": v, "Act_m": m, "Inact_h": h, "Act_n": n,
    })
    cuba.nest_synapses(nest, cells, N_E, W_E, -W_I)
    coba.nest_kick(nest, cells)
    return kernel.run(cells)


def steady_state(v):
    """m, h and n after a long time at v; NEST's own start is that of u = -60 mV, far from any V in use."""
    import numpy as np
    u = v - V_T
    rates = (
        (0.32 * (13 - u) / np.expm1((13 - u) / 4), 0.28 * (u - 40) / np.expm1((u - 40) / 5)),
        (0.128 * np.exp((17 - u) / 18), 4 / (1 + np.exp((40 - u) / 5))),
        (0.032 * (15 - u) / np.expm1((15 - u) / 5), 0.5 * np.exp((10 - u) / 40)),
    )
    return [opening / (opening + closing) for opening, closing in rates]


def brian2(args):
    program = network.Brian(args)
    b = program.brian2
    constants = {
        "c_m": C_M * b.pF, "g_l": G_L * b.nS, "g_na": G_NA * b.nS, "g_k": G_K * b.nS, "e_l": E_L * b.mV, "e_na": E_NA * b.mV,
        "e_k": E_K * b.mV, "v_t": V_T * b.mV, "e_e": E_E * b.mV, "e_i": E_I * b.mV, "tau_e": TAU_E * b.ms, "tau_i": TAU_I * b.ms,
        "w_e": W_E * b.nS, "w_i": W_I * b.nS, "v_low": V_LOW * b.mV, "v_high": V_HIGH * b.mV, "crossing": CROSSING * b.mV,
    }
    # Written as in Brian2's own example. A u of exactly 13, 15 or 40 would divide 0 by 0; no cell has met one.
    cells = b.NeuronGroup(N_E + N_I, """
        dv/dt = (g_l * (e_l - v) + g_e * (e_e - v) + g_i * (e_i - v)
                 - g_na * (m*m*m) * h * (v - e_na) - g_k * (n*n*n*n) * (v - e_k)) / c_m : volt
        dm/dt = alpha_m * (1 - m) - beta_m * m : 1
        dh/dt = alpha_h * (1 - h) - beta_h * h : 1
        dn/dt = alpha_n * (1 - n) - beta_n * n : 1
        dg_e/dt = -g_e / tau_e : siemens
        dg_i/dt = -g_i / tau_i : siemens
        u = (v - v_t) / mV : 1
        alpha_m = 0.32 * (13 - u) / (exp((13 - u) / 4) - 1) / ms : Hz
        beta_m = 0.28 * (u - 40) / (exp((u - 40) / 5) - 1) / ms : Hz
        alpha_h = 0.128 * exp((17 - u) / 18) / ms : Hz
        beta_h = 4 / (1 + exp((40 - u) / 5)) / ms : Hz
        alpha_n = 0.032 * (15 - u) / (exp((15 - u) / 5) - 1) / ms : Hz
        beta_n = 0.5 * exp((10 - u) / 40) / ms : Hz
        """, threshold="v > crossing", refractory="v > crossing", method="exponential_euler", namespace=constants, name="cells")
    cells.v = "v_low + rand() * (v_high - v_low)"
    for gate in "mhn":
        setattr(cells, gate, f"alpha_{gate} / (alpha_{gate} + beta_{gate})")
    exc, inh = cuba.brian2_synapses(b, cells, N_E, "g_e_post += w_e", "g_i_post += w_i", constants)
    kick = b.PoissonInput(cells, "g_e", N=1, rate=KICK_RATE * b.Hz, weight=W_E * b.nS)
    spikes = b.SpikeMonitor(cells, name="spikes")
    return program.run(b.Network(cells, exc, inh, kick, spikes), spikes, kick=KICK, kick_input=kick)


if __name__ == "__main__":
    network.main({"nest": nest, "brian2": brian2}, POPULATIONS, OUT_DEGREE)
