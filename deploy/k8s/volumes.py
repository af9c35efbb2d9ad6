"""Synthetic volumes as NIfTI files: smooth blobs that differ by subject, the same bytes everywhere."""
import gzip
import math
import struct

SIZE = 16


def blob(subject, z, y, x):
    """Two Gaussian blobs, placed by the subject's number."""
    shift = 0.06 * math.sin(1.7 * subject)
    u, v, w = ((position + 0.5) / SIZE for position in (z, y, x))
    first = ((u - 0.4 - shift) ** 2 + (v - 0.5) ** 2 + (w - 0.4 + shift) ** 2) / (0.25 + 0.01 * (subject % 5)) ** 2
    second = ((u - 0.65) ** 2 + (v - 0.5 - shift) ** 2 + (w - 0.65 - shift) ** 2) / 0.15 ** 2
    # Whole numbers: no processor rounds them in another way.
    return round(1000 * (0.7 * math.exp(-first) + 0.3 * math.exp(-second)))


def nifti(subject):
    """A NIfTI-1 file of 1 mm voxels, 16-bit integers."""
    header = bytearray(348)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, SIZE, SIZE, SIZE, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 4, 16)
    struct.pack_into("<8f", header, 76, 1, 1, 1, 1, 1, 0, 0, 0)
    struct.pack_into("<3f", header, 108, 352, 1, 0)
    header[123] = 2  # mm
    struct.pack_into("<h", header, 254, 1)
    for axis in range(3):
        row = [0.0] * 4
        row[axis] = 1.0
        struct.pack_into("<4f", header, 280 + 16 * axis, *row)
    header[344:348] = b"n+1\0"
    voxels = [blob(subject, z, y, x) for z in range(SIZE) for y in range(SIZE) for x in range(SIZE)]
    return bytes(header) + bytes(4) + struct.pack(f"<{len(voxels)}h", *voxels)


def write(folder, count):
    folder.mkdir(parents=True)
    for subject in range(count):
        (folder / f"subject{subject}.nii.gz").write_bytes(gzip.compress(nifti(subject), mtime=0))
