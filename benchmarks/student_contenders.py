"""Who takes part in student.py: every way to do a case, prepared and waiting for its turns."""
import pathlib
import statistics
import sys
import time

from student_cases import EVERY, TEMPERATURE, TIME_STEP, write_batch
from student_server import Failed, Peers, Server, absences, find_peers

CLUSTER = pathlib.Path(__file__).resolve().parents[1] / "inputs/water_clusters/water_pentamer.xyz"


# A setting is near to the fastest when its trial took at most this many times as long.
NEAR = 1.4


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


def records(contenders):
    """What each name measured: of a peer with several settings that of the least median over the rounds."""
    best = {}
    for c in contenders:
        median = statistics.median(r["ms"] for r in c.rounds)
        if c.name not in best or median < best[c.name][0]:
            best[c.name] = median, c
    return {name: c.record() for name, (_, c) in best.items()}


class Contenders:
    def __init__(self, options, folder):
        self.options, self.folder = options, pathlib.Path(folder)
        self.speed = pathlib.Path(options.build) / "student_speed"
        self.ours = Server([self.speed, options.model])
        self.shape = self.ours.ask("model")
        python, self.left_out = find_peers(options.peers)
        self.peers = Peers(python, self.shape, options.wait_policy, options.allocator)
        self.failed = []
        for line in absences(self.left_out):
            print(line, file=sys.stderr)

    def structure(self, system, batch):
        path = self.folder / f"{system}-{batch}.xyz"
        if not path.exists():
            write_batch(path, system, batch)
        return str(path)

    def our_contender(self, name, case, structure, threads, **how):
        about = self.ours.ask("case", case=case, structure=structure, threads=threads,
                              keys=self.options.potential, **how)
        return Contender(name, self.ours, case, threads, about=about)

    def fastest(self, peer, case, settings, **command):
        """A peer with the fastest of its settings [(threads, variant)] by a short trial, and with those that are so
        near to it that only the rounds can tell. Empty when it cannot do the case."""
        if peer in self.left_out:
            return []
        tried = []
        for threads, variant in settings:
            progress(f"{case}: preparing {f'{peer} {variant}'.strip()}, {threads} thread(s)")
            held = f"{case} {variant}"
            try:
                server = self.peers.server(peer, threads)
                about = server.ask("case", case=held, threads=threads, variant=variant, **command)
                contender = Contender(peer, server, held, threads, variant, about)
                tried.append((contender.measure(min(0.3, self.options.seconds))["min"], contender))
            except Failed as error:
                self.note_failure(case, peer, threads, variant, error)
        near = [c for ms, c in tried if ms <= NEAR * min(tried, key=lambda t: t[0])[0]]
        for _, contender in tried:
            if contender not in near:
                contender.server.ask("drop", case=contender.case)
        return near

    def note_failure(self, case, peer, threads, variant, error):
        self.failed.append({"case": case, "peer": peer, "threads": threads, "variant": variant, "error": str(error)})

    def turn(self, case, found, contender):
        """Measures one contender of those found for a case; a peer that fails takes part no longer."""
        try:
            contender.rounds.append(contender.measure(self.options.seconds))
        except Failed as error:
            if contender.server is self.ours:
                raise SystemExit(f"{case}, {contender.name}: {error}")
            self.note_failure(case, contender.name, contender.threads, contender.variant, error)
            found.remove(contender)

    def settings_for(self, peer, atoms):
        """Compiling takes most of a minute: one thread is tried for small molecules alone, where it may win."""
        n = self.options.threads
        if n == 1 or (peer == "compile" and atoms > 12):
            return [(n, "")]
        return [(1, ""), (n, "")]

    def prepare(self, case):
        """All contenders of a case, ours first."""
        structure, n = self.structure(case.system, case.batch), self.options.threads
        ours = self.our_contender("ours", case.name, structure, n)
        found = [ours]
        if not self.options.quick:
            if n > 1:
                found.append(self.our_contender("ours, one thread", case.name + " one", structure, 1))
            if case.strict:
                found.append(self.our_contender("ours, strict", case.name + " strict", structure, n, strict=True))
        for peer in ("eager", "compile"):
            too_large = case.batch > self.options.peers_up_to
            if too_large or (peer == "compile" and self.options.quick and not case.held_to_compile):
                continue
            found += self.fastest(peer, case.name, self.settings_for(peer, ours.about["atoms"]), structure=structure)
        for other in found:
            if other.about["edges"] != ours.about["edges"]:
                raise SystemExit(f"{case.name}: {other.name} has {other.about['edges']} edges, not those of ours, "
                                 f"{ours.about['edges']}")
        return found

    def prepare_dynamics(self, row):
        """Our kernels alone on the structure of the run, and the peer."""
        n = self.options.threads
        frames = self.folder / f"cluster-{row.replicas}.xyz"
        frames.write_text(CLUSTER.read_text() * row.replicas)
        searches = ["torchsim_nl", "vesin_nl_ts"] if row.peer == "torch-sim" else [""]
        return [self.our_contender("kernels", row.name, str(frames), n),
                *self.fastest(row.peer, row.name, [(t, s) for t in sorted({1, n}) for s in searches],
                              structure=str(frames), steps=row.peer_steps, temperature=TEMPERATURE,
                              time_step=TIME_STEP, every=EVERY)]

    def close(self):
        self.peers.close()
        self.ours.close()
