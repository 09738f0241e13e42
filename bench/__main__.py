"""``python -m bench``: how our training compares, as ratios measured in one run; see --help."""

import argparse
import importlib.util
import json
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

from bench.report import as_markdown, summarise

STEPS = {64: 8, 128: 8, 256: 2}  # slices' side: batch
ENGINES = ("plain", "ours", "torch_float32", "torch_bfloat16")
PARTS = ("peak", "step", "loss", "pipeline", "dice")


def measure(name: str, **settings) -> dict:
    """One measurement in a process of its own; what went wrong stands under "error"."""
    words = [sys.executable, "-m", "bench.measure", name, *(f"{key}={value}" for key, value in settings.items())]
    result = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).resolve().parents[1])
    found = {"error": result.stderr.strip()[-400:]} if result.returncode else json.loads(result.stdout.split("\n")[-2])
    print(f"  {name} {settings}: {found}", flush=True)
    return {"name": name, **settings, **found}


def run(parts, sizes, data: Path, repeats: int, long: bool) -> list[dict]:
    """All measurements asked for, engines in turn so that a slow spell of the machine hits all of them."""
    torch = importlib.util.find_spec("torch") is not None
    engines = [engine for engine in ENGINES if torch or not engine.startswith("torch")]
    if not torch:
        print("PyTorch is not installed: left out. The extra `reference` brings it.")
    done = []
    for _ in range(repeats):
        if "peak" in parts:
            done += [measure("peak", engine=engine) for engine in ("tensorflow", "torch")[: 1 + torch]]
        if "step" in parts:
            done += [measure("step", engine=e, size=s, batch=STEPS[s]) for s in sizes for e in engines]
        if "loss" in parts:
            done.append(measure("loss", size=64, batch=8, steps=20))
        if "pipeline" in parts:
            done += [
                measure("pipeline", kind=kind, data=data, size=size) for size in sizes for kind in ("plain", "ours")
            ]
    if "dice" in parts:
        done += compare_dice(data, long)
    return done


def compare_dice(data: Path, long: bool) -> list[dict]:
    """The original recipe for twelve epochs, then ours until it is as good."""
    settings = {"data": data, "size": 128 if long else 64, "width": 1.0 if long else 0.25}
    plain = measure("dice", kind="plain", epochs=12, **settings)
    if "error" in plain:
        return [plain]
    target = max(point["dice"] for point in plain["curve"])
    return [plain, measure("dice", kind="ours", epochs=12, target=target, **settings)]


def main() -> int:
    """Measure, print a table, and keep it with the raw figures in bench/results."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of scans (default: what is found)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="leave the other parts out")
    parser.add_argument("--sizes", nargs="+", type=int, choices=tuple(STEPS), default=tuple(STEPS), metavar="PIXELS")
    parser.add_argument("--repeats", type=int, default=2, help="rounds of everything but dice; medians are reported")
    parser.add_argument("--long", action="store_true", help="dice at 128 px and full width: hours instead of minutes")
    options = parser.parse_args()
    from course_lib.data import find_data
    from course_lib.storage import write_atomically

    start = time.perf_counter()
    data = (options.data or find_data()).resolve()
    raw = run(options.only, options.sizes, data, options.repeats, options.long)
    summary = {**summarise(raw), "minutes": round((time.perf_counter() - start) / 60, 1), "data": str(data)}
    table = as_markdown(summary)
    results = Path(__file__).parent / "results" / f"{datetime.now():%Y%m%d-%H%M%S}"
    with write_atomically(results.with_suffix(".json")) as file:
        json.dump({"summary": summary, "raw": raw}, file, indent=1, default=str)
    with write_atomically(results.with_suffix(".md")) as file:
        file.write(table)
    print(f"\n{table}\nKept in {results}.md and .json")
    return 1 if any("error" in one for one in raw) else 0


if __name__ == "__main__":
    sys.exit(main())
