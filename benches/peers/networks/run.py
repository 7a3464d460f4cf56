"""Times duet and every installed simulator on the same spiking networks and writes one table as markdown.

Programs take turns (A B C A B C ...), alone on as many processors as they have threads; each round has its own seed, and the
table shows medians. See benches/README.md.

    python3 benches/peers/networks/run.py [--nets cuba brunel] [--threads 1 2] [--rounds 3] [--duet target/release/duet]
"""
import argparse
import importlib
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import network

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SIMULATORS = {"nest": "NEST", "brian2": "Brian2, C++ standalone"}
# Which simulator runs which network; that is also what each file's `main` accepts.
NETS = {
    "cuba": ["nest", "brian2"],
    "coba": ["nest", "brian2"],
    "coba_hh": ["nest", "brian2"],
    "brunel": ["nest", "brian2"],
    "pd14": ["nest"],
}
# Where a scenario has another name than the net.
SCENARIOS = {"pd14": "microcircuit"}
PROCESSORS = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nets", nargs="+", choices=NETS, default=list(NETS))
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--rounds", type=int, default=3, help="each with a seed of its own")
    parser.add_argument("--peers", nargs="*", choices=SIMULATORS, default=list(SIMULATORS))
    parser.add_argument("--duration", type=float, help="ms that every network runs after its transient; without it a peer's runs 1000, duet's as its scenario says")
    parser.add_argument("--patience", type=float, default=1800.0, help="s after which a program is stopped")
    parser.add_argument("--scale", type=float, default=0.2, help="of a peer's pd14; whole, it takes NEST more than 10 GB")
    parser.add_argument("--duet", type=Path, help="the program, built for release; without it the table has no ratios")
    parser.add_argument("--scenarios", type=Path, default=ROOT / "scenarios/networks", help="holds NET.toml for duet")
    parser.add_argument("--venvs", type=Path, default=HERE.parent / "venvs", help="holds nest/ and brian2/")
    parser.add_argument("--out", type=Path, help="a file for the table; it is printed in any case")
    args = parser.parse_args()

    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for net in args.nets:
            for threads in args.threads:
                rows += compare(net, threads, Path(scratch), args)
    heads = ["network", "threads", "", "version", "scale", "real-time factor", "times duet", "CPU s per s", "ns per event",
             "build s", "compile s", "rates, Hz", "CV"]
    lines = [heads, ["---"] * len(heads), *rows]
    rounds = f"median of {args.rounds} rounds" if args.rounds > 1 else "one round"
    text = f"{processor()}, {platform.system()}; {time.strftime('%Y-%m-%d')}; {rounds}\n\n"
    text += "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"
    print(text)
    if args.out:
        args.out.write_text(text)


def compare(net, threads, scratch, args):
    """The rows of one network at one number of threads."""
    programs = {}
    if args.duet:
        scenario = args.scenarios / f"{SCENARIOS.get(net, net)}.toml"
        if scenario.is_file():
            programs["duet"] = lambda seed: duet(net, threads, seed, scenario, scratch, args)
        else:
            print(f"duet: no {scenario}", file=sys.stderr)
    for peer in NETS[net]:
        python = args.venvs / peer / "bin/python"
        if peer not in args.peers:
            continue
        if not python.is_file():
            hint = f"python3 -m venv {args.venvs / peer}, then its pip install -r requirements-{peer}.txt"
            print(f"{peer}: not installed ({hint})", file=sys.stderr)
            continue
        command = [str(python), str(HERE / f"{net}.py"), peer, "--threads", str(threads), "--duration", str(args.duration or 1000.0)]
        command += ["--scale", str(args.scale)] if net == "pd14" else []
        command += ["--folder", str(scratch / f"{net}-{threads}")] if peer == "brian2" else []
        programs[SIMULATORS[peer]] = lambda seed, command=command: json.loads(
            last_line(command + ["--seed", str(seed)], args.patience))

    results = {name: [] for name in programs}
    failed = {}
    for seed in range(1, args.rounds + 1):
        for name, run in programs.items():
            if name in failed:
                continue
            print(f"{net}, {threads} threads, round {seed}: {name}", file=sys.stderr)
            pin(threads)
            try:
                results[name].append(run(seed))
            except (Failed, OSError, LookupError, StopIteration, ValueError) as error:
                failed[name] = f"{type(error).__name__}: {error}"[-160:].replace("|", "/").replace("\n", " ")
            pin(len(PROCESSORS))
    own = summary(results["duet"]) if results.get("duet") else None
    return [row(net, threads, name, results[name], failed.get(name), own) for name in programs]


class Failed(Exception):
    """A program that ended with an error, and its last words."""


