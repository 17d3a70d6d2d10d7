#!/usr/bin/env python3
"""What benchmarks/compare.sh runs: takes contestants in turns, and writes what they took as JSON and as tables."""
import argparse
import importlib.util
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
TUNED = {"OPENBLAS_CORETYPE": "SkylakeX", "ATEN_CPU_CAPABILITY": "avx512"}
BUILDS = {"native": "everything that the machine can do", "avx2": "AVX2 and FMA", "sse2": "SSE2"}
TITLES = {
    "hybrid_train": "hybrid, training step, batch 30",
    "hybrid_predict": "hybrid, predict, batch 30",
    "bigru_train": "BiGRU, training step, batch 32",
    "bigru_predict": "BiGRU, predict one window",
    "daily_ltv_train": "daily LTV, training step, batch 32",
    "daily_ltv_predict": "daily LTV, predict one sequence",
    "ann_train": "ANN, training step, batch 32",
    "ann_predict": "ANN, predict one row",
    "prepare": "Online Retail, read and prepared for the hybrid",
    "hybrid_run": "hybrid example, whole run, no report",
}


def run(command, environment=None):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True,
                          env={**os.environ, **(environment or {})}).stdout


def json_lines(command, environment=None):
    return [json.loads(line) for line in run(command, environment).splitlines() if line.startswith("{")]


