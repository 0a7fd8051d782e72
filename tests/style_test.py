"""The rules of docs/architecture.md that a script can see: who may include whom, which files may
know LibTorch, CUDA or netCDF, and that links between pages lead to files. Usage: style_test.py [SOURCE_DIR]; exit code 1 and one line per fault."""
import pathlib
import re
import sys

# From the ground up. program, the roof, is the one place that knows every folder.
FOLDERS = ("md", "potentials", "integrators", "io", "program", "tests")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
CUDA = re.compile(r"^(cuda|cublas|cudnn|curand|cooperative_groups)")
THRUST = re.compile(r"^(thrust|cub)/")
NETCDF = re.compile(r"^netcdf")
NAMESPACE = re.compile(r"^namespace md(?!::test\b)\b")
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:%s)/[\w/.-]+\.(?:hpp|cpp|cu|cuh|py|ini|json))\b" % "|".join(
    [*FOLDERS, "docs", "inputs", "benchmarks", "scripts"]))


def folder_of(name):
    return next((f for f in FOLDERS if name.startswith(f + "/")), None)


def room_of(name):
    """The folder of one potential or verb, "" for one that is a file."""
    parts = pathlib.PurePosixPath(name).parts
    return parts[1] if len(parts) > 2 else ""


def is_torch_header(path):
    """Headers of potentials/ that may show LibTorch's types: only .cpp files may include them."""
    return path.name.startswith("torch_") and path.suffix == ".hpp"


def faults_of(path, folder, line):
    if folder == "tests" and NAMESPACE.match(line):
        yield "code of the tests stands in md::test"
    match = INCLUDE.match(line)
    if not match:
        return
    quote, name = match.groups()
    target = folder_of(name)
    if quote == '"' and "/" not in name:
        yield f'"{name}": includes of ours name their folder'
    if target and folder not in ("tests", "program") and target not in ("md", folder):
        yield f'"{name}": {folder}/ may include md/ and itself only'
    if target == folder == "potentials" and room_of(name) not in ("support", room_of(path)):
        yield f'"{name}": a potential includes potentials/support/ and itself, no other potential'
    shared = ("", "run", room_of(path))
    if target == folder == "program" and room_of(name) not in shared:
        yield f'"{name}": a verb includes no other verb; what they share stands in program/ or program/run/'
    if TORCH.match(name) and not (folder in ("potentials", "tests") and
                                (path.suffix == ".cpp" or is_torch_header(path))):
        yield f"<{name}>: LibTorch belongs into potentials/*.cpp and potentials/**/torch_*.hpp"
    if is_torch_header(pathlib.PurePosixPath(name)) and path.suffix != ".cpp":
        if not is_torch_header(path):
            yield f'"{name}": a header with LibTorch is for .cpp files'
    if THRUST.match(name) and path.suffix not in (".cu", ".cuh"):
        yield f"<{name}>: Thrust and CUB belong into .cu and .cuh"
    if CUDA.match(name) and path.suffix == ".hpp":
        yield f"<{name}>: headers are plain C++, CUDA belongs into .cpp, .cu and .cuh"
    if NETCDF.match(name) and path.suffix != ".cpp":
        yield f"<{name}>: netCDF belongs into .cpp"


def broken_links(page, text, root):
    """Links of a page to files that are not there, and names of our files that have gone; addresses
    and places within a page are not looked at."""
    prose = re.sub(r"```.*?```", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
    for number, line in enumerate(prose.splitlines(), 1):
        for target in LINK.findall(line):
            path = target.split("#")[0]
            if path and "://" not in path and not (page.parent / path).exists():
                yield f"{number}: the link to {target} leads nowhere"
        for name in NAMED.findall(line):
            if not (root / name).exists():
                yield f"{number}: there is no {name}"


def pages(root):
    for folder in (".", "docs", "inputs", "benchmarks", "tests"):
        yield from sorted((root / folder).glob("*.md" if folder in (".", "docs") else "**/*.md"))


def check(root):
    faults, n_files = [], 0
    for page in pages(root):
        text = page.read_text(encoding="utf-8")
        faults += [f"{page.relative_to(root)}:{f}" for f in broken_links(page, text, root)]
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root)
            if path.suffix not in (".hpp", ".cpp", ".cu", ".cuh"):
                continue
            n_files += 1
            text = path.read_text(encoding="utf-8")
            for number, line in enumerate(text.splitlines(), 1):
                faults += [f"{name}:{number}: {f}" for f in faults_of(name, folder, line)]
                if len(line) > 100:
                    faults.append(f"{name}:{number}: {len(line)} columns, 100 are the limit")
            # *-inl.hpp are included once for each kind of processor.
            once = path.suffix in (".hpp", ".cuh") and not path.name.endswith("-inl.hpp")
            if once and "#pragma once" not in text:
                faults.append(f"{name}:1: no #pragma once")
    return faults, n_files


