"""What the networks share: arguments, limits on threads, the clocks of both simulators, rates, intervals, the JSON line.

A network's file holds its numbers and says them once to each simulator. It imports a simulator only where it uses it, so that
`run.py` can read the numbers without one.
"""
import argparse
import json
import os
import resource
import sys
import tempfile
import time

DT = 0.1  # ms, the step of every network here
# Fewer spikes than this say little about the spread of a cell's intervals.
FEWEST_SPIKES = 5


def main(simulators, populations, out_degree, scales=False):
    """Runs one simulator, {name: function}, and prints one JSON line.

    A function takes the arguments and returns a dictionary: version, build_s, compile_s, simulate_s, simulate_cpu_s,
    biological_s, and spikes = (cell numbers, times in ms). `populations` and `out_degree` (synapses per cell) are of the whole
    network, whatever the scale.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("simulator", choices=simulators)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--duration", type=float, default=1000.0, help="ms that are measured")
    parser.add_argument("--transient", type=float, default=100.0, help="ms before that, timed too, in no rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=0.2 if scales else 1.0, help="share of the cells and of their synapses")
    parser.add_argument("--folder", help="Brian2 only: where its program is written and compiled, to be found there again")
    args = parser.parse_args()
    if args.scale != 1 and not scales:
        parser.error("--scale: only pd14 can be scaled")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(args.threads)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-args.threads:])

    result = simulators[args.simulator](args)
    sizes = {name: round(size * args.scale) for name, size in populations.items()}
    rates, cv = spike_statistics(*result.pop("spikes"), sizes, args)
    print(json.dumps({
        "simulator": args.simulator,
        "version": result.pop("version"),
        "network": os.path.basename(sys.argv[0]).removesuffix(".py"),
        "threads": args.threads,
        "scale": args.scale,
        "seed": args.seed,
        **{name: round(value, 4) for name, value in result.items()},
        "real_time_factor": round(result["simulate_s"] / result["biological_s"], 4),
        "rates": {name: round(rate, 3) for name, rate in rates.items()},
        "cv": cv,
        "events_per_s": round(events_per_second(rates, populations, out_degree, args.scale)),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }), flush=True)


def events_per_second(rates, populations, out_degree, scale=1.0):
    """Spikes that arrive, per second of the network's own time; what is sent from outside is not in it."""
    return sum(rate * populations[name] * scale * out_degree[name] * scale for name, rate in rates.items())


def spike_statistics(cells, times, sizes, args):
    """Mean rate of each population in Hz, and the mean over cells of sd / mean of their intervals."""
    import numpy as np
    cells, times = np.asarray(cells), np.asarray(times)
    kept = times > args.transient
    cells, times = cells[kept], times[kept]
    counts = np.bincount(cells, minlength=sum(sizes.values()))
    rates, first = {}, 0
    for name, size in sizes.items():
        rates[name] = counts[first:first + size].sum() / size / args.duration * 1000
        first += size

    order = np.lexsort((times, cells))
    cells, times = cells[order], times[order]
    same = cells[1:] == cells[:-1]
    owner, intervals = cells[1:][same], np.diff(times)[same]
    n = np.bincount(owner, minlength=len(counts))
    enough = n + 1 >= FEWEST_SPIKES
    if not enough.any():
        return rates, None
    mean = np.bincount(owner, intervals, len(counts))[enough] / n[enough]
    square = np.bincount(owner, intervals**2, len(counts))[enough] / n[enough]
    return rates, round(float(np.mean(np.sqrt(np.maximum(square - mean**2, 0)) / mean)), 3)


class Nest:
    """A kernel and its clock. NEST sorts its tables in the first step, which is therefore counted as building."""

    def __init__(self, args):
        import nest
        self.began = time.perf_counter()
        self.nest, self.args = nest, args
        nest.verbosity = nest.VerbosityLevel.ERROR
        nest.ResetKernel()
        nest.set(resolution=DT, local_num_threads=args.threads, rng_seed=args.seed)

    def run(self, cells):
        """Simulates, with the spikes of `cells` recorded, which are all neurons, made one after the other."""
        nest = self.nest
        recorder = nest.Create("spike_recorder")
        nest.Connect(cells, recorder)
        total = self.args.transient + self.args.duration
        with nest.RunManager():
            nest.Run(nest.min_delay)
            start, cpu = time.perf_counter(), time.process_time()
            nest.Run(total - nest.min_delay)
            end, cpu = time.perf_counter(), time.process_time() - cpu
        spikes = recorder.events
        return {
            "version": nest.__version__,
            "build_s": start - self.began,
            "compile_s": 0.0,
            "simulate_s": end - start,
            "simulate_cpu_s": cpu,
            "biological_s": (total - nest.min_delay) / 1000,
            "spikes": (spikes["senders"] - cells[0].global_id, spikes["times"]),
        }


class Brian:
    """A program in C++ that Brian2 writes and compiles, with marks on the clock before and after each run."""

    def __init__(self, args):
        import brian2
        self.began = time.perf_counter()
        self.brian2, self.args = brian2, args
        self.folder = args.folder or tempfile.mkdtemp(prefix="brian2-")
        brian2.set_device("cpp_standalone", build_on_run=False, directory=self.folder)
        # One thread is faster without OpenMP than with OpenMP on one.
        brian2.prefs.devices.cpp_standalone.openmp_threads = args.threads if args.threads > 1 else 0
        brian2.prefs.codegen.cpp.headers = ["<chrono>", "<ctime>", "<fstream>"]
        brian2.defaultclock.dt = DT * brian2.ms
        brian2.seed(args.seed)
        # Lines of seconds: on the clock, and computed by all threads.
        insert = brian2.device.insert_code
        insert("before_start", """std::ofstream marks("marks.txt");
            marks.precision(17);
            const auto mark = [&marks] {
                const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
                marks << now.count() << " " << double(std::clock()) / CLOCKS_PER_SEC << std::endl;
            };
            mark();""")
        insert("before_network_run", "mark();")
        insert("after_network_run", "mark();")

    def run(self, network, monitor, kick=0.0, kick_input=None):
        """Simulates; an input that only starts the network is taken away after `kick` ms."""
        brian2 = self.brian2
        total = self.args.transient + self.args.duration
        if kick:
            network.run(kick * brian2.ms)
            kick_input.active = False
        network.run((total - kick) * brian2.ms)
        brian2.device.build(directory=self.folder, compile=True, run=False)
        compiled = time.perf_counter()
        brian2.device.run(directory=self.folder, with_output=False)
        with open(os.path.join(self.folder, "marks.txt")) as file:
            marks = [[float(word) for word in line.split()] for line in file]
        began, runs = marks[0], list(zip(marks[1::2], marks[2::2]))
        return {
            "version": brian2.__version__,
            "build_s": marks[1][0] - began[0],
            "compile_s": compiled - self.began,
            "simulate_s": sum(end[0] - start[0] for start, end in runs),
            "simulate_cpu_s": sum(end[1] - start[1] for start, end in runs),
            "biological_s": total / 1000,
            "spikes": (monitor.i[:], monitor.t[:] / brian2.ms),
        }
