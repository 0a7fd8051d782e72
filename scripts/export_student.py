#!/usr/bin/env python3
"""Writes a PaiNN student as TorchScript (.ts) or ONNX (.onnx), to be used without Understudy.

    python3 scripts/export_student.py student.safetensors student.onnx student.ts [--precision float64]
    python3 scripts/export_student.py student.safetensors --check frames.xyz --program build/cpu/understudy

Needs torch and numpy, for ONNX also onnx and onnxscript. Both files map
    numbers int64 [N], positions float64 [N, 3] (A), edge_index int64 [2, E], shifts float64 [E, 3] (A)
to
    energy float64 [1] (eV), forces float64 [N, 3] (eV/A), virial float64 [3, 3] (eV)
Edges are all ordered pairs nearer than the cutoff, images included: from the atom edge_index[0], which
receives, to edge_index[1] at positions[edge_index[1]] + shifts. Forces come from the network's reverse
pass, written out below, so that a file needs no automatic differentiation. virial is the sum of
r (x) dE/dr over edges, stress = virial / volume. The cutoff and the file's own metadata stand in the
ONNX metadata and in the extra file metadata.json of TorchScript; scripts/student_calculator.py runs
both in ASE. With --check both formats in both precisions are compared with `understudy energy`.
"""
import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch

ENERGY_UNITS = {"ev": 1.0, "mev": 1e-3, "hartree": 27.211386245988, "ha": 27.211386245988,
                "kcal/mol": 4184.0 / 6.02214076e23 / 1.602176634e-19,
                "kj/mol": 1000.0 / 6.02214076e23 / 1.602176634e-19}
HARTREE, BOHR = 27.211386245988, 0.529177210903  # eV, A
# Screened nuclear repulsion as in potentials/painn/zbl.hpp, brought to zero at ZBL_END (A).
ZBL_WEIGHT, ZBL_DECAY = (0.18175, 0.50986, 0.28022, 0.02817), (3.19980, 0.94229, 0.40290, 0.20162)
ZBL_LENGTH, ZBL_POWER, ZBL_END = 0.8854 * BOHR, 0.23, 1.0
INPUTS, OUTPUTS = ("numbers", "positions", "edge_index", "shifts"), ("energy", "forces", "virial")


def read_safetensors(path):
    """Tensors as float64 numpy arrays, and the metadata."""
    data = pathlib.Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__", {})
    kinds = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in kinds:
            sys.exit(f"{path}: {name} is {entry['dtype']}; F64, F32 or F16 is wanted")
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[8 + size + begin:8 + size + end], kinds[entry["dtype"]])
        tensors[name] = values.astype(np.float64).reshape(entry["shape"])
    return tensors, metadata


def choice(path, metadata, key, options):
    value = metadata.get(key, options[0])
    if value not in options:
        sys.exit(f"{path}: metadata '{key}' is '{value}'; {' or '.join(options)} is wanted")
    return value


def silu_slope(x):
    s = torch.sigmoid(x)
    return s * (1 + x * (1 - s))


def polynomial(x):
    """1 - 28 x^6 + 48 x^7 - 21 x^8 and its derivative."""
    x5 = x * x * x * x * x
    return 1 + x5 * x * (-28 + x * (48 - 21 * x)), x5 * (-168 + x * (336 - 168 * x))


class Dense(torch.nn.Module):
    """y = x W^T + b."""

    def __init__(self, weight, bias):
        super().__init__()
        self.weight = torch.nn.Parameter(weight, requires_grad=False)
        self.bias = torch.nn.Parameter(bias, requires_grad=False)

    def forward(self, x):
        return torch.nn.functional.linear(x, self.weight, self.bias)


class Layer(torch.nn.Module):
    """The weights of one message and one update block."""

    def __init__(self, take, number):
        super().__init__()
        context = f"rep.interactions.{number}.interatomic_context_net."
        mixing = f"rep.mixing.{number}.intraatomic_context_net."
        self.context0, self.context1 = take(context + "0"), take(context + "1")
        self.mixing0, self.mixing1 = take(mixing + "0"), take(mixing + "1")
        self.mix = take(f"rep.mixing.{number}.mu_channel_mix", bias=False)