def test_rules_can_fail():
    """Each rule finds the line it is there for, and lets the right one pass."""
    wrong = [("md/a.hpp", '#include "io/b.hpp"'), ("io/a.cpp", '#include "potentials/b.hpp"'),
             ("md/a.cpp", '#include "b.hpp"'), ("potentials/a.hpp", "#include <torch/torch.h>"),
             ("potentials/a.cu", "#include <ATen/ATen.h>"), ("md/a.cpp", "#include <torch/script.h>"),
             ("md/a.hpp", "#include <cuda_runtime.h>"), ("io/a.hpp", "#include <netcdf.h>"),
             ("md/a.cpp", "#include <thrust/sort.h>"),
             ("potentials/a.hpp", '#include "potentials/torch_b.hpp"'),
             ("io/a.cpp", '#include "program/b.hpp"'), ("md/a.cpp", '#include "program/b.hpp"'),
             ("potentials/orb/a.cpp", '#include "potentials/painn/b.hpp"'),
             ("potentials/support/a.cpp", '#include "potentials/painn/b.hpp"'),
             ("potentials/a.cpp", '#include "potentials/painn/b.hpp"'),
             ("program/bench/a.cpp", '#include "program/verify/b.hpp"'),
             ("program/run/a.cpp", '#include "program/audit/b.hpp"'),
             ("program/a.cpp", '#include "program/verify/b.hpp"'),
             ("tests/md/a.cpp", "namespace md {"), ("tests/md/a.cpp", "namespace md::painn {")]
    right = [("io/a.cpp", '#include "md/b.hpp"'), ("io/a.cpp", '#include "io/b.hpp"'),
             ("potentials/a.cpp", "#include <torch/torch.h>"),
             ("potentials/torch_a.hpp", "#include <ATen/ATen.h>"),
             ("potentials/a.cpp", '#include "potentials/torch_a.hpp"'), ("md/a.cu", "#include <cuda_runtime.h>"),
             ("tests/md/a.cpp", "namespace md::test {"), ("md/a.cpp", "namespace md {"),
             ("tests/md/a.cpp", '#include "io/b.hpp"'), ("program/a.cpp", '#include "io/b.hpp"'),
             ("potentials/orb/a.cpp", '#include "potentials/support/b.hpp"'),
             ("program/bench/a.cpp", '#include "program/run/b.hpp"'), ("program/bench/a.cpp", '#include "program/b.hpp"'),
             ("program/bench/a.cpp", '#include "program/bench/b.hpp"'),
             ("potentials/painn/cpu/a.cpp", '#include "potentials/painn/b.hpp"'), ("io/a.cpp", "#include <netcdf.h>")]
    for cases, expected in ((wrong, 1), (right, 0)):
        for name, line in cases:
            path = pathlib.PurePosixPath(name)
            found = list(faults_of(path, folder_of(name), line))
            assert len(found) == expected, f"{name}: {line}: {found}"
    here = pathlib.Path(__file__)
    for text, expected in (("[a](style_test.py)", 0), ("[a](https://a.b) [b](#here)", 0), ("[a](none.md)", 1),
                           ("```\n[](int x)\n```", 0), ("`tests/style_test.py`", 0), ("`md/none.hpp`", 1)):
        assert len(list(broken_links(here, text, here.parents[1]))) == expected, text


if __name__ == "__main__":
    test_rules_can_fail()
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])
    found, count = check(source)
    print(*found, sep="\n")
    print(f"{count} files, {len(found)} faults")
    sys.exit(1 if found or count == 0 else 0)
