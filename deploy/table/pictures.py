"""Draws what the methods of a comparison have learned, as PNGs and the pictures.json that names them.

  pictures.py LOOK_DIR OUT_DIR METHOD...

LOOK_DIR/METHOD.safetensors is what gvsl-look wrote of each. OUT_DIR/pair-*.png, where there are any, are the
deformations that gvsl-register drew.
"""
import json
import pathlib
import struct
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.manifold import TSNE  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier  # noqa: E402

TYPES = {"F32": np.float32, "I32": np.int32, "I64": np.int64}
MOST_VOXELS = 1200  # of which t-SNE makes a picture in seconds
BACKGROUND = "#bbbbbb"
COLOURS = ["#cc3311", "#0077bb", "#009988", "#ee7733", "#aa3377", "#ddaa33", "#33bbee"]


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def colour(label):
    return COLOURS[(label - 1) % len(COLOURS)] if label else BACKGROUND


def normalised(features):
    """Of each channel mean 0 and deviation 1: methods differ in the scale of their features."""
    spread = features.std(0)
    return (features - features.mean(0)) / np.where(spread > 0, spread, 1)


def same_tissue_share(features, labels, subjects):
    """How often the nearest voxel of another subject is of the same tissue, mean over the tissues; nan of one."""
    if len(np.unique(subjects)) < 2:
        return np.nan
    hits = np.zeros(len(labels), bool)
    for subject in np.unique(subjects):
        own = subjects == subject
        nearest = KNeighborsClassifier(1).fit(features[~own], labels[~own])
        hits[own] = nearest.predict(features[own]) == labels[own]
    return np.mean([hits[labels == label].mean() for label in np.unique(labels)])


def thinned(look):
    rows = np.random.default_rng(1).permutation(len(look["tissue.labels"]))[:MOST_VOXELS]
    return (normalised(look["tissue.features"])[rows], look["tissue.labels"][rows], look["tissue.subjects"][rows])


def draw_clusters(looks, flatten, path):
    columns = min(len(looks), 5)
    rows = -(-len(looks) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.1 * columns, 3.3 * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, (method, look) in zip(axes.flat, looks.items()):
        features, labels, subjects = thinned(look)
        places = flatten(features)
        for label in np.unique(labels):
            of_label = places[labels == label]
            axis.scatter(of_label[:, 0], of_label[:, 1], s=4, color=colour(label), linewidths=0,
                         label=f"label {label}" if label else "background")
        share = same_tissue_share(features, labels, subjects)
        axis.set_title(f"{method}\nsame tissue nearest: {100 * share:.0f} %", fontsize=10)
    handles, names = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="lower center", ncol=len(names), frameon=False, markerscale=3)
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.savefig(path, dpi=110)
    plt.close(figure)


def show(axis, picture, title="", **how):
    axis.imshow(picture, origin="lower", interpolation="nearest", **({"cmap": "gray", "vmin": 0, "vmax": 1} | how))
    axis.set_xticks([])
    axis.set_yticks([])
    if title:
        axis.set_title(title, fontsize=9)


def draw_correspondences(looks, path):
    """A row a method: a point of each tissue in one subject, and where the backbone finds it in another."""
    labels = max((look["pair-0.points"] for look in looks.values()), key=len)[:3, 6]
    figure, axes = plt.subplots(len(looks), 3 * len(labels), figsize=(6.2 * len(labels), 2.2 * len(looks)),
                                squeeze=False)
    for row, (method, look) in zip(axes, looks.items()):
        for i, (z, y, x, to_z, to_y, to_x, label, found) in enumerate(look["pair-0.points"][:len(labels)]):
            one, similar, other = row[3 * i:3 * i + 3]
            show(one, look["pair-0.one"][z], f"label {label} in A")
            one.plot(x, y, "+", color="#ee3377", markersize=12, markeredgewidth=2)
            likeness = look["pair-0.similarity"][i]
            show(similar, likeness[to_z], "likeness in B", cmap="magma", vmin=np.quantile(likeness, 0.02),
                 vmax=likeness.max())
            right = found == label
            show(other, look["pair-0.other"][to_z], f"found in B: label {found}" if found else "found in B: background")
            other.plot(to_x, to_y, "+", color="#33cc55" if right else "#ee3377", markersize=12, markeredgewidth=2)
        row[0].set_ylabel(method, fontsize=10)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_restorations(looks, path):
    figure, axes = plt.subplots(len(looks), 4, figsize=(9, 2.4 * len(looks)), squeeze=False)
    for row, (method, look) in zip(axes, looks.items()):
        clean, damaged, restored = (look["restoration." + name] for name in ("clean", "damaged", "restored"))
        z = clean.shape[0] // 3
        error = restored - clean
        show(row[0], clean[z], "clean")
        show(row[1], damaged[z], "damaged")
        show(row[2], restored[z], "restored")
        show(row[3], error[z], f"error (mean square {np.mean(error ** 2):.4f})", cmap="RdBu", vmin=-0.5, vmax=0.5)
        row[0].set_ylabel(method, fontsize=10)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main():
    look_folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    looks = {method: read_safetensors(look_folder / f"{method}.safetensors") for method in sys.argv[3:]}
    pictures = []

    def picture(file, title, caption):
        pictures.append({"file": file, "title": title, "caption": caption})

    draw_clusters(looks, lambda features: PCA(2).fit_transform(features), out / "clusters-pca.png")
    draw_clusters(looks, lambda features: TSNE(2, init="pca", learning_rate="auto", max_iter=500, random_state=1)
                  .fit_transform(features), out / "clusters-tsne.png")
    for kind, file in (("PCA", "clusters-pca.png"), ("t-SNE", "clusters-tsne.png")):
        picture(file, f"Features of the same tissue, by {kind}",
                "Voxels of several subjects, as the last decoder layer sees them, in two dimensions; a colour a label. Methods "
                "that train the encoder alone have the decoder that was drawn. "
                "The figure says how often a voxel's nearest one of another subject, in all dimensions, has its label "
                "(mean over the labels).")
    paired = {method: look for method, look in looks.items() if "pair-0.points" in look}
    if paired:
        draw_correspondences(paired, out / "correspondences.png")
        picture("correspondences.png", "Correspondences",
                "The voxel in the middle of each label in A, how alike each voxel of B is to it (cosine of the "
                "features), and the most alike one. A green cross lies in the same label.")
    for file in sorted(out.glob("pair-*.png")):
        picture(file.name, f"Deformation, {file.stem}",
                "By gvsl, as pre-trained: fixed, moving, warped, deformed grid, difference before and after.")
    restoring = {method: look for method, look in looks.items() if "restoration.clean" in look}
    if restoring:
        draw_restorations(restoring, out / "restored.png")
        picture("restored.png", "Restored images", "Each method's own damage, and what it makes of it.")
    (out / "pictures.json").write_text(json.dumps(pictures, indent=1) + "\n")


if __name__ == "__main__":
    main()
