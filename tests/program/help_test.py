"""Help, completion and manual page know every verb, section, key and component that is registered,
and read well."""

import re
import shutil

from harness import *


def verbs():
    return re.findall(r"^  understudy (\w+)", ok("help").stdout.split("\nAn input")[0], re.M)


def registered():
    """section.key -> its line, and component -> section.key that chooses it: all that help lists."""
    sections = {match for verb in verbs() for match in
                re.findall(r"^\[(\w+)\] ", ok("help", verb).stdout, re.M)}
    keys, components = {}, {}
    for section in sections:
        for block in ok("help", f"[{section}]").stdout.split("\n\n"):
            heading, *lines = block.splitlines()
            match = re.match(r"\[(\w+)\] (?:(\w+) = (\w+): )?", heading)
            if not match:
                continue
            expect(match[1] == section, heading)
            if match[3]:
                components[match[3]] = f"{section}.{match[2]}"
            for line in lines:
                if match := re.match(r"  (\w+)( = .*?)?  ", line):
                    keys[f"{section}.{match[1]}"] = line
    expect(len(keys) > 80 and "integrator.time_step" in keys, keys)
    expect({"lennard_jones", "painn"} <= set(components), components)
    return keys, components


def test_every_word_is_explained_within_100_columns():
    keys, components = registered()
    sections = {key.split(".")[0] for key in keys}
    faults = []
    for word in [None, *verbs(), *(f"[{s}]" for s in sections), *components, *keys]:
        text = ok("help", *([word] if word else [])).stdout
        faults += [f"{word}: {line}" for line in text.splitlines() if len(line) > 100 or line != line.rstrip()]
        if word and word.strip("[]") not in text.splitlines()[0]:
            faults.append(f"{word}: begins with {text.splitlines()[0]}")
    expect(not faults, f"{len(faults)}:\n  " + "\n  ".join(faults))


def test_what_is_said_about_a_word():
    for word, said in {
        "integrator": ["[integrator]", "time_step = 0.5 fs", "run, restart, check, audit"],
        "integrator.time_step": ["time in fs, ps, ns", "0.5 fs", "run, restart", "--integrator.time_step="],
        "time_step": ["integrator.time_step:"],
        "--integrator.time_step=1": ["integrator.time_step:"],
        "every": ["output.every:", "checkpoint.every:", "teacher.every:"],
        "trajectory": ["one of amber, extxyz, both, none"],
        "epsilon": ["potential.epsilon:", "only if  potential.name = lennard_jones"],
        "integrator.method": ["langevin", "BAOAB", "velocity_verlet", "must be given to run, check"],
        "langevin": ["integrator.method = langevin", "BAOAB"],
        "painn": ["potential.name = painn, or teacher.name = painn", "filters = auto"],
        "lennard_jones": ["epsilon", "sigma", "cutoff"],
        "run": ["What must be given", "output.directory", "A whole input file", "[safety]"],
        "[run]": ["device = auto", "distill"],
        "energy": ["output.file", "Sections: system, potential"],
    }.items():
        text = ok("help", word).stdout
        for part in said:
            expect(part in text, f"help {word}: no '{part}' in\n{text}")
    for verb in verbs():
        if verb != "help":
            expect(ok(verb, "--help").stdout == ok("help", verb).stdout, verb)
    expect(ok("version").stdout == ok("--version").stdout == ok("-V").stdout)
    expect(ok("--help").stdout == ok("help").stdout)


def test_a_word_that_is_nothing():
    for word, near in {"rum": "'run'", "integrater": "'integrator'", "timestep": "'time_step'",
                       "output.trajektory": "'output.trajectory'", "langevine": "'langevin'",
                       "verlet": "'velocity_verlet'", "qqqqqqqq": "help run"}.items():
        done = ok("help", word, code=2)
        expect(near in done.stderr and len(done.stderr.splitlines()) == 1 and not done.stdout, done.stderr)
    expect("one word" in ok("help", "run", "check", code=2).stderr)


def test_the_example_runs():
    text = ok("help", "run").stdout.split("A whole input file:\n\n")[1].split("\n\n")[0]
    expect(text.strip() in ok("help").stdout, "another one in the overview")
    xyz("water.xyz", (["O", "H", "H"], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]], None))
    shutil.copy(STUDENT, "student.safetensors")
    open("water.ini", "w").write(text)
    ok("run", "water.ini", "--integrator.time=2 fs", f"--run.device={DEVICE}")
    expect(len(read_log("runs/water")) == 16, read_log("runs/water"))


