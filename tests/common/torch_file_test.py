"""Weights go to a real PyTorch and back: torch_file_test.py TOOL. Skipped (77) where there is no PyTorch."""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError as error:
    print(f"skipped: no PyTorch for this Python ({error})")
    sys.exit(77)

TOOL = sys.argv[1]


def network():
    """A few layers of every kind that the released network has."""
    torch.manual_seed(3)
    return torch.nn.Sequential(torch.nn.Conv3d(1, 8, 3), torch.nn.GroupNorm(2, 8), torch.nn.Linear(8, 3))


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name in sorted(tensors):
        value = tensors[name].contiguous()
        raw = value.numpy().tobytes() if hasattr(value, "numpy") else bytes(value)
        header[name] = {"dtype": {torch.float32: "F32", torch.float64: "F64"}[value.dtype],
                        "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    raw = path.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + length])
    types = {"F32": torch.float32, "F64": torch.float64}
    return {name: torch.frombuffer(bytearray(raw[8 + length + it["data_offsets"][0]:8 + length + it["data_offsets"][1]]),
                                   dtype=types[it["dtype"]]).reshape(it["shape"])
            for name, it in header.items() if name != "__metadata__"}


def same(first, second):
    assert sorted(first) == sorted(second), (sorted(first), sorted(second))
    for name, value in first.items():
        assert value.dtype == second[name].dtype and torch.equal(value, second[name]), name


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    state = network().state_dict()
    write_safetensors(folder / "ours.safetensors", state)
    subprocess.run([TOOL, folder / "ours.safetensors", folder / "ours.pth"], check=True)
    loaded = torch.load(folder / "ours.pth", weights_only=True)
    same(state, loaded)
    other = network()
    other.load_state_dict(loaded)

    for name, value in (("plain", state), ("parameters", dict(network().named_parameters())),
                        ("checkpoint", {"epoch": 3, "state_dict": state, "optimizer": {"seed": 2**80, "lr": 1e-4}}),
                        ("double", {"w": torch.arange(6, dtype=torch.float64).reshape(2, 3)}),
                        ("views", {"a": (base := torch.arange(10.0))[:4], "b": base[4:].reshape(2, 3)})):
        for protocol in (2, 4):
            torch.save(value, folder / f"{name}.pth", pickle_protocol=protocol)
            subprocess.run([TOOL, folder / f"{name}.pth", folder / f"{name}.safetensors"], check=True)
            wanted = value["state_dict"] if name == "checkpoint" else value
            same({key: it.detach() for key, it in wanted.items()}, read_safetensors(folder / f"{name}.safetensors"))

    torch.save({"w": torch.arange(6.0).reshape(2, 3).t()}, folder / "turned.pth")
    refused = subprocess.run([TOOL, folder / "turned.pth", folder / "turned.safetensors"], capture_output=True, text=True)
    assert refused.returncode == 1 and "w: is not dense" in refused.stderr, refused
print(f"PyTorch {torch.__version__}: weights are the same in both directions")