class Student(torch.nn.Module):
    """PaiNN (Schuett, Unke, Gastegger, ICML 2021; SchNetPack's form) with its reverse pass.

    F channels; v is [N, 3, F]. Geometry and sums over atoms are in float64, the network in `dtype`.
    A bar is a derivative of the energy: s_bar = dE/ds.
    """

    def __init__(self, path, dtype):
        super().__init__()
        tensors, metadata = read_safetensors(path)
        known = metadata.get("architecture", metadata.get("arch", "painn"))
        if known not in ("painn", "painn-schnetpack") or "rep.embedding.weight" not in tensors:
            sys.exit(f"{path}: is no PaiNN student (architecture '{known}')")
        units = metadata.get("units", "eV,angstrom").split(",")
        energy_unit = metadata.get("energy_unit", units[0]).strip().lower()
        length_unit = metadata.get("length_unit", units[-1]).strip().lower()
        if energy_unit not in ENERGY_UNITS or length_unit not in ("a", "angstrom", "ang"):
            sys.exit(f"{path}: units {energy_unit}, {length_unit} cannot be converted")
        unit = ENERGY_UNITS[energy_unit]
        self.metadata = metadata
        buffer = tensors.get("rep.cutoff_fn.cutoff")
        if "cutoff" not in metadata and buffer is None:
            sys.exit(f"{path}: says no cutoff")
        self.cutoff = float(metadata["cutoff"]) if "cutoff" in metadata else float(buffer.reshape(-1)[0])
        self.epsilon = float(metadata.get("epsilon", 1e-8))
        self.polynomial = choice(path, metadata, "envelope", ("cosine", "polynomial")) == "polynomial"
        self.zbl = choice(path, metadata, "repulsion", ("none", "zbl")) == "zbl"

        def tensor(name):
            return torch.tensor(tensors[name], dtype=dtype)

        def take(name, bias=True):
            if bias:
                return Dense(tensor(name + ".weight"), tensor(name + ".bias"))
            return torch.nn.Parameter(tensor(name + ".weight"), requires_grad=False)

        self.embedding = torch.nn.Parameter(tensor("rep.embedding.weight"), requires_grad=False)
        self.filter = take("rep.filter_net")
        n_species, self.channels = self.embedding.shape
        n_layers = self.filter.weight.shape[0] // (3 * self.channels)
        self.layers = torch.nn.ModuleList([Layer(take, k) for k in range(n_layers)])
        self.head0, self.head1 = take("head.0"), take("head.1")

        def per_species(name):  # plain tensors: constants of a file, in float64 whatever the precision
            values = torch.tensor(tensors[name].reshape(-1) * unit, dtype=torch.float64)
            return values if len(values) > 1 else values.repeat(n_species)

        self.scale, self.shift = per_species("scale"), per_species("shift")
        # Numbers that float32 cannot hold are tensors: the ONNX exporter rounds Python's to float32.
        def number(value):
            return torch.tensor(value, dtype=torch.float64)

        n = self.filter.weight.shape[1]
        self.k = torch.arange(1, n + 1, dtype=torch.float64) * (math.pi / self.cutoff)
        self.rc, self.k1, self.tiny = number(self.cutoff), number(math.pi / self.cutoff), number(math.sqrt(self.epsilon))
        self.zbl_weight, self.zbl_decay = number(ZBL_WEIGHT), number(ZBL_DECAY)
        self.zbl_length, self.zbl_power = number(ZBL_LENGTH), number(ZBL_POWER)
        self.coulomb = number(HARTREE * BOHR)

    def norm(self, v):
        """sqrt(sum_xyz v^2 + epsilon); scaled so that no optimizer takes a small epsilon for zero."""
        return self.tiny * torch.sqrt((v * v).sum(1) / self.epsilon + 1)

    def envelope(self, d):
        """fc(d) and its derivative, both zero from the cutoff on."""
        inside = (d < self.rc).to(d.dtype)
        if self.polynomial:
            value, slope = polynomial(torch.clamp(d / self.rc, max=1.0))
            return value * inside, slope * inside / self.rc
        x = self.k1 * d
        return 0.5 * (torch.cos(x) + 1) * inside, -0.5 * self.k1 * torch.sin(x) * inside

    def repulsion(self, z_i, z_j, d):
        """Energy of each edge, half of its pair's, and its derivative."""
        inside = (d < ZBL_END).to(d.dtype)
        inverse = (z_i.pow(self.zbl_power) + z_j.pow(self.zbl_power)) / self.zbl_length
        rate = inverse.unsqueeze(1) * self.zbl_decay
        terms = self.zbl_weight * torch.exp(-rate * d.unsqueeze(1))
        screening, slope = terms.sum(1), -(terms * rate).sum(1)
        envelope, envelope_slope = polynomial(torch.clamp(d / ZBL_END, max=1.0))
        bare = 0.5 * self.coulomb * z_i * z_j / d
        energy = bare * screening * envelope * inside
        change = slope * envelope + screening * envelope_slope / ZBL_END - screening * envelope / d
        return energy, bare * change * inside

    def forward(self, numbers, positions, edge_index, shifts):
        i, j = edge_index[0], edge_index[1]
        x = positions.to(torch.float64)
        r = x.index_select(0, j) - x.index_select(0, i) + shifts.to(torch.float64)
        d = torch.sqrt((r * r).sum(1))
        u = r / d.unsqueeze(1)
        fc, fc_slope = self.envelope(d)
        kd = d.unsqueeze(1) * self.k
        basis = torch.sin(kd) / d.unsqueeze(1)
        basis_slope = (self.k * torch.cos(kd) - basis) / d.unsqueeze(1)

        def low(t):  # to the network's precision
            return t.type_as(self.embedding)

        # W(d) = (B Wf^T + b) fc and W'(d), of all layers: [E, 3F L].
        raw, fcl, fcl_slope = self.filter(low(basis)), low(fc).unsqueeze(1), low(fc_slope).unsqueeze(1)
        filters = raw * fcl
        filter_slopes = torch.matmul(low(basis_slope), self.filter.weight.t()) * fcl + raw * fcl_slope
        ul = low(u)

        f, kept = self.channels, []
        s, v = self.embedding.index_select(0, numbers), None
        for number, layer in enumerate(self.layers):
            w = filters.narrow(1, 3 * f * number, 3 * f)
            x1 = layer.context0(s)
            phi_j = layer.context1(torch.nn.functional.silu(x1)).index_select(0, j)
            m = phi_j * w
            ms, mr, mv = m.narrow(1, 0, f), m.narrow(1, f, f), m.narrow(1, 2 * f, f)
            s_new = s + torch.zeros_like(s).index_add(0, i, ms)
            dv = mr.unsqueeze(1) * ul.unsqueeze(2)
            v_j = None if v is None else v.index_select(0, j)
            if v_j is not None:
                dv = dv + mv.unsqueeze(1) * v_j
            zero = torch.zeros_like(s).unsqueeze(1).repeat(1, 3, 1) if v is None else v
            v_new = zero.index_add(0, i, dv)
            mixed = torch.matmul(v_new, layer.mix.t())
            vv, uu = mixed.narrow(2, 0, f), mixed.narrow(2, f, f)
            n = self.norm(vv)
            y = layer.mixing0(torch.cat([s_new, n], 1))
            a = layer.mixing1(torch.nn.functional.silu(y))
            a_vv, a_sv = a.narrow(1, f, f), a.narrow(1, 2 * f, f)
            q = (vv * uu).sum(1)
            s = s_new + a.narrow(1, 0, f) + a_sv * q
            v = v_new + a_vv.unsqueeze(1) * uu
            kept.append((w, x1, phi_j, m, v_j, vv, uu, n, y, a_vv, a_sv, q))

        h = self.head0(s)
        e = self.head1(torch.nn.functional.silu(h)).squeeze(1).to(torch.float64)
        scale = self.scale.index_select(0, numbers)
        energy = (scale * e + self.shift.index_select(0, numbers)).sum().reshape(1)

        # The reverse pass.
        s_bar = torch.matmul(self.head1.weight * silu_slope(h), self.head0.weight)
        s_bar = low(scale).unsqueeze(1) * s_bar
        v_bar = None
        d_bar, u_bar = torch.zeros_like(d), torch.zeros_like(u)
        for number in reversed(range(len(self.layers))):
            layer, (w, x1, phi_j, m, v_j, vv, uu, n, y, a_vv, a_sv, q) = self.layers[number], kept[number]
            q_bar = (s_bar * a_sv).unsqueeze(1)
            uu_bar, vv_bar = q_bar * vv, q_bar * uu
            a_vv_bar = torch.zeros_like(s_bar)
            if v_bar is not None:
                a_vv_bar = (v_bar * uu).sum(1)
                uu_bar = uu_bar + a_vv.unsqueeze(1) * v_bar
            a_bar = torch.cat([s_bar, a_vv_bar, s_bar * q], 1)
            c_bar = torch.matmul(torch.matmul(a_bar, layer.mixing1.weight) * silu_slope(y),
                                 layer.mixing0.weight)
            vv_bar = vv_bar + (c_bar.narrow(1, f, f) / n).unsqueeze(1) * vv
            s_bar = s_bar + c_bar.narrow(1, 0, f)
            mixed_bar = torch.matmul(torch.cat([vv_bar, uu_bar], 2), layer.mix)
            v_bar = mixed_bar if v_bar is None else v_bar + mixed_bar

            gs, gv = s_bar.index_select(0, i), v_bar.index_select(0, i)
            mv_bar = torch.zeros_like(gs) if v_j is None else (v_j * gv).sum(1)
            m_bar = torch.cat([gs, (ul.unsqueeze(2) * gv).sum(1), mv_bar], 1)
            slopes = filter_slopes.narrow(1, 3 * f * number, 3 * f)
            d_bar = d_bar + (m_bar * phi_j * slopes).sum(1).to(torch.float64)
            u_bar = u_bar + (m.narrow(1, f, f).unsqueeze(1) * gv).sum(2).to(torch.float64)
            if number == 0:
                break  # the embedding has no gradient that is wanted
            phi_bar = torch.zeros_like(x1).repeat(1, 3).index_add(0, j, m_bar * w)
            s_bar = s_bar + torch.matmul(torch.matmul(phi_bar, layer.context1.weight) * silu_slope(x1),
                                         layer.context0.weight)
            v_bar = v_bar.index_add(0, j, m.narrow(1, 2 * f, f).unsqueeze(1) * gv)

        if self.zbl:
            z = numbers.to(torch.float64)
            pair, slope = self.repulsion(z.index_select(0, i), z.index_select(0, j), d)
            energy = energy + pair.sum().reshape(1)
            d_bar = d_bar + slope
        along = (u_bar * u).sum(1, keepdim=True)
        g = d_bar.unsqueeze(1) * u + (u_bar - along * u) / d.unsqueeze(1)
        forces = torch.zeros_like(x).index_add(0, i, g).index_add(0, j, -g)
        virial = torch.matmul(r.t(), g)
        return energy, forces, virial


