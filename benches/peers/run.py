"""Times duet and every installed peer side by side and writes one table as markdown.

All programs of one comparison are started together and then train in turn, one epoch each (A B C A B C ...), while
the others wait: whatever else the machine does hits all of them alike. See benches/README.md.

    python3 benches/peers/run.py --venvs DIR [--nets mlp small cnn xor surrogate] [--threads 1 2] [--epochs 10] [--rounds 3]
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# (name in the table, virtual environment, script and its style); those that spike take part where all do.
PEERS = [
    ("PyTorch, as written by students (DataLoader)", "torch", ["torch_peer.py", "--style", "loader"]),
    ("PyTorch, batches sliced from a tensor", "torch", ["torch_peer.py", "--style", "eager"]),
    ("PyTorch, fused optimizer", "torch", ["torch_peer.py", "--style", "fused"]),
    ("PyTorch, fused, denormals flushed", "torch", ["torch_peer.py", "--style", "fused", "--flush"]),
    ("JAX, jit per step", "jax", ["jax_peer.py", "--style", "jit"]),
    ("JAX, jit with scan", "jax", ["jax_peer.py", "--style", "scan"]),
    ("Keras, fit", "keras", ["keras_peer.py", "--style", "fit"]),
    ("Keras, own loop", "keras", ["keras_peer.py", "--style", "loop"]),
    ("PyTorch, time loop by hand", "torch", ["spiking_peer.py", "--style", "loop"]),
    ("snnTorch", "torch", ["spiking_peer.py", "--style", "snntorch"]),
]
TITLES = {
    "mlp": "784-64-64-10", "small": "784-32-10", "cnn": "CIFAR-10 CNN", "xor": "XOR",
    "surrogate": "784-64-64-10 as spiking cells, 25 steps",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nets", nargs="+", choices=TITLES, default=list(TITLES))
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--epochs", type=int, default=10, help="per round, the warm-up included")
    parser.add_argument("--rounds", type=int, default=3, help="each with a seed of its own")
    parser.add_argument("--peers", nargs="+", choices=["torch", "jax", "keras"],
                        default=["torch", "jax", "keras"])
    parser.add_argument("--venvs", type=Path, default=HERE / "venvs", help="holds torch/, jax/ and keras/")
    parser.add_argument("--duet", type=Path, help="duet's bench `epochs`, if it is built already; else cargo builds it")
    parser.add_argument("--data", type=Path, help="the data folder, if it is not that of `duet data import`")
    parser.add_argument("--out", type=Path, help="a file for the tables; they are printed in any case")
    args = parser.parse_args()

    programs = [("duet", [str(args.duet)] if args.duet else duet_epochs())] + [
        (name, command) for name, where, script in PEERS if where in args.peers
        for command in [peer_command(name, where, script, args.venvs)] if command
    ]
    tables = [f"{processor()}, {platform.system()}; {time.strftime('%Y-%m-%d')}"]
    for net in args.nets:
        for threads in args.threads if net not in ("xor", "surrogate") else [1]:
            title = f"{TITLES[net]}, {threads} thread{'s' if threads > 1 else ''}"
            spikes = lambda command: any("spiking_peer.py" in word for word in command)
            own = [programs[0]] + [one for one in programs[1:] if spikes(one[1]) == (net == "surrogate")]
            print(f"== {title}", file=sys.stderr)
            if net == "xor":
                tables.append(xor_table(own, args))
            else:
                tables.append(epoch_table(title, net, threads, own, args))
            print(tables[-1], file=sys.stderr)
    text = "\n\n".join(tables) + "\n"
    print(text)
    if args.out:
        args.out.write_text(text)


def duet_epochs():
    """Builds duet's own bench and returns the path of its executable."""
    command = ["cargo", "bench", "--locked", "--bench", "epochs", "--no-run", "--message-format", "json"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    for line in built.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == "epochs":
            return [message["executable"]]
    sys.exit("cargo has built no bench `epochs`")


def peer_command(name, where, script, venvs):
    """The words that start a peer, or None, with a word about it, where it is not installed."""
    program = venvs / where / "bin" / "python"
    hint = f"python3 -m venv {venvs / where}, then its pip install -r requirements-{where}.txt"
    if not program.is_file():
        print(f"{name}: not installed ({hint})", file=sys.stderr)
        return None
    return [str(program), str(HERE / script[0]), *script[1:]]


def environment(threads):
    """The caller's, with the threads limited and without settings that slow numpy's BLAS down."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    limits = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC")
    return kept | {name: str(threads) for name in limits}


def pin(threads):
    """Limits this process and all that it starts from now on to as many processors."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(ALL_PROCESSORS)[-threads:])


ALL_PROCESSORS = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def epoch_table(title, net, threads, programs, args):
    results = {name: [] for name, _ in programs}
    burnt = {name: [] for name, _ in programs}
    failed = {}
    pin(threads)
    for seed in range(1, args.rounds + 1):
        options = [net, "--threads", str(threads), "--epochs", str(args.epochs), "--seed", str(seed), "--wait"]
        options += ["--data", str(args.data)] if args.data else []
        running = {}
        for name, command in programs:
            if name not in failed:
                running[name] = start(command + options, threads)
        for epoch in range(args.epochs):
            for name, process in list(running.items()):
                before = processor_time(process)
                if not one_epoch(process):
                    failed[name] = why(running.pop(name))
                elif epoch > 0 and None not in (before, after := processor_time(process)):
                    burnt[name].append(after - before)
        for name, process in running.items():
            results[name].append(json.loads(process.stdout.readline()))
            process.wait()
    pin(len(ALL_PROCESSORS))
    rows = []
    own = median(results["duet"])
    for name, _ in programs:
        runs = results[name]
        if not runs:
            rows.append([name, "", failed[name], "", "", "", ""])
            continue
        ratio = f"{median(runs) / own:.2f}" if own else ""
        accuracy = statistics.mean(run["accuracy"] for run in runs)
        peak = max(run["peak_mb"] or 0 for run in runs)
        cpu = f"{statistics.median(burnt[name]):.3f}" if burnt[name] else ""
        rows.append([name, runs[0]["version"], f"{median(runs):.3f}", ratio, cpu, f"{accuracy:.4f}", str(peak)])
    timed = args.rounds * (args.epochs - 1)
    note = f"{args.epochs} epochs per run, runs: {args.rounds}; median of {timed} epochs"
    heads = ["", "version", "s per epoch", "times duet", "CPU s", f"accuracy after {args.epochs}", "peak MiB"]
    return f"**{title}** ({note})\n\n" + table(heads, rows)


def start(command, threads):
    """A program that waits for a line on its input before each epoch."""
    words = tempfile.TemporaryFile("w+")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": words}
    process = subprocess.Popen(command, env=environment(threads), text=True, **pipes)
    process.stderr = words
    return process


def one_epoch(process):
    """Lets a waiting program train one epoch; False if it is no longer there."""
    try:
        process.stdin.write("\n")
        process.stdin.flush()
    except BrokenPipeError:
        return False
    return process.stdout.readline() != ""


def processor_time(process):
    """Seconds that all threads of a program have computed so far; None where the system does not say (Linux does)."""
    try:
        threads = os.listdir(f"/proc/{process.pid}/task")
        times = [Path(f"/proc/{process.pid}/task/{thread}/schedstat").read_text() for thread in threads]
        return sum(int(time.split()[0]) for time in times) / 1e9
    except OSError:
        return None


def why(process):
    """The last words of a program that has ended early."""
    process.kill()
    process.wait()
    process.stderr.seek(0)
    words = [line.strip() for line in process.stderr.read().splitlines() if line.strip()]
    return words[-1][:120] if words else f"ended with {process.returncode}"


def median(runs):
    seconds = [value for run in runs for value in run["seconds"]]
    return statistics.median(seconds) if seconds else None


def xor_table(programs, args):
    """From the start of the process to a trained XOR net and its accuracy: 1,000 updates, one seed, one thread."""
    subprocess.run(["cargo", "build", "--release", "--locked", "--bin", "duet"], cwd=ROOT, check=True)
    duet = [str(target_folder() / "release" / "duet"), "run"]
    results = {}
    pin(1)
    with tempfile.TemporaryDirectory() as scratch:
        quiet = ["--no-figures", "--quiet", "--threads", "1", "--out", scratch]
        commands = [("duet run, the artificial side, 1 seed", duet + [str(HERE / "xor.toml"), *quiet]),
                    ("duet run xor: 2 sides, 5 seeds", duet + ["xor", *quiet])]
        commands += [(name, command + ["xor"]) for name, command in programs if name != "duet"]
        for _ in range(args.rounds):
            for name, command in commands:
                start = time.perf_counter()
                ended = subprocess.run(command, env=environment(1), capture_output=True, text=True)
                seconds = time.perf_counter() - start
                accuracy = xor_accuracy(ended) if ended.returncode == 0 else None
                results.setdefault(name, []).append((seconds, accuracy))
    pin(len(ALL_PROCESSORS))
    own = statistics.median(seconds for seconds, _ in results[commands[0][0]])
    rows = []
    for name, runs in results.items():
        seconds = statistics.median(seconds for seconds, _ in runs)
        accuracies = [accuracy for _, accuracy in runs if accuracy is not None]
        accuracy = f"{min(accuracies):.2f}" if len(accuracies) == len(runs) else "failed"
        rows.append([name, f"{seconds:.3f}", f"{seconds / own:.0f}", accuracy])
    heads = ["", "s from process start", "times duet", "accuracy"]
    return f"**XOR, 2-20-2** (100 epochs of 40 examples, batch 4, Adam; median of {args.rounds})\n\n" + table(heads, rows)


def xor_accuracy(ended):
    """A peer's last line is JSON with an accuracy; duet's is the folder of its run, and here its worst side counts."""
    last = ended.stdout.strip().splitlines()[-1]
    if last.startswith("{"):
        return json.loads(last)["accuracy"]
    sides = json.loads((Path(last) / "metrics.json").read_text())["sides"]
    return min(side["test_accuracy"]["value"] for side in sides.values())


def target_folder():
    command = ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"]
    described = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    return Path(json.loads(described)["target_directory"])


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def processor():
    try:
        names = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
        return f"{names[0]}, {len(names)} cores"
    except (OSError, IndexError):
        return platform.processor() or "unknown processor"


if __name__ == "__main__":
    main()
