"""Tables and plot of student.py's results."""
import statistics

from student_cases import PRODUCT_SHARE, STEP_SHARE, STRICT_COST
from student_server import absences

median = statistics.median
# Above this share of the machine taken by other programs the ratios say nothing.
BUSY = 0.1


def ratios(row, name, other="ours"):
    """Time of one contender over that of another, round by round; empty when one is not there."""
    found = row["contenders"]
    if name not in found or other not in found:
        return []
    return [a / b for a, b in zip(found[name]["ms"], found[other]["ms"])]


def times(row, name):
    """The median of the ratios to ours, and in parentheses the ratio of the least times; a dash without any."""
    found = ratios(row, name)
    if not found:
        return "-"
    least = [min(row["contenders"][who].get("min", row["contenders"][who]["ms"])) for who in (name, "ours")]
    return f"{median(found):.1f} ({least[0] / least[1]:.1f})"


def pair(both):
    """'18 / 7', '20' or nothing: what is wanted against eager / torch.compile."""
    return " / ".join(f"{x:g}" for x in both if x is not None)


def span(numbers, digits=3):
    return f"{min(numbers):.{digits}g} - {max(numbers):.{digits}g}"


def rates(row, result):
    """GFLOP/s in needed matrix products, round by round, and the shares of the product's own rate."""
    gflops = [row["flop"] / (1e6 * ms) for ms in row["contenders"]["ours"]["ms"]]
    return gflops, [a / b for a, b in zip(gflops, result["product_gflops"])]


def verdict(result, wanted):
    """Whether each of the ratios that must be reached is; `wanted`: (limit, ratios)."""
    wanted = [(limit, found) for limit, found in wanted if limit is not None]
    if not wanted:
        return ""
    if any(not found for _, found in wanted):
        return "not measured"
    if median(result["foreign_load"]) > BUSY:
        return "machine busy"
    return "yes" if all(median(found) >= limit for limit, found in wanted) else "no"


def case_table(result):
    lines = ["| energy and forces | ours, ms | min - max | ms per molecule | eager / ours | torch.compile / ours "
             "| must | goal | reached | GFLOP/s | share of product |", "|---" * 11 + "|"]
    for row in result["cases"]:
        ms = row["contenders"]["ours"]["ms"]
        peers = [ratios(row, peer) for peer in ("eager", "compile")]
        reached = verdict(result, list(zip(row["must"], peers)))
        gflops, shares = rates(row, result)
        share = f"{100 * median(shares):.0f} %" if shares else "-"
        lines.append(f"| {row['case']} | {median(ms):.4g} | {span(ms)} | {median(ms) / row['batch']:.3g} "
                     f"| {times(row, 'eager')} | {times(row, 'compile')} | {pair(row['must'])} "
                     f"| {pair(row['goal'])} | {reached} | {median(gflops):.0f} | {share} |")
    return lines


def dynamics_table(result):
    if not result["dynamics"]:
        return []
    names = {"ase": "ASE + SchNetPack", "torch-sim": "TorchSim + SchNetPack"}
    lines = ["", "| dynamics | replica-steps/s | peer | its replica-steps/s | ratio | must | goal | reached "
             "| share of the kernels' rate |", "|---" * 9 + "|"]
    for row in result["dynamics"]:
        rate = lambda name: f"{1e3 * row['replicas'] / median(row['contenders'][name]['ms']):.4g}"
        found = ratios(row, row["peer"])
        reached = verdict(result, [(row["must"], found)])
        share = median(ratios(row, "kernels"))
        lines.append(f"| {row['case'].removeprefix('dynamics, ')} | {rate('ours')} | {names[row['peer']]} "
                     f"| {rate(row['peer']) if found else '-'} | {times(row, row['peer'])} | {row['must']} "
                     f"| {row['goal']} | {reached} | {100 * share:.0f} % |")
    return lines + [f"\nThe step of 64 clusters must reach {100 * STEP_SHARE:.0f} % of the kernels' rate."]


def product_lines(result):
    rate = result["product_gflops"]
    lines = [f"\nOur matrix product alone on {result['threads']} thread(s): {median(rate):.0f} GFLOP/s ({span(rate)})."]
    for row in result["cases"]:
        if row["system"] == "water15" and row["batch"] in (16, 64):
            share = median(rates(row, result)[1])
            lines[0] += f" {row['case']} reaches {100 * share:.0f} % of it in needed products"
            lines[0] += f" (must {100 * PRODUCT_SHARE[0]:.0f} %, goal {100 * PRODUCT_SHARE[1]:.0f} %)."
    return lines


def profile_table(result):
    """Where the time of one thread goes."""
    profiles = result.get("profile", {})
    if not profiles:
        return []
    parts = list(next(iter(profiles.values())))
    lines = ["", "| one call on one thread, µs | " + " | ".join(parts) + " | sum |", "|---" * (len(parts) + 2) + "|"]
    for name, of in profiles.items():
        lines.append(f"| {name} | " + " | ".join(f"{of[part]:.4g}" for part in parts) + f" | {sum(of.values()):.4g} |")
    return lines


