"""Vogels and Abbott's network with synaptic currents: benchmark 2 of the review of Brette et al.

    c_m dV/dt = -c_m/tau_m (V - e_l) + I_e + I_i;   dI/dt = -I/tau;   a spike adds w to I after the delay

Any two cells are joined with probability p, at most once. The resting potential lies above the threshold: the network needs
no input, and fires irregularly at 5.5 Hz.

Brette et al. 2007, J. Comput. Neurosci. 23:349; Vogels & Abbott 2005, J. Neurosci. 25:10786.
"""
import network

N_E, N_I, P, DELAY = 3_200, 800, 0.02, 0.1  # cells, cells, 1, ms
C_M, TAU_M, T_REF = 200.0, 20.0, 5.0  # pF, ms, ms
E_L, V_TH, V_RESET = -49.0, -50.0, -60.0  # mV
TAU_E, TAU_I = 5.0, 10.0  # ms
W_E, W_I = 16.2, -90.0  # pA

POPULATIONS = {"e": N_E, "i": N_I}
OUT_DEGREE = {"e": P * (N_E + N_I - 1), "i": P * (N_E + N_I - 1)}


def nest(args):
    kernel = network.Nest(args)
    nest = kernel.nest
    cells = nest.Create("iaf_psc_exp", N_E + N_I, {
        "C_m": C_M, "tau_m": TAU_M, "t_ref": T_REF, "E_L": E_L, "V_th": V_TH, "V_reset": V_RESET,
        "tau_syn_ex": TAU_E, "tau_syn_in": TAU_I, "V_m": nest.random.uniform(V_RESET, V_TH),
    })
    nest_synapses(nest, cells, N_E, W_E, W_I)
    return kernel.run(cells)


def nest_synapses(nest, cells, excitatory, w_e, w_i):
    drawn = {"rule": "pairwise_bernoulli", "p": P, "allow_autapses": False, "allow_multapses": False}
    nest.Connect(cells[:excitatory], cells, drawn, {"weight": w_e, "delay": DELAY})
    nest.Connect(cells[excitatory:], cells, drawn, {"weight": w_i, "delay": DELAY})


def brian2(args):
    program = network.Brian(args)
    b = program.brian2
    constants = {
        "c_m": C_M * b.pF, "tau_m": TAU_M * b.ms, "e_l": E_L * b.mV, "v_th": V_TH * b.mV, "v_reset": V_RESET * b.mV,
        "tau_e": TAU_E * b.ms, "tau_i": TAU_I * b.ms, "w_e": W_E * b.pA, "w_i": W_I * b.pA,
    }
    cells = b.NeuronGroup(N_E + N_I, """
        dv/dt = (e_l - v) / tau_m + (i_e + i_i) / c_m : volt (unless refractory)
        di_e/dt = -i_e / tau_e : amp
        di_i/dt = -i_i / tau_i : amp
        """, threshold="v >= v_th", reset="v = v_reset", refractory=(T_REF + network.DT) * b.ms, method="exact",
        namespace=constants, name="cells")  # why t_ref + dt: see brunel.py
    cells.v = "v_reset + rand() * (v_th - v_reset)"
    exc, inh = brian2_synapses(b, cells, N_E, "i_e_post += w_e", "i_i_post += w_i", constants)
    spikes = b.SpikeMonitor(cells, name="spikes")
    return program.run(b.Network(cells, exc, inh, spikes), spikes)


def brian2_synapses(b, cells, excitatory, on_exc, on_inh, constants):
    made = []
    for name, sources, first, on_pre in (("exc", cells[:excitatory], 0, on_exc), ("inh", cells[excitatory:], excitatory, on_inh)):
        synapses = b.Synapses(sources, cells, on_pre=on_pre, delay=DELAY * b.ms, namespace=constants, name=name)
        synapses.connect(j=f"k for k in sample({len(cells)}, p={P}) if k != i + {first}")
        made.append(synapses)
    return made


if __name__ == "__main__":
    network.main({"nest": nest, "brian2": brian2}, POPULATIONS, OUT_DEGREE)