def last_line(command, patience):
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=patience)
    except subprocess.TimeoutExpired:
        raise Failed(f"stopped after {patience:g} s") from None
    if ended.returncode != 0:
        words = (ended.stderr.strip() or ended.stdout.strip() or "no word").splitlines()[-1]
        raise Failed(f"ended with {ended.returncode}: {words}")
    return ended.stdout.strip().splitlines()[-1]


def duet(net, threads, seed, scenario, scratch, args):
    """Runs duet's own network and reads what a peer prints from its run folder."""
    out = tempfile.mkdtemp(dir=scratch)
    command = [str(args.duet), "run", str(scenario), "--threads", str(threads), "--seed", str(seed), "--seeds", "1"]
    if args.duration:
        transient = tomllib.loads(Path(scenario).read_text())["protocol"]["simulate"]["transient"]
        number, unit = transient.split()
        whole = float(number) * {"ms": 1, "s": 1000}[unit] + args.duration
        command += ["--set", f"protocol.simulate.duration='{whole} ms'"]
    folder = Path(last_line(command + ["--no-figures", "--quiet", "--out", out], args.patience))
    manifest = json.loads((folder / "manifest.json").read_text())
    sides = json.loads((folder / "metrics.json").read_text())["sides"]
    side, timing = next((side, timing) for side, timing in manifest["timing"].items()
                        if isinstance(timing, dict) and timing.get("simulate_s") is not None)
    whole = importlib.import_module(net)
    measured = {path: metric["value"] for path, metric in sides[side].items()}
    # Populations may be written differently, L2/3E for l23e.
    plain = {re.sub("[^a-z0-9]", "", path.removesuffix(".rate").lower()): value
             for path, value in measured.items() if path.endswith(".rate") and value is not None}
    rates = {name: plain[name] for name in whole.POPULATIONS if name in plain}
    spreads = [value for path, value in measured.items() if path.endswith(".cv") and value is not None]
    cells = sum(size(population) for population in tomllib.loads((folder / "resolved.toml").read_text())["population"].values())
    scale = cells / sum(whole.POPULATIONS.values())
    complete = len(rates) == len(whole.POPULATIONS)
    return {
        "version": manifest["version"],
        "scale": round(scale, 3),
        "build_s": timing["build_s"],
        "compile_s": 0.0,
        "simulate_s": timing["simulate_s"],
        "biological_s": timing["biological_s"],
        "rates": rates or plain,
        "cv": statistics.mean(spreads) if spreads else None,
        "events_per_s": network.events_per_second(rates, whole.POPULATIONS, whole.OUT_DEGREE, scale) if complete else None,
    }


def size(population):
    return population["size"] if "size" in population else math.prod(population["shape"])


def summary(runs):
    """Medians of what is compared."""
    def median(value):
        values = [value(run) for run in runs]
        return None if None in values else statistics.median(values)

    return {
        "scale": runs[0]["scale"],
        "factor": median(lambda run: run["simulate_s"] / run["biological_s"]),
        "cpu": median(lambda run: run["simulate_cpu_s"] / run["biological_s"] if "simulate_cpu_s" in run else None),
        "event": median(lambda run: 1e9 * run["simulate_s"] / run["biological_s"] / run["events_per_s"]
                        if run["events_per_s"] else None),
        "build": median(lambda run: run["build_s"]),
        # A later round finds the program of the first one compiled.
        "compile": max(run["compile_s"] for run in runs),
        "cv": median(lambda run: run["cv"]),
        "rates": {name: median(lambda run: run["rates"].get(name)) for name in runs[0]["rates"]},
    }


def row(net, threads, name, runs, failed, own):
    if not runs or failed:
        return [net, str(threads), name, "", "", failed, *[""] * 7]
    now = summary(runs)
    ratio = ""
    if own and now["scale"] == own["scale"]:
        ratio = f"{now['factor'] / own['factor']:.1f}"
    elif own and now["event"] and own["event"]:
        ratio = f"{now['event'] / own['event']:.1f} per event"
    rates = ", ".join(f"{population} {shown(rate)}" for population, rate in now["rates"].items())
    return [net, str(threads), name, runs[0]["version"], f"{now['scale']:g}", shown(now["factor"]), ratio, shown(now["cpu"]),
            shown(now["event"]), shown(now["build"]), shown(now["compile"]) if now["compile"] else "", rates, shown(now["cv"])]


def shown(value):
    """Three digits."""
    return "" if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def pin(threads):
    """Limits what is started from now on to as many processors."""
    if PROCESSORS:
        os.sched_setaffinity(0, sorted(PROCESSORS)[-threads:])


def processor():
    try:
        names = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
        return f"{names[0]}, {len(names)} cores"
    except (OSError, IndexError):
        return platform.processor() or "unknown processor"


if __name__ == "__main__":
    main()
