"""Sparse balanced network of leaky integrate-and-fire cells, model A, with synapses that change V at once.

    tau_m dV/dt = -V;   a spike adds J (excitatory) or -g J (inhibitory) to V after the delay;   V >= theta: spike, V = V_r

Every cell has C_E and C_I sources, drawn without repetition and without itself, and C_E more outside that fire at eta times
the rate which alone would bring V to theta. At g = 5, eta = 2: asynchronous and irregular, 37.5 Hz (mean field: 37.9 Hz).

Brunel 2000, J. Comput. Neurosci. 8:183.
"""
import network

N_E, N_I, C_E, C_I = 10_000, 2_500, 1_000, 250
TAU_M, T_REF, THETA, V_R = 20.0, 2.0, 20.0, 10.0  # ms, ms, mV, mV
J, G, ETA, DELAY = 0.1, 5.0, 2.0, 1.5  # mV, 1, 1, ms
RATE_OUTSIDE = ETA * THETA / (J * C_E * TAU_M) * 1000  # Hz, of each of the C_E sources

POPULATIONS = {"e": N_E, "i": N_I}
OUT_DEGREE = {"e": C_E * (N_E + N_I) / N_E, "i": C_I * (N_E + N_I) / N_I}


def nest(args):
    kernel = network.Nest(args)
    nest = kernel.nest
    cells = nest.Create("iaf_psc_delta", N_E + N_I, {
        "C_m": 1.0, "tau_m": TAU_M, "t_ref": T_REF, "E_L": 0.0, "V_th": THETA, "V_reset": V_R,
        "V_m": nest.random.uniform(0.0, THETA),
    })
    exc, inh = {"weight": J, "delay": DELAY}, {"weight": -G * J, "delay": DELAY}
    drawn = {"rule": "fixed_indegree", "allow_autapses": False, "allow_multapses": False}
    nest.Connect(cells[:N_E], cells, drawn | {"indegree": C_E}, exc)
    nest.Connect(cells[N_E:], cells, drawn | {"indegree": C_I}, inh)
    outside = nest.Create("poisson_generator", params={"rate": RATE_OUTSIDE * C_E})
    nest.Connect(outside, cells, syn_spec=exc)
    return kernel.run(cells)


def brian2(args):
    program = network.Brian(args)
    b = program.brian2
    # Clamped for t_ref after the end of a spike's step; Brian2 counts from its start.
    constants = {"tau_m": TAU_M * b.ms, "theta": THETA * b.mV, "v_r": V_R * b.mV, "J": J * b.mV, "g": G}
    cells = b.NeuronGroup(
        N_E + N_I, "dv/dt = -v/tau_m : volt (unless refractory)", threshold="v >= theta", reset="v = v_r",
        refractory=(T_REF + network.DT) * b.ms, method="exact", namespace=constants, name="cells",
    )
    cells.v = "rand() * theta"
    # Within a population a cell draws from the others: k skips its own number.
    delay = (DELAY - network.DT) * b.ms
    exc = b.Synapses(cells[:N_E], cells, on_pre="v_post += J", delay=delay, namespace=constants, name="exc")
    exc.connect(i=f"k + int(k >= j) for k in sample({N_E - 1}, size={C_E}) if j < {N_E}")
    exc.connect(i=f"k for k in sample({N_E}, size={C_E}) if j >= {N_E}")
    inh = b.Synapses(cells[N_E:], cells, on_pre="v_post -= g * J", delay=delay, namespace=constants, name="inh")
    inh.connect(i=f"k + int(k >= j - {N_E}) for k in sample({N_I - 1}, size={C_I}) if j >= {N_E}")
    inh.connect(i=f"k for k in sample({N_I}, size={C_I}) if j < {N_E}")
    # Binomial in each step, with 0.2 % less variance than NEST's Poisson numbers.
    outside = b.PoissonInput(cells, "v", N=C_E, rate=RATE_OUTSIDE * b.Hz, weight=J * b.mV)
    spikes = b.SpikeMonitor(cells, name="spikes")
    net = b.Network(cells, exc, inh, outside, spikes)
    # What arrives in a step is seen by that step's threshold, as in NEST. A spike is then queued one step later: hence the
    # delay above, which is one step shorter.
    net.schedule = ["start", "groups", "synapses", "thresholds", "resets", "end"]
    return program.run(net, spikes)


if __name__ == "__main__":
    network.main({"nest": nest, "brian2": brian2}, POPULATIONS, OUT_DEGREE)
