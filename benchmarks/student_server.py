"""Contenders of student.py as processes that answer one JSON line for each they read, and where to find
an interpreter for the peers."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PEER_PACKAGES = ["torch", "schnetpack", "ase", "vesin", "numpy"]  # torch-sim is asked for apart


class Failed(Exception):
    """What a contender answered instead of a measurement."""


class Server:
    """A process that waits for commands, without using the processor, until it is closed."""

    def __init__(self, arguments, environment=None):
        self.process = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=environment)

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait()
            raise Failed("package missing" if code == 77 else f"the process ended with code {code}")
        reply = json.loads(line)
        if "error" in reply:
            raise Failed(reply["error"])
        return reply

    def ask(self, command, **values):
        try:
            self.process.stdin.write(json.dumps({"command": command, **values}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # read() says how it ended
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def peer_environment(python, wait_policy, allocator):
    """OpenMP as it comes, or with threads that do not spin; libraries of the interpreter's own folder. Tuned, glibc is
    told to keep freed memory, so that calls with large tensors do not spend their time on fresh pages."""
    library = pathlib.Path(python).parent.parent / "lib"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_", "KMP_"))}
    environment["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, [str(library), environment.get("LD_LIBRARY_PATH")]))
    if allocator == "tuned":
        environment |= {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(8 << 30)}
    if wait_policy == "passive":
        environment["OMP_WAIT_POLICY"] = "PASSIVE"
    return environment


def missing_packages(python, packages):
    """Which of them the interpreter cannot find; all when it cannot be run."""
    code = "import importlib.util, sys; print(*[p for p in sys.argv[1:] if not importlib.util.find_spec(p)])"
    try:
        done = subprocess.run([python, "-c", code, *packages], capture_output=True, text=True)
    except OSError:
        return packages
    return done.stdout.split() if done.returncode == 0 else packages


def find_peers(asked):
    """(interpreter or None, {peer: why it is left out}). `asked`: the option, or None to look: the running
    interpreter, then python3.12 on the path."""
    candidates = [asked] if asked else [sys.executable, shutil.which("python3.12")]
    for python in filter(None, candidates):
        missing = missing_packages(python, PEER_PACKAGES)
        if not missing:
            left_out = {}
            if missing_packages(python, ["torch_sim"]):
                left_out["torch-sim"] = f"{python} lacks torch-sim-atomistic"
            return python, left_out
    where = asked or " nor ".join(filter(None, candidates))
    why = (f"{where} lacks {', '.join(missing)}" if asked else f"neither {where} has the packages") + \
        " of benchmarks/requirements.txt, which want Python 3.12 or later (option --peers)"
    return None, {peer: why for peer in ("eager", "compile", "ase", "torch-sim")}


def absences(left_out):
    """A line for each reason."""
    reasons = {}
    for peer, why in left_out.items():
        reasons.setdefault(why, []).append(peer)
    return [f"left out: {', '.join(peers)}: {why}" for why, peers in reasons.items()]


class Peers:
    """The peers' servers, one process for each mode and number of threads, started when first used."""

    def __init__(self, python, shape, wait_policy, allocator):
        self.python, self.shape = python, json.dumps(shape)
        self.environment = peer_environment(python, wait_policy, allocator) if python else None
        self.servers, self.versions = {}, {}

    def server(self, mode, threads):
        if (mode, threads) not in self.servers:
            server = Server([self.python, HERE / "student_peers.py", mode, self.shape], self.environment)
            self.versions |= server.read()["versions"]
            self.servers[mode, threads] = server
        return self.servers[mode, threads]

    def close(self):
        for server in self.servers.values():
            server.process.stdin.close()
        for server in self.servers.values():
            server.process.wait()
