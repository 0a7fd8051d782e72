#!/usr/bin/env python3
"""The student's speed next to other programs that evaluate the same network, in one interleaved run.

    cmake --build build/release --target understudy student_speed
    benchmarks/student.py --quick                      about five minutes: the ratios that are promised
    benchmarks/student.py                              everything, about twenty minutes on two cores
    benchmarks/student.py --peers /path/to/python3.12  where the other programs are installed

Measured are energy and forces, with the neighbor list given, against SchNetPack's PaiNN of the same size, eager
and through torch.compile; and dynamics against ASE and TorchSim with that network. Rounds: every contender has its
turn for every case in each round, all others waiting without using the processor, so that a change of the machine's
speed meets all of them. A ratio is the peer's time over ours in the same round; the table gives medians over rounds.
Every peer is tried with one thread and with all, and enters with what is faster for the case at hand.

The peers want Python 3.12 with the packages of benchmarks/requirements.txt. Without --peers the running interpreter
is tried, then python3.12 on the path; a peer that is not there, or dies of a case, is left out, and said to be.
This script itself needs numpy, ase and matplotlib.

The machine must be idle: threads that wait for each other stall by factors of hundreds when another program takes
their core. Before each round it is measured how much others take; above a tenth no row counts as reached. Ratios of
the least times, which suffer less, stand in parentheses.

Writes NAME.json and NAME.png to benchmarks/results and prints Markdown tables.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import student_report
from student_cases import DYNAMICS, EVERY, PROFILED, SCALING, TEMPERATURE, TIME_STEP, all_cases
from student_contenders import CLUSTER, Contenders, progress, records
from student_server import Server

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent


def cpu_name():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return "unknown"


def foreign_load(seconds=0.5):
    """Share of the machine that is busy while all contenders wait: what other programs take."""
    def jiffies():
        fields = [int(x) for x in open("/proc/stat").readline().split()[1:9]]
        return sum(fields), fields[3] + fields[4]  # all, idle
    all_before, idle_before = jiffies()
    time.sleep(seconds)
    all_after, idle_after = jiffies()
    return 1 - (idle_after - idle_before) / max(1, all_after - all_before)


class Benchmark(Contenders):
    def run_dynamics(self, row):
        """ms per step of the program's own run, output included."""
        out = self.folder / "out"
        ini = self.folder / "run.ini"
        keys = "\n".join(f"{key} = {value}" for key, value in self.options.potential.items())
        ini.write_text(f"""[system]
structure = {CLUSTER}
replicas = {row.replicas}
[potential]
name = painn
model = {self.options.model}
precision = float32
{keys}
[integrator]
method = velocity_verlet
time_step = {TIME_STEP} fs
steps = {row.steps}
temperature = {TEMPERATURE} K
[output]
directory = {out}
every = {EVERY}
log_every = {EVERY}
overwrite = yes
[run]
device = cpu
threads = {self.options.threads}
progress = off
""")
        program = pathlib.Path(self.options.build) / "understudy"
        done = subprocess.run([program, "run", ini], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{program} run: {done.stderr.strip()}")
        timings = json.loads((out / "timings.json").read_text())
        ms = 1e3 * timings["wall_s"] / timings["steps"]
        return {"ms": ms, "min": ms, "trials": timings["steps"]}

    def scaling(self):
        """ms per call and peak memory with the size of one box and with the number of clusters."""
        result = {}
        for kind, sizes in SCALING.items():
            server, result[kind] = Server([self.speed, self.options.model]), []
            for size in sizes:
                progress(f"scaling with {kind}: {size}")
                structure = self.structure(size, 1) if kind == "atoms" else self.structure("water15", size)
                about = server.ask("case", case="s", structure=structure, threads=self.options.threads,
                                   keys=self.options.potential)
                measured = server.ask("measure", case="s", seconds=self.options.seconds)
                result[kind].append(about | measured | server.ask("memory"))
                server.ask("drop", case="s")
            server.close()
        return result

    def profiles(self):
        """µs of each part of one call of ours, on one thread."""
        result = {}
        for name, batch in PROFILED:
            progress(f"profile of {name} x {batch}")
            self.ours.ask("case", case="p", structure=self.structure(name, batch), threads=1,
                          keys=self.options.potential)
            result[f"{name} x {batch}" if batch > 1 else name] = self.ours.ask(
                "profile", case="p", seconds=self.options.seconds)
            self.ours.ask("drop", case="p")
        return result

    def run(self):
        o = self.options
        cases = [case for case in all_cases() if case.quick or not o.quick]
        if o.only:
            cases = [case for case in cases if re.search(o.only, case.name)]
        dynamics = [row for row in DYNAMICS if not o.only or re.search(o.only, row.name)]
        if not cases and not dynamics:
            raise SystemExit(f"--only {o.only}: no case has such a name")
        contenders = [(case, self.prepare(case)) for case in cases]
        movers = [(row, self.prepare_dynamics(row), []) for row in dynamics]
        product, foreign = [], []
        for k in range(o.rounds):
            foreign.append(foreign_load())
            product.append(self.ours.ask("product", threads=o.threads)["gflops"])
            for row, found in contenders:
                # The order turns with the rounds: nobody always follows the same one.
                for contender in found[:: 1 if k % 2 == 0 else -1]:
                    progress(f"round {k + 1}/{o.rounds}: {row.name}, {contender.name}")
                    self.turn(row.name, found, contender)
            for row, found, runs in movers:
                progress(f"round {k + 1}/{o.rounds}: {row.name}")
                runs.append(self.run_dynamics(row))
                for contender in list(found):
                    self.turn(row.name, found, contender)
        result = {"device": cpu_name(), "threads": o.threads, "rounds": o.rounds, "seconds_per_turn": o.seconds,
                  "wait_policy_of_peers": o.wait_policy, "allocator_of_peers": o.allocator, "potential": o.potential,
                  "versions": self.peers.versions, "network": self.shape,
                  "foreign_load": foreign, "left_out": self.left_out, "failed": self.failed,
                  "product_gflops": product,
                  "cases": [{"case": case.name, "system": case.system, "batch": case.batch, "must": case.must,
                             "goal": case.goal, **found[0].about, "contenders": records(found)}
                            for case, found in contenders],
                  "dynamics": [{"case": row.name, "peer": row.peer, "replicas": row.replicas, "must": row.must,
                                "goal": row.goal,
                                "contenders": {"ours": {"threads": o.threads, "ms": [r["ms"] for r in runs]},
                                               **records(found)}}
                               for row, found, runs in movers]}
        result["profile"] = self.profiles()
        self.close()
        if not o.quick and not o.only:
            result["scaling"] = self.scaling()
        progress("done" + "\n" * sys.stderr.isatty())
        return result


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--quick", action="store_true", help="only the rows with a promised ratio; three rounds")
    p.add_argument("--build", default=str(ROOT / "build/release"), help="folder with understudy and student_speed")
    p.add_argument("--model", default=str(ROOT / "benchmarks/student_v0.safetensors"), help="the student")
    p.add_argument("--potential", metavar="KEY=VALUE", action="append", default=[],
                   help="a key of our [potential], other than its default; may be repeated")
    p.add_argument("--peers", metavar="PYTHON", help="interpreter that has the other programs")
    p.add_argument("--peers-up-to", type=int, default=64, metavar="N", help="largest batch the peers are given")
    p.add_argument("--wait-policy", choices=("default", "passive"), default="default",
                   help="how the peers' OpenMP threads wait: as it comes (faster on an idle machine), or asleep")
    p.add_argument("--allocator", choices=("tuned", "default"), default="tuned",
                   help="the peers' glibc keeps freed memory, which nobody sets by hand but helps them; or as it comes")
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of ours; default: all cores")
    p.add_argument("--rounds", type=int, help="default 7, 3 with --quick")
    p.add_argument("--seconds", type=float, default=0.4, help="of one turn; slow cases take three calls")
    p.add_argument("--only", metavar="PATTERN", help="cases whose name matches this regular expression; no scaling")
    p.add_argument("--name", default="student-" + re.sub(r"[^a-z0-9]+", "-", cpu_name().lower()).strip("-"),
                   help="of the files in benchmarks/results (default: %(default)s)")
    options = p.parse_args()
    options.potential = dict(item.split("=", 1) for item in options.potential)
    options.rounds = options.rounds or (3 if options.quick else 7)
    options.model = str(pathlib.Path(options.model).resolve())
    for name in ("understudy", "student_speed"):
        if not (pathlib.Path(options.build) / name).exists():
            raise SystemExit(f"{options.build} has no {name}: cmake --build {options.build} --target {name}")
    with tempfile.TemporaryDirectory() as folder:
        result = Benchmark(options, folder).run()
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / f"{options.name}.json").write_text(json.dumps(result, indent=1) + "\n")
    print(student_report.tables(result))
    written = [results / f"{options.name}.json"]
    if student_report.plot(result, results / f"{options.name}.png"):
        written.append(results / f"{options.name}.png")
    print("written:", *written, file=sys.stderr)


if __name__ == "__main__":
    main()