def google_benchmark(program, pattern):
    """The results of a Google Benchmark program."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "out.json")
        run([program, f"--benchmark_filter={pattern}", f"--benchmark_out={path}", "--benchmark_out_format=json"])
        return json.loads(path.read_text())["benchmarks"]


class Comparison:
    """Microseconds of rows and contestants, those of every turn."""

    def __init__(self, options):
        self.options = options
        self.programs = options.build / "benchmarks"
        self.rows = {}    # name: contestant: times of the turns
        self.limits = {}  # name: those of the turns
        self.peaks = []
        self.products = {}  # GEMM: contestant: rates
        self.missing = []

    def add(self, name, contestant, microseconds):
        self.rows.setdefault(name, {}).setdefault(contestant, []).append(microseconds)

    def tenure(self):
        for line in json_lines([self.programs / "benchmark_models", "--json"]):
            self.add(line["name"], "tenure", line["microseconds"])
            self.limits.setdefault(line["name"], []).append(line["limit_microseconds"])
            self.peaks.append(line["peak_gflops"])
        if self.options.data:
            environment = {"TENURE_ONLINE_RETAIL": self.options.data}
            for words in map(str.split, run([self.programs / "benchmark_preparation",
                                             "--benchmark_filter=^read_and_prepare/"], environment).splitlines()):
                if len(words) == 2 and words[0] == "read_and_prepare":
                    self.add("prepare", "tenure", 1e3 * float(words[1]))
            if (self.options.build / "examples" / "hybrid_clv").exists():
                self.add("hybrid_run", "tenure", self.hybrid_run())
            else:
                self.lack("the hybrid example", "libcli11-dev nlohmann-json3-dev")

    def hybrid_run(self):
        """Processor time of the example from the file to metrics.json."""
        with tempfile.TemporaryDirectory() as folder:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            run([self.options.build / "examples" / "hybrid_clv", "train", "--data", self.options.data, "--out", folder,
                 "--quiet", "--no-report"])
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return 1e6 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def peer(self, contestant, command, environment=None):
        for line in json_lines(command, environment):
            self.add(line["name"], contestant, line["microseconds"])

    def tuned_and_not(self, contestant, command):
        """Tuned for AVX-512, unless the peers are held to less."""
        self.peer(contestant, command)
        if self.options.isa == "native":
            self.peer(f"{contestant} tuned", command, TUNED)

    def pytorch(self):
        if not importlib.util.find_spec("torch"):
            return self.lack("PyTorch", "python3-torch")
        command = ["/usr/bin/python3", HERE / "peers" / "pytorch_models.py", self.options.rounds]
        self.tuned_and_not("PyTorch", command)

    def libtorch(self):
        program = self.programs / "peer_libtorch_models"
        if not program.exists():
            return self.lack("libtorch", "libtorch-dev")
        self.tuned_and_not("libtorch", [program, self.options.rounds])

    def scikit_learn(self):
        if not importlib.util.find_spec("sklearn"):
            return self.lack("scikit-learn", "python3-sklearn")
        self.peer("scikit-learn", ["/usr/bin/python3", HERE / "peers" / "scikit_learn_ann.py", self.options.rounds])

    def onednn(self):
        results = google_benchmark(self.programs / "benchmark_recurrent", "^LSTM 6x32 (1-32|32-16)/")
        times = [result["oneDNN us"] for result in results if "oneDNN us" in result]
        if len(times) != 2:
            return self.lack("oneDNN", "libdnnl-dev")
        self.add("daily_ltv_train", "oneDNN's two LSTM layers alone", sum(times))

    def start_pandas(self):
        """Once, for it takes long. None where it can't be."""
        if not self.options.data:
            return None
        if not importlib.util.find_spec("pandas"):
            return self.lack("pandas", "python3-pandas")
        process = subprocess.Popen(["/usr/bin/python3", HERE / "peers" / "pandas_preparation.py", self.options.data],
                                   stdout=subprocess.PIPE, text=True)
        if self.options.pandas_core is not None:
            os.sched_setaffinity(process.pid, {self.options.pandas_core})
        return process

    def end_pandas(self, process):
        """The whole run is what its parts take."""
        if not process:
            return
        output, _ = process.communicate()
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        seconds = json.loads(output)
        self.add("prepare", "pandas", 1e6 * seconds["read_and_prepare"])
        steps = 20 * -(-seconds["training_windows"] // 30)
        for pytorch in ("PyTorch", "PyTorch tuned"):
            if pytorch in self.rows["hybrid_train"] and "hybrid_run" in self.rows:
                step = statistics.median(self.rows["hybrid_train"][pytorch])
                self.add("hybrid_run", f"pandas, then 20 epochs of {pytorch}",
                         1e6 * seconds["read_and_prepare"] + steps * step)

    def gemm(self):
        for result in google_benchmark(self.programs / "benchmark_gemm", "."):
            row = self.products.setdefault(result["name"].split("/")[0], {})
            for contestant in ("tenure", "Eigen", "libxsmm", "oneDNN", "OpenBLAS"):
                if contestant in result:
                    row.setdefault(contestant, []).append(result[contestant])
            row.setdefault("tenure%", []).append(result["tenure%"])

    def lack(self, contestant, package):
        note = f"without {contestant} (on Debian and Ubuntu: sudo apt-get install {package})"
        if note not in self.missing:
            self.missing.append(note)
            print(f"compare.sh: {note}", file=sys.stderr)

    def take_turns(self):
        meanwhile = self.options.pandas_core is not None
        pandas = self.start_pandas() if meanwhile else None
        for turn in range(self.options.turns):
            print(f"turn {turn + 1} of {self.options.turns}", file=sys.stderr)
            for contest in (self.tenure, self.libtorch, self.pytorch, self.onednn, self.scikit_learn, self.gemm):
                contest()
        self.end_pandas(pandas if meanwhile else self.start_pandas())

    def summary(self):
        rows = []
        for name in TITLES:
            if name not in self.rows:
                continue
            times = dict(self.rows[name])
            ours = times.pop("tenure")
            median = statistics.median(ours)
            rows.append({"name": name, "microseconds": median, "spread": (max(ours) - min(ours)) / median,
                         "limit_microseconds": statistics.median(self.limits[name]) if name in self.limits else None,
                         "peers": {peer: statistics.median(values) for peer, values in times.items()}})
        return {"peak_gflops": statistics.median(self.peaks), "rows": rows}


def time_text(microseconds):
    """Three digits, with a unit."""
    for unit, size in (("s", 1e6), ("ms", 1e3), ("µs", 1), ("ns", 1e-3)):
        if microseconds >= size or unit == "ns":
            value = microseconds / size
            return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


def tables(summary, products, missing, options):
    lines = [f"{processor()}, one core, compiled for {BUILDS[options.isa]}: {summary['peak_gflops']:.0f} GFLOP/s at its measured "
             f"peak (float). Medians over {options.turns} turns in one run; the spread is that of tenure's turns.", "",
             "| | limit: products at peak | tenure | spread | best peer | times | other peers |", "|---|---|---|---|---|---|---|"]
    for row in summary["rows"]:
        peers = sorted(row["peers"].items(), key=lambda peer: peer[1])
        best = f"{peers[0][0]} {time_text(peers[0][1])} | {peers[0][1] / row['microseconds']:.1f}" if peers else " | "
        limit = time_text(row["limit_microseconds"]) if row["limit_microseconds"] else ""
        others = ", ".join(f"{peer} {time_text(time)}" for peer, time in peers[1:])
        lines.append(f"| {TITLES[row['name']]} | {limit} | **{time_text(row['microseconds'])}** | {row['spread']:.0%} | "
                     f"{best} | {others} |")
    contestants = [name for name in ("Eigen", "libxsmm", "oneDNN", "OpenBLAS")
                   if any(name in row for row in products.values())]
    lines += ["", f"| product, GFLOP/s | tenure | % of peak | {' | '.join(contestants)} |", "|---" * (3 + len(contestants)) + "|"]
    for name, row in products.items():
        others = [f"{statistics.median(row[peer]):.0f}" if peer in row else "" for peer in contestants]
        lines.append(f"| {name} | {statistics.median(row['tenure']):.0f} | {statistics.median(row['tenure%']):.0f} | "
                     f"{' | '.join(others)} |")
    return "\n".join(lines + [""] + [f"This run was {note}." for note in missing]) + "\n"


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def write_whole(path, text):
    """Never half of it."""
    partial = path.with_suffix(path.suffix + ".tmp")
    partial.write_text(text)
    partial.replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name, kind in (("build", pathlib.Path), ("turns", int), ("rounds", int), ("json", pathlib.Path)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    parser.add_argument("--isa", choices=BUILDS, required=True)
    parser.add_argument("--data")
    parser.add_argument("--pandas-core", type=int, help="where pandas runs meanwhile; by default after all turns")
    parser.add_argument("--docs", type=pathlib.Path)
    options = parser.parse_args()
    os.environ["TENURE_BENCHMARK_ROUNDS"] = str(options.rounds)
    comparison = Comparison(options)
    comparison.take_turns()
    summary = comparison.summary()
    write_whole(options.json, json.dumps(summary, indent=2) + "\n")
    text = tables(summary, comparison.products, comparison.missing, options)
    print(text)
    if options.docs:
        page = options.docs.read_text()
        begin, end = (f"<!-- compare.sh {options.isa}: {mark} -->\n" for mark in ("begin", "end"))
        before, rest = page.split(begin)
        write_whole(options.docs, before + begin + "\n" + text + "\n" + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