def variant_table(result):
    """One thread against all, strict against fast."""
    rows = [row for row in result["cases"] if len(row["contenders"]) > 1 and
            {"ours, one thread", "ours, strict"} & set(row["contenders"])]
    if not rows:
        return []
    lines = ["", f"| case | one thread, ms | one thread / {result['threads']} threads | strict / fast |",
             "|---" * 4 + "|"]
    for row in rows:
        one = row["contenders"].get("ours, one thread")
        strict = ratios(row, "ours, strict")
        lines.append(f"| {row['case']} | {format(median(one['ms']), '.4g') if one else '-'} "
                     f"| {times(row, 'ours, one thread')} "
                     f"| {format(median(strict), '.2f') if strict else ''} |")
    return lines + [f"\nStrict may cost {100 * STRICT_COST:.0f} %."]


def scaling_tables(result):
    lines = []
    for kind, rows in result.get("scaling", {}).items():
        what = "one periodic box of water" if kind == "atoms" else "15-atom clusters, one batch"
        lines += ["", f"| {what}: atoms | replicas | ms per call | µs per atom | peak memory, MB |", "|---" * 5 + "|"]
        for row in rows:
            lines.append(f"| {row['atoms']} | {row['replicas']} | {row['ms']:.4g} "
                         f"| {1e3 * row['ms'] / row['atoms']:.1f} | {row['peak_MB']:.0f} |")
        if kind == "replicas" and len(rows) > 1:
            first, last = rows[0], rows[-1]
            each = (last["peak_MB"] - first["peak_MB"]) / (last["replicas"] - first["replicas"])
            lines.append(f"\nMemory per further cluster: {1024 * each:.0f} kB.")
    return lines


def remarks(result):
    lines = [""]
    chosen = {}
    for row in result["cases"] + result["dynamics"]:
        for peer in ("eager", "compile", "ase", "torch-sim"):
            if peer in row["contenders"]:
                c = row["contenders"][peer]
                chosen.setdefault((peer, f"{c['threads']} thread(s) {c['variant']}".strip()), []).append(row["case"])
    for (peer, how), names in chosen.items():
        lines.append(f"- {peer}: fastest with {how} in {', '.join(names)}")
    lines += [f"- {line}" for line in absences(result["left_out"])]
    for f in result["failed"]:
        lines.append(f"- {f['peer']} ({f['threads']} thread(s) {f['variant']}".rstrip() +
                     f") could not do {f['case']}: {f['error'].splitlines()[0]}")
    versions = ", ".join(f"{name} {version}" for name, version in sorted(result["versions"].items()))
    load = result["foreign_load"]
    lines.append(f"- other programs took {100 * median(load):.0f} % of the machine before the rounds (at most "
                 f"{100 * max(load):.0f} %)" + (": too much for the ratios to count" if median(load) > BUSY else ""))
    return lines + [f"- peers: {versions or 'none'}; OpenMP wait policy {result['wait_policy_of_peers']}, "
                    f"allocator {result['allocator_of_peers']}"]


def tables(result):
    head = [f"{result['device']}, {result['threads']} thread(s), float32; medians of {result['rounds']} interleaved "
            "rounds; ratios are medians of those within a round (in parentheses: of the least times), each peer at its "
            "best number of threads\n"]
    return "\n".join(head + case_table(result) + dynamics_table(result) + product_lines(result) +
                     profile_table(result) + variant_table(result) + scaling_tables(result) + remarks(result))


def plot(result, path):
    """Time per molecule against the batch, a panel for each system with several batches. Returns whether there was
    something to plot."""
    systems = {}
    for row in result["cases"]:
        systems.setdefault(row["system"], []).append(row)
    systems = {name: sorted(rows, key=lambda r: r["batch"]) for name, rows in systems.items() if len(rows) > 1}
    if not systems:
        return False
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot, ticker
    titles = {"h2o": "H$_2$O", "c6h6": "C$_6$H$_6$", "water15": "(H$_2$O)$_5$, 15 atoms"}
    contenders = [("eager", "SchNetPack, eager", "#c2571a", "s"),
                  ("compile", "SchNetPack, torch.compile", "#7a6fb0", "^"), ("ours", "Understudy", "#14747d", "o")]
    figure, panels = pyplot.subplots(1, len(systems), figsize=(3.6 * len(systems) + 0.6, 3.6), sharey=True,
                                     squeeze=False, layout="constrained")
    seen = {}
    for panel, (name, rows) in zip(panels[0], systems.items()):
        for key, label, color, marker in contenders:
            points = [(r["batch"], [ms / r["batch"] for ms in r["contenders"][key]["ms"]])
                      for r in rows if key in r["contenders"]]
            if not points:
                continue
            x, y = [b for b, _ in points], [median(ms) for _, ms in points]
            bars = [[v - min(ms) for v, (_, ms) in zip(y, points)], [max(ms) - v for v, (_, ms) in zip(y, points)]]
            seen[label] = panel.errorbar(x, y, yerr=bars, color=color, marker=marker, markersize=5, linewidth=1.5,
                                         capsize=2)
        panel.set(xscale="log", yscale="log", title=titles.get(name, name), xlabel="molecules in the batch")
        ticks = sorted({r["batch"] for r in rows})
        panel.set_xticks(ticks, [str(t) for t in ticks])
        panel.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        panel.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
        panel.minorticks_off()
        panel.grid(True, which="major", color="#dddddd", linewidth=0.6)
        panel.set_axisbelow(True)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0][0].set_ylabel("energy and forces, ms per molecule")
    figure.legend(seen.values(), seen.keys(), loc="outside lower center", ncols=len(seen), frameon=False)
    figure.suptitle(f"{result['device']}, {result['threads']} threads, float32; median, least and largest of "
                    f"{result['rounds']} rounds", fontsize=9)
    figure.savefig(path, dpi=160)
    return True
