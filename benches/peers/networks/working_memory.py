#!/usr/bin/env python3
"""The working-memory network of Compte et al. 2000, integrated in NumPy by the full equations: what
scenarios/networks/working_memory.toml is held against.

    python3 working_memory.py --trials 20 --duration 6.75

The midpoint rule with steps of 0.1 ms; every NMDA synapse rises and saturates as published,
x' = -x/2 ms + spikes, s' = -s/100 ms + 0.5/ms x (1 - s); sums over the ring are convolutions. All trials side by side.
"""

import argparse
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--trials", type=int, default=20)
parser.add_argument("--duration", type=float, default=6.75, help="of each trial, in s")
parser.add_argument("--seed", type=int, default=1)
args = parser.parse_args()

rng = np.random.default_rng(args.seed)
E, I, dt = 2048, 512, 0.1
trials, steps = args.trials, round(args.duration * 1000 / dt)
cue = slice(922, 1127)
g_ee, g_ei, g_ie, g_ii = 0.381, 0.292, 1.336, 1.024

# W(d), 1 on average, by its own sum rather than its integral.
apart = np.minimum(np.arange(E), E - np.arange(E)) * 360.0 / E
bell = np.exp(-0.5 * (apart / 18.0) ** 2)
j_minus = (1 - 1.62 * bell.mean()) / (1 - bell.mean())
kernel = np.fft.rfft(j_minus + (1.62 - j_minus) * bell)

leak = {"e": (500.0, 25.0), "i": (200.0, 20.0)}
v = {"e": np.full((trials, E), -70.0), "i": np.full((trials, I), -70.0)}
ext = {"e": np.zeros((trials, E)), "i": np.zeros((trials, I))}
gaba = np.zeros((trials, I))
x, s = np.zeros((trials, E)), np.zeros((trials, E))
held = {"e": np.zeros((trials, E)), "i": np.zeros((trials, I))}
window = round(100 / dt)
counts = np.zeros((trials, E))
rows = []


def slope(which, v, g_ext, g_nmda, g_gaba, current):
    c, g = leak[which]
    block = 1.0 / (1.0 + np.exp(-0.062 * v) / 3.57)
    return (g * (-70.0 - v) - g_ext * v - g_nmda * block * v + g_gaba * (-70.0 - v) + current) / c


for step in range(steps):
    t = step * dt
    current = np.zeros(E)
    if 500 <= t < 750:
        current[cue] = 200.0
    half, full = np.exp(-0.5 * dt / np.array([2.0, 10.0])), np.exp(-dt / np.array([2.0, 10.0]))
    # Synapses, at the beginning and in the middle of the step.
    middle = s + 0.5 * dt * (-s / 100.0 + 0.5 * x * (1 - s))
    s_new = s + dt * (-middle / 100.0 + 0.5 * x * half[0] * (1 - middle))
    fired = {}
    for which, g_in, current_in in (("e", g_ie, current), ("i", g_ii, 0.0)):
        def nmda(s):
            if which == "e":
                return g_ee * np.fft.irfft(np.fft.rfft(s, axis=1) * kernel, n=E, axis=1)
            return g_ei * s.sum(axis=1, keepdims=True)
        inhibition = g_in * gaba.sum(axis=1, keepdims=True)
        one = slope(which, v[which], ext[which], nmda(s), inhibition, current_in)
        two = slope(which, v[which] + 0.5 * dt * one, ext[which] * half[0], nmda(middle), inhibition * half[1], current_in)
        new = v[which] + dt * two
        rests = held[which] > 0.5
        new[rests] = -60.0
        held[which][rests] -= 1
        fired[which] = new > -50.0
        new[fired[which]] = -60.0
        held[which][fired[which]] = round((2.0 if which == "e" else 1.0) / dt)
        v[which] = new
        weight = 3.1 if which == "e" else 2.38
        ext[which] = ext[which] * full[0] + weight * rng.poisson(1.8 * dt, new.shape)
    s, x, gaba = s_new, x * full[0] + fired["e"], gaba * full[1] + fired["i"]
    counts += fired["e"]
    if (step + 1) % window == 0:
        rows.append(counts)
        counts = np.zeros((trials, E))

angles = 2 * np.pi * np.arange(E) / E
z = np.array([(row * np.exp(1j * angles)).sum(axis=1) / np.maximum(row.sum(axis=1), 1) for row in rows])
middle_of_cue = 2 * np.pi * (922 + 1126) / 2 / E
error = np.degrees(np.angle(z * np.exp(-1j * middle_of_cue)))
times = (np.arange(len(rows)) + 0.5) * 0.1
after = times > 0.75
good = np.abs(z[-1]) >= 0.5
before = [row.mean() / 0.1 for row, t in zip(rows, times) if 0.25 < t < 0.5]
print(f"numpy {np.__version__}, {trials} trials of {args.duration} s, seed {args.seed}")
print(f"held {good.mean():.3f}   before {np.mean(before):.3f} Hz   strength {np.abs(z[after][:, good]).mean():.4f}")
profile = np.zeros(E)
for row, place in zip(np.array(rows)[after], np.angle(z[after])):
    for k in np.flatnonzero(good):
        profile += np.roll(row[k], -round(place[k] / (2 * np.pi) * E))
profile = profile / (after.sum() * good.sum() * 0.1)
parts = np.array([profile[np.round(np.arange(E) * 72 / E).astype(int) % 72 == part].mean() for part in range(72)])
print(f"peak {parts.max():.2f} Hz   after {profile.mean():.3f} Hz")
half = 0.5 * (parts.max() + parts.min())
print(f"width about {5 * (parts > half).sum()} deg")
variance = error[after][:, good].var(axis=1, ddof=1)
print("variance of the error, deg2:", np.round(variance, 1).tolist())
print(f"diffusion {np.polyfit(times[after], variance, 1)[0]:.2f} deg2/s   error {np.sqrt((error[-1, good] ** 2).mean()):.2f} deg")
