"""From single measurements to ratios, and from ratios to a table."""

from statistics import median

GFLOP_AT_64 = 21.2  # one training step of the whole network (31.17 M parameters), an image of 64 × 64 pixels


def summarise(raw: list[dict]) -> dict:
    """Medians over the rounds, and ratios within this run.

    Args:
        raw: what `bench.measure` printed, with its settings; entries with "error" are left out.

    >>> rows = [dict(name="loss", focal_tversky=11.0, binary_crossentropy=10.0)] * 2
    >>> summarise(rows)["loss"]["ratio"]
    1.1
    """
    good = [one for one in raw if "error" not in one]
    ceiling = {
        dtype: max((one[dtype] for one in good if one["name"] == "peak"), default=None)
        for dtype in ("float32", "bfloat16")
    }
    summary = {"peak_gflops": ceiling, "step": _steps(good, max((v for v in ceiling.values() if v), default=None))}
    losses = [one for one in good if one["name"] == "loss"]
    if losses:
        both = {name: median(one[name] for one in losses) for name in ("focal_tversky", "binary_crossentropy")}
        ratio = median(one["focal_tversky"] / one["binary_crossentropy"] for one in losses)
        summary["loss"] = {**both, "ratio": ratio}
    summary["pipeline"] = _pipelines(good, summary["step"])
    summary["dice"] = _dice(good)
    return summary


def _steps(good, ceiling):
    rows = []
    steps = [one for one in good if one["name"] == "step"]
    for size in sorted({one["size"] for one in steps}):
        here = [one for one in steps if one["size"] == size]
        times = _medians(here, "engine", "ms_per_image")
        processor = _medians(here, "engine", "processor_ms_per_image")
        for engine, value in times.items():
            rate = GFLOP_AT_64 * (size / 64) ** 2 / value * 1000
            memory = _medians(here, "engine", "peak_gigabytes")[engine]
            share = rate / ceiling if ceiling else None
            row = {"size": size, "engine": engine, "ms_per_image": value, "processor_ms_per_image": processor[engine]}
            row["times_as_fast_as_plain"] = times["plain"] / value if "plain" in times else None
            row["by_processor_time"] = processor["plain"] / processor[engine] if "plain" in times else None
            rows.append({**row, "share_of_peak": share, "peak_gigabytes": memory})
    return rows


def _pipelines(good, steps):
    rows = []
    found = [one for one in good if one["name"] == "pipeline"]
    for size in sorted({one["size"] for one in found}):
        rates = _medians([one for one in found if one["size"] == size], "kind", "slices_per_second")
        if len(rates) < 2:
            continue
        ours = [row["ms_per_image"] for row in steps if (row["size"], row["engine"]) == (size, "ours")]
        share = 1000 / rates["ours"] / ours[0] if ours else None
        rows.append({"size": size, **rates, "ratio": rates["ours"] / rates["plain"], "share_of_step": share})
    return rows


def _dice(good):
    curves = {one["kind"]: one["curve"] for one in good if one["name"] == "dice"}
    if len(curves) < 2:
        return None
    target = max(point["dice"] for point in curves["plain"])
    plain = next(point["seconds"] for point in curves["plain"] if point["dice"] >= target)
    ours = next((point["seconds"] for point in curves["ours"] if point["dice"] >= target), None)
    best = max(point["dice"] for point in curves["ours"])
    ratio = ours / plain if ours else None
    return {"target": target, "plain_seconds": plain, "our_seconds": ours, "share_of_time": ratio, "our_best": best}


def _medians(rows, key, value):
    return {name: median(r[value] for r in rows if r[key] == name) for name in dict.fromkeys(r[key] for r in rows)}


def as_markdown(summary: dict) -> str:
    """The summary as tables to read."""
    peaks = ", ".join(f"{name} {value:.0f}" for name, value in summary["peak_gflops"].items() if value)
    lines = ["# Benchmark", "", f"Matrix peak, GFLOP/s: {peaks or 'not measured'}. Took {summary['minutes']} min.", ""]
    if summary["step"]:
        lines += [
            "| step | | ms an image | processor ms | times as fast | by processor time | share of peak | memory, GB |"
        ]
        lines += ["|---|---|---|---|---|---|---|---|"]
        for row in summary["step"]:
            cells = [_cell(row[key], form) for key, form in _STEP_CELLS]
            lines.append(f"| {row['size']} px | {row['engine']} | {' | '.join(cells)} |")
    if "loss" in summary:
        lines += ["", f"Focal Tversky step: {summary['loss']['ratio']:.3f} times that with binary cross-entropy."]
    if summary["pipeline"]:
        lines += ["", "| pipeline | plain, slices/s | ours, slices/s | ratio | share of our step's time |"]
        lines += ["|---|---|---|---|---|"]
        for row in summary["pipeline"]:
            share = _cell(row["share_of_step"], "{:.1%}")
            cells = f"{row['plain']:.0f} | {row['ours']:.0f} | {row['ratio']:.1f} | {share}"
            lines.append(f"| {row['size']} px | {cells} |")
    if summary["dice"]:
        found = summary["dice"]
        took = _cell(found["our_seconds"], "{:.0f} s")
        lines += [
            "",
            f"Validation Dice by patient of the original recipe within 12 epochs: {found['target']:.3f} after "
            f"{found['plain_seconds']:.0f} s of training; ours got there after {took} "
            f"({_cell(found['share_of_time'], '{:.2f} of the time')}), its best {found['our_best']:.3f}.",
        ]
    return "\n".join(lines) + "\n"


_STEP_CELLS = (
    ("ms_per_image", "{:.1f}"),
    ("processor_ms_per_image", "{:.1f}"),
    ("times_as_fast_as_plain", "{:.2f}"),
    ("by_processor_time", "{:.2f}"),
    ("share_of_peak", "{:.0%}"),
    ("peak_gigabytes", "{:.2f}"),
)


def _cell(value, form):
    return "–" if value is None else form.format(value)