def sample():
    """Inputs to trace with: a bent chain of five atoms, every pair an edge."""
    numbers = torch.tensor([1, 6, 7, 8, 1])
    x = torch.tensor([[0, 0, 0], [1.1, 0, 0.2], [1.9, 1.2, 0], [3.1, 1.1, 0.8], [3.6, 0.3, 1.0]],
                     dtype=torch.float64)
    pairs = [(a, b) for a in range(5) for b in range(5) if a != b]
    return numbers, x, torch.tensor(pairs).t().contiguous(), torch.zeros(20, 3, dtype=torch.float64)


def facts_of(model, precision):
    """What a user of the file must know, as texts."""
    return {**model.metadata, "architecture": "painn", "cutoff": repr(model.cutoff),
            "precision": precision, "energy_unit": "eV", "length_unit": "angstrom"}


def export(source, target, precision):
    """Writes one file; its ending says which kind."""
    model = Student(source, getattr(torch, precision)).eval()
    facts = facts_of(model, precision)
    with torch.no_grad():
        if str(target).endswith(".ts"):
            script = torch.jit.trace(model, sample(), check_trace=False)
            torch.jit.save(script, str(target), _extra_files={"metadata.json": json.dumps(facts)})
            return
        import onnx
        sizes = {"numbers": {0: "atoms"}, "positions": {0: "atoms"}, "edge_index": {1: "edges"},
                 "shifts": {0: "edges"}}
        atoms, edges = torch.export.Dim("atoms"), torch.export.Dim("edges")
        shapes = tuple({axis: atoms if name == "atoms" else edges for axis, name in sizes[key].items()}
                       for key in INPUTS)
        torch.onnx.export(model, sample(), str(target), input_names=list(INPUTS),
                          output_names=list(OUTPUTS), dynamic_shapes=shapes, dynamo=True,
                          external_data=False, verbose=False)
    file = onnx.load(str(target))
    for key, value in facts.items():
        entry = file.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(file)
    onnx.save(file, str(target))