def complete(line, script="understudy.bash"):
    """COMPREPLY for a command line with the cursor at its end, words parted as bash does."""
    words = [w for w in re.split(r"(=)|\s+", line) if w]
    if line.endswith(" "):
        words.append("")
    code = (f"source {script}; COMP_WORDS=({' '.join(map(shlex_quote, words))}); "
            f"COMP_CWORD={len(words) - 1}; _understudy understudy; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "--norc", "-c", code], capture_output=True, text=True, timeout=60)
    expect(done.returncode == 0 and not done.stderr, line, done.stderr)
    return done.stdout.split()


def shlex_quote(word):
    return "'" + word + "'"


def test_completion():
    if not shutil.which("bash"):
        return print("skipped: no bash")
    keys, components = registered()
    open("understudy.bash", "w").write(ok("help", "--bash-completion").stdout)
    os.mkdir("runs")
    for name in ("a.ini", "b.ini", "a.xyz", "model.safetensors"):
        open(name, "w").close()
    expect(set(verbs()) <= set(complete("understudy ")), complete("understudy "))
    expect(complete("understudy ch") == ["check"])
    takers = {section: ok("help", f"[{section}]").stdout.split(f"take [{section}]: ")[1].split("\n")[0].split(",")[0]
              for section in {key.split(".")[0] for key in keys}}
    for section, verb in takers.items():
        wanted = {f"--{key}=" for key in keys if key.startswith(section + ".")}
        expect(set(complete(f"understudy {verb} --{section}.")) == wanted, section, wanted)
        expect(f"--{section}." in complete(f"understudy {verb} --"), section, verb)
    expect(set(components) <= set(complete("understudy help ")) and set(keys) <= set(complete("understudy help ")))
    for line, wanted in {
        "understudy run --output.trajectory=": "amber extxyz both none",
        "understudy run --output.trajectory=e": "extxyz",
        "understudy run a.ini b.ini --2.output.trajectory=b": "both",
        "understudy run a.ini b.ini --2.output.d": "--2.output.directory=",
        "understudy run a.ini --output.trajectory e": "extxyz",
        "understudy run --output.forces=": "yes no",
        "understudy run --integrator.method=v": "velocity_verlet",
        "understudy run --potential.name=lenn": "lennard_jones",
        "understudy run --potential.model=mod": "model.safetensors",
        "understudy run --system.structure=a.xyz,a.x": "a.xyz,a.xyz",
        "understudy run ": "a.ini b.ini runs",
        "understudy restart ": "runs",
        "understudy models mod": "model.safetensors",
        "understudy energy --integrator.": "",
        "understudy restart runs --2.": "",
        "understudy help time": "",
        "understudy help lang": "langevin",
        "understudy help --": "--bash-completion --man",
    }.items():
        expect(sorted(complete(line)) == sorted(wanted.split()), line, complete(line))
    # Where bash does not part words at =, the whole word is replaced.
    code = ("source understudy.bash; COMP_WORDS=(understudy run --output.trajectory=e); COMP_CWORD=2; "
            "_understudy; echo ${COMPREPLY[@]}")
    whole = subprocess.run(["bash", "--norc", "-c", code], capture_output=True, text=True).stdout
    expect(whole.strip() == "--output.trajectory=extxyz", whole)


def test_manual_page():
    keys, components = registered()
    page = ok("help", "--man").stdout
    open("understudy.1", "w").write(page)
    plain = re.sub(r"\\f[BR]", " ", page.replace("\\-", "-"))
    for word in [*verbs(), *keys, *components]:
        expect(re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", plain), word, "is not in the page")
    for command in (["man", "--warnings", "-l", "understudy.1"],
                    ["groff", "-man", "-Tutf8", "-ww", "understudy.1"],
                    ["mandoc", "-T", "lint", "-W", "warning", "understudy.1"]):
        if not shutil.which(command[0]):
            print(f"skipped: {command[0]} is not installed")
            continue
        done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "MANWIDTH": "120", "LC_ALL": "C.UTF-8"})
        expect(done.returncode == 0 and not done.stderr, command[0], done.stderr)
        if command[0] == "man":
            for key in keys:
                expect(key in done.stdout, key, "is not shown by man")


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
