"""Reads a PyTorch checkpoint of the old (pre-zip) form into numpy arrays, without PyTorch.

A .pth is a pickle, and a pickle runs code. This reader knows exactly four names and refuses every other, so
that a hostile file can do no more than fail.
"""

import collections
import io
import pickle
import struct

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
STORAGES = {"FloatStorage": np.float32, "LongStorage": np.int64}


class _Storage:
    def __init__(self, dtype, size):
        self.dtype, self.size, self.data = dtype, size, None


class _Tensor:
    def __init__(self, storage, offset, shape, stride):
        self.storage, self.offset, self.shape, self.stride = storage, offset, tuple(shape), tuple(stride)

    def array(self):
        data = self.storage.data
        steps = [step * data.itemsize for step in self.stride]
        last = self.offset + sum((size - 1) * step for size, step in zip(self.shape, self.stride))
        if last >= data.size:
            raise ValueError("a tensor reaches past its storage")
        return np.lib.stride_tricks.as_strided(data[self.offset:], self.shape, steps).copy()


def _rebuild_tensor(storage, offset, shape, stride, *_):
    return _Tensor(storage, offset, shape, stride)


class _Unpickler(pickle.Unpickler):
    storages = None

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise pickle.UnpicklingError(f"the checkpoint asks for {module}.{name}, which a set of weights has no need of")

    def persistent_load(self, pid):
        kind, dtype, key, _location, size = pid[:5]
        if kind != "storage" or (len(pid) > 5 and pid[5] is not None):
            raise pickle.UnpicklingError("the checkpoint shares storage in a way that is not known")
        return self.storages.setdefault(key, _Storage(dtype, size))


def _load(stream, storages):
    unpickler = _Unpickler(stream)
    unpickler.storages = storages
    return unpickler.load()


def read(path):
    """The checkpoint's tensors by name, with the `module.` of a parallel training run taken off."""
    stream = io.BytesIO(open(path, "rb").read())
    storages = {}
    if _load(stream, storages) != MAGIC or _load(stream, storages) != PROTOCOL:
        raise ValueError(f"{path}: not a PyTorch checkpoint of the old form")
    _load(stream, storages)
    tensors = _load(stream, storages)
    for key in _load(stream, storages):
        storage = storages[key]
        (size,) = struct.unpack("<q", stream.read(8))
        if size != storage.size:
            raise ValueError(f"{path}: storage {key} holds {size} values, {storage.size} were announced")
        raw = stream.read(size * np.dtype(storage.dtype).itemsize)
        storage.data = np.frombuffer(raw, storage.dtype, count=size)
    return {name.removeprefix("module."): tensor.array() for name, tensor in tensors.items()}
