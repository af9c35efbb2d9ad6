"""Reading and converting uncompressed DICOM, beside dcm2niix: both convert the same tree of series in one
process, page cache warm, without compression, in turn. Megabytes of DICOM for each second of the
processor (user and system)."""
import json
import pathlib
import shutil
import subprocess
import tempfile

import peers

SERIES = "dicom/mr_brain/11-T1post-18670"
SETS = {"series of 22 slices": (60, 1), "series of 220 slices": (8, 10)}
ROUNDS = 5


def make_series(folder, copies, tall):
    """Copies of one real series with identifiers of their own; megabytes."""
    python, environment = peers.python("numpy", "pydicom")
    made = subprocess.run(
        [python, peers.script("multiply_dicom.py"), peers.data(SERIES), folder, str(copies),
         "--tall", str(tall)], check=True, stdout=subprocess.PIPE, env=environment)
    return json.loads(made.stdout)["mb"]


def emptied(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def count(folder):
    return len(list(folder.glob("*.nii")))


def measure_set(copies, tall, work):
    source = work / "dicom"
    megabytes = make_series(source, copies, tall)
    out = work / "out"
    sides = {
        "dcm2niix": lambda: [peers.program("dcm2niix"), "-z", "n", "-b", "n", "-f", "%p_%s_%j", "-o",
                             emptied(out), source],
        "convert": lambda: [peers.BIN / "gvsl-dataset", "convert", "--input", source, "--output",
                            emptied(out) / "out.nii"],
        "ingest": lambda: [peers.BIN / "gvsl-dataset", "ingest", "--input", source, "--output",
                           emptied(out) / "dataset", "--spacing", "native"]}
    seconds = {side: [] for side in sides}
    for round_ in range(ROUNDS + 1):
        for side, command in sides.items():
            taken = peers.timed(command())["cpu"]
            if side != "ingest" and count(out) != copies:
                raise peers.Skipped(f"{side} made {count(out)} volumes of {copies}")
            if round_ > 0:  # the first warms the page cache
                seconds[side].append(taken)
    rate = {side: peers.spread([megabytes / taken for taken in values])
            for side, values in seconds.items()}
    return {"series": copies, "megabytes": megabytes, "rounds": ROUNDS, "mb_per_cpu_second": rate,
            "convert_over_dcm2niix": peers.ratios(seconds["dcm2niix"], seconds["convert"]),
            "ingest_over_dcm2niix": peers.ratios(seconds["dcm2niix"], seconds["ingest"])}


def measure():
    peers.program("dcm2niix")
    result = {}
    for name, (copies, tall) in SETS.items():
        with tempfile.TemporaryDirectory(prefix="gvsl-bench-") as work:
            result[name] = measure_set(copies, tall, pathlib.Path(work))
    return result


def print_table(result):
    for name, figures in result.items():
        rate = figures["mb_per_cpu_second"]
        for side in ("convert", "ingest"):
            peers.print_row(f"{side}, {name}, MB/CPU s", rate[side], rate["dcm2niix"],
                            figures[f"{side}_over_dcm2niix"], "dcm2niix", 0)