def largest_errors(calculator, frames):
    """Largest differences to what the frames hold: eV per atom, eV/A, eV/A^3. Where forces are above
    10 eV/A, theirs are taken relative to that: rounding grows with them."""
    worst = [0.0, 0.0, 0.0]
    for frame in frames:
        atoms = frame.copy()
        atoms.calc = calculator
        errors = [abs(atoms.get_potential_energy() - frame.get_potential_energy()) / len(atoms),
                  np.abs(atoms.get_forces() - frame.get_forces()).max(), 0.0]
        errors[1] /= max(1.0, np.abs(frame.get_forces()).max() / 10)
        if "stress" in frame.calc.results:
            errors[2] = np.abs(atoms.get_stress() - frame.get_stress()).max()
        worst = [max(a, b) for a, b in zip(worst, errors)]
    return worst


def check(source, structures, program, formats):
    """Both formats in both precisions against the engine; exits 1 where they differ."""
    import ase.io
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    from student_calculator import StudentCalculator
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for precision, tolerance in (("float64", 1e-9), ("float32", 1e-4)):
            result = f"{folder}/engine.xyz"
            subprocess.run([program, "energy", f"--system.structure={structures}", "--run.device=cpu",
                            f"--output.file={result}", "--potential.name=painn",
                            f"--potential.model={source}", f"--potential.precision={precision}"],
                           check=True, stdout=subprocess.DEVNULL)
            frames = ase.io.read(result, ":")
            for kind in formats:
                target = f"{folder}/student_{precision}.{kind}"
                export(source, target, precision)
                energy, force, stress = largest_errors(StudentCalculator(target), frames)
                good = max(energy, force, stress) <= tolerance
                failed = failed or not good
                print(f"{'ok    ' if good else 'FAILED'} {kind:5s}{precision}: {len(frames)} frames, "
                      f"energy {energy:.1e} eV/atom, forces {force:.1e} eV/A, stress {stress:.1e} "
                      f"eV/A^3 (allowed {tolerance:.0e})", flush=True)
    sys.exit(1 if failed else 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="the student: a .safetensors file")
    parser.add_argument("files", nargs="*", help="files to write: .onnx, .ts")
    parser.add_argument("--precision", choices=("float32", "float64"), default="float32",
                        help="of the network; float32 by default")
    parser.add_argument("--check", metavar="FRAMES", help="structures to compare with the engine on")
    parser.add_argument("--program", default="understudy", help="with --check: the engine")
    parser.add_argument("--formats", default="ts,onnx", help="with --check: what to compare")
    options = parser.parse_args()
    if bool(options.files) == bool(options.check):
        parser.error("give files to write, or --check FRAMES")
    for file in options.files:
        if not file.endswith((".ts", ".onnx")):
            parser.error(f"{file}: the ending .ts or .onnx says which kind is wanted")
    try:
        read_safetensors(options.model)
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{options.model}: no whole safetensors file ({error})")
    if options.check:
        check(options.model, options.check, options.program, options.formats.split(","))
    for file in options.files:
        export(options.model, file, options.precision)
        print(f"{file}: written in {options.precision}")


if __name__ == "__main__":
    main()
