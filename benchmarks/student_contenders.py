"""Who takes part in student.py: every way to do a case, prepared and waiting for its turns."""
import pathlib
import sys
import time

from student_cases import EVERY, TEMPERATURE, TIME_STEP, write_batch
from student_server import Failed, Peers, Server, find_peers

CLUSTER = pathlib.Path(__file__).resolve().parents[1] / "inputs/water_clusters/water_pentamer.xyz"


def progress(text):
    live = sys.stderr.isatty()
    print(("\r\x1b[K" if live else "") + f"{time.strftime('%H:%M:%S')} {text}", end="" if live else "\n",
          file=sys.stderr, flush=True)


class Contender:
    """One way to do a case: a server that holds it, and what it measured in each round."""

    def __init__(self, name, server, case, threads, variant="", about=None):
        self.name, self.server, self.case, self.threads, self.variant = name, server, case, threads, variant
        self.about = about or {}
        self.rounds = []

    def measure(self, seconds):
        return self.server.ask("measure", case=self.case, seconds=seconds)

    def record(self):
        return {"threads": self.threads, "variant": self.variant,
                **{key: [r[key] for r in self.rounds] for key in ("ms", "min", "trials")}}


class Contenders:
    def __init__(self, options, folder):
        self.options, self.folder = options, pathlib.Path(folder)
        self.speed = pathlib.Path(options.build) / "student_speed"
        self.ours = Server([self.speed, options.model])
        self.shape = self.ours.ask("model")
        python, self.left_out = find_peers(options.peers)
        self.peers = Peers(python, self.shape, options.wait_policy)
        self.failed = []
        for peer, why in self.left_out.items():
            print(f"{peer} is left out: {why}", file=sys.stderr)

    def structure(self, system, batch):
        path = self.folder / f"{system}-{batch}.xyz"
        if not path.exists():
            write_batch(path, system, batch)
        return str(path)

    def our_contender(self, name, case, structure, threads, **how):
        about = self.ours.ask("case", case=case, structure=structure, threads=threads, **how)
        return Contender(name, self.ours, case, threads, about=about)

    def best_of(self, peer, case, settings, **command):
        """The fastest of a peer's settings [(threads, variant)] by a short trial; None when it cannot do it."""
        if peer in self.left_out:
            return None
        best = None
        for threads, variant in settings:
            progress(f"{case}: preparing {f'{peer} {variant}'.strip()}, {threads} thread(s)")
            held = f"{case} {variant}"
            try:
                server = self.peers.server(peer, threads)
                about = server.ask("case", case=held, threads=threads, variant=variant, **command)
                contender = Contender(peer, server, held, threads, variant, about)
                trial = contender.measure(min(0.3, self.options.seconds))["min"]
            except Failed as error:
                self.failed.append({"case": case, "peer": peer, "threads": threads, "variant": variant,
                                    "error": str(error)})
                continue
            slower = contender
            if best is None or trial < best[0]:
                slower = best and best[1]
                best = trial, contender
            if slower:
                slower.server.ask("drop", case=slower.case)
        return best and best[1]

    def settings_for(self, peer, atoms):
        """Compiling takes most of a minute: one thread is tried for small molecules alone, where it may win."""
        n = self.options.threads
        if n == 1 or (peer == "compile" and atoms > 12):
            return [(n, "")]
        return [(1, ""), (n, "")]

    def prepare(self, case):
        """Contenders of a case by name."""
        structure, n = self.structure(case.system, case.batch), self.options.threads
        ours = self.our_contender("ours", case.name, structure, n)
        found = {"ours": ours}
        if not self.options.quick:
            if n > 1:
                found["ours, one thread"] = self.our_contender("ours, one thread", case.name + " one", structure, 1)
            if case.strict:
                found["ours, strict"] = self.our_contender("ours, strict", case.name + " strict", structure, n,
                                                           strict=True)
        for peer in ("eager", "compile"):
            too_large = case.batch > self.options.peers_up_to
            if too_large or (peer == "compile" and self.options.quick and not case.held_to_compile):
                continue
            best = self.best_of(peer, case.name, self.settings_for(peer, ours.about["atoms"]), structure=structure)
            if best and best.about["edges"] != ours.about["edges"]:
                raise SystemExit(f"{case.name}: {peer} has {best.about['edges']} edges, ours {ours.about['edges']}")
            if best:
                found[peer] = best
        return found

    def prepare_dynamics(self, row):
        """The peer, and our kernels alone on the structure of the run."""
        n = self.options.threads
        frames = self.folder / f"cluster-{row.replicas}.xyz"
        frames.write_text(CLUSTER.read_text() * row.replicas)
        found = {"kernels": self.our_contender("kernels", row.name, str(frames), n)}
        searches = ["torchsim_nl", "vesin_nl_ts"] if row.peer == "torch-sim" else [""]
        best = self.best_of(row.peer, row.name, [(t, s) for t in sorted({1, n}) for s in searches],
                            structure=str(frames), steps=row.peer_steps, temperature=TEMPERATURE,
                            time_step=TIME_STEP, every=EVERY)
        return found | ({row.peer: best} if best else {})

    def close(self):
        self.peers.close()
        self.ours.close()
