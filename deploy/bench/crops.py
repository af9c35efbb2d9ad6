"""Random crops of real volumes, beside MONAI's datasets on the same volumes: seconds of the processor a
crop, one thread each, everything in memory or in the page cache. MONAI's figure is the best of its
datasets, with and without loader processes."""
import pathlib
import subprocess
import tempfile

import peers

ROUNDS = 2
CROPS = 2000
# As the yardstick has them: what it calls the set, window and crop.
SETS = {"ct_demo": ("ct_demo", "ct", 96)}


def ingest(name, window, work):
    folder = work / "images"
    folder.mkdir()
    for image in sorted(peers.data(name).glob("*.nii.gz")):
        if not image.name.startswith("example_seg"):
            (folder / image.name).symlink_to(image)
    dataset = work / "dataset"
    subprocess.run([peers.BIN / "gvsl-dataset", "ingest", "--input", folder, "--output", dataset,
                    "--window", window], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return dataset


def own(dataset, crop):
    return peers.output_of([peers.BIN / "gvsl-bench-crops", dataset, "--patch", crop, "--crops",
                            CROPS])["crop"]["cpu_seconds"]


def monai():
    """{set: {dataset: seconds a crop}} of one round."""
    python, environment = peers.python("numpy", "torch", "monai", "nibabel", "psutil")
    figures = peers.output_of([python, peers.script("loader_monai.py"), "--quick", "--threads", "1",
                               "--data", peers.DATA],
                              dict(environment, OMP_NUM_THREADS="1", PYTHONWARNINGS="ignore"))
    return {entry["set"]: {f"{cell['dataset']}, {cell['workers']} loader processes":
                           cell["cpu_s_per_crop"] for cell in entry["cells"]}
            for entry in figures["sets"]}


def measure():
    peers.script("loader_monai.py")
    result = {}
    with tempfile.TemporaryDirectory(prefix="gvsl-bench-") as work:
        datasets = {}
        for name, (source, window, _) in SETS.items():
            folder = pathlib.Path(work) / name
            folder.mkdir()
            datasets[name] = ingest(source, window, folder)
        mine = {name: [] for name in SETS}
        cells = {name: [] for name in SETS}
        for _ in range(ROUNDS):
            for name, (_, _, crop) in SETS.items():
                mine[name].append(own(datasets[name], crop))
            for name, found in monai().items():
                if name in SETS:
                    cells[name].append(found)
    for name in SETS:
        best = [min(round_.values()) for round_ in cells[name]]
        result[name] = {"crop": SETS[name][2], "rounds": ROUNDS, "gvsl": peers.spread(mine[name]),
                        "monai_best": peers.spread(best), "ratio": peers.ratios(best, mine[name]),
                        "monai": {cell: peers.spread([round_[cell] for round_ in cells[name]])
                                  for cell in cells[name][0]}}
    return result


def print_table(result):
    for name, figures in result.items():
        best = min(figures["monai"], key=lambda cell: figures["monai"][cell]["median"])
        in_ms = [{key: 1000 * value for key, value in figures[side].items()}
                 for side in ("gvsl", "monai_best")]
        peers.print_row(f"crop {figures['crop']}^3 of {name}, CPU ms", *in_ms, figures["ratio"],
                        f"MONAI {best}")
