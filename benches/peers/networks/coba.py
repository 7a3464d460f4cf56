"""Vogels and Abbott's network with synaptic conductances: benchmark 1 of the review of Brette et al.

    c_m dV/dt = -g_l (V - e_l) - g_e (V - e_e) - g_i (V - e_i);   dg/dt = -g/tau;   a spike adds w to g after the delay

Cells and synapses as many as in `cuba`. It rests, until in the first 50 ms independent spikes reach every cell (320 a second,
each as an excitatory synapse); then it keeps itself active at 18.7 Hz.

Brette et al. 2007, J. Comput. Neurosci. 23:349; Vogels & Abbott 2005, J. Neurosci. 25:10786.
"""
import cuba
import network
from cuba import N_E, N_I, OUT_DEGREE, POPULATIONS, TAU_E, TAU_I

C_M, G_L, T_REF = 200.0, 10.0, 5.0  # pF, nS, ms
E_L, V_TH, V_RESET, E_E, E_I = -60.0, -50.0, -60.0, 0.0, -80.0  # mV
W_E, W_I = 6.0, 67.0  # nS
KICK_RATE, KICK = 320.0, 50.0  # Hz, ms


def nest(args):
    kernel = network.Nest(args)
    nest = kernel.nest
    cells = nest.Create("iaf_cond_exp", N_E + N_I, {
        "C_m": C_M, "g_L": G_L, "t_ref": T_REF, "E_L": E_L, "V_th": V_TH, "V_reset": V_RESET, "E_ex": E_E, "E_in": E_I,
        "tau_syn_ex": TAU_E, "tau_syn_in": TAU_I, "V_m": nest.random.uniform(V_RESET, V_TH),
    })
    cuba.nest_synapses(nest, cells, N_E, W_E, -W_I)
    nest_kick(nest, cells)
    return kernel.run(cells)


def nest_kick(nest, cells):
    kick = nest.Create("poisson_generator", params={"rate": KICK_RATE, "stop": KICK})
    nest.Connect(kick, cells, syn_spec={"weight": W_E, "delay": cuba.DELAY})


def brian2(args):
    program = network.Brian(args)
    b = program.brian2
    constants = {
        "c_m": C_M * b.pF, "g_l": G_L * b.nS, "e_l": E_L * b.mV, "v_th": V_TH * b.mV, "v_reset": V_RESET * b.mV,
        "e_e": E_E * b.mV, "e_i": E_I * b.mV, "tau_e": TAU_E * b.ms, "tau_i": TAU_I * b.ms, "w_e": W_E * b.nS, "w_i": W_I * b.nS,
    }
    cells = b.NeuronGroup(N_E + N_I, """
        dv/dt = (g_l * (e_l - v) + g_e * (e_e - v) + g_i * (e_i - v)) / c_m : volt (unless refractory)
        dg_e/dt = -g_e / tau_e : siemens
        dg_i/dt = -g_i / tau_i : siemens
        """, threshold="v >= v_th", reset="v = v_reset", refractory=(T_REF + network.DT) * b.ms,
        method="exponential_euler", namespace=constants, name="cells")  # why t_ref + dt: see brunel.py
    cells.v = "v_reset + rand() * (v_th - v_reset)"
    exc, inh = cuba.brian2_synapses(b, cells, N_E, "g_e_post += w_e", "g_i_post += w_i", constants)
    # The same mean as NEST's Poisson numbers, but never two spikes in a step.
    kick = b.PoissonInput(cells, "g_e", N=1, rate=KICK_RATE * b.Hz, weight=W_E * b.nS)
    spikes = b.SpikeMonitor(cells, name="spikes")
    return program.run(b.Network(cells, exc, inh, kick, spikes), spikes, kick=KICK, kick_input=kick)


if __name__ == "__main__":
    network.main({"nest": nest, "brian2": brian2}, POPULATIONS, OUT_DEGREE)
