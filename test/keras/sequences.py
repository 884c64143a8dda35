"""Writes golden/layers/CLASS.json of the layers that walk over steps: what real Keras 3 computes for each, with masks and
initial states.

Run: KERAS_BACKEND=tensorflow python test/keras/sequences.py [CLASS ...]
"""

import json
import sys

import layers as shared
import keras
import numpy as np
import tensorflow as tf
from keras import layers as L
from keras.src import backend

MASK = np.asarray([[1, 0, 1, 0], [0, 1, 1, 1], [1, 1, 1, 0]], "bool")
SEQUENCE = (3, 4, 2)


def recurrent(make):
    """The cases that every recurrent layer has."""
    states = 2 if make is L.LSTM else 1
    return [
        ("last", lambda: make(3), [SEQUENCE]),
        ("sequences", lambda: make(3, return_sequences=True, use_bias=False, activation="relu"), [SEQUENCE]),
        ("backwards", lambda: make(2, return_sequences=True, go_backwards=True, return_state=True), [SEQUENCE]),
        ("states", lambda: make(2, return_state=True), [SEQUENCE] + [(3, 2)] * states),
        ("masked", lambda: make(2, return_sequences=True, return_state=True), [SEQUENCE], {"masks": [MASK]}),
        ("masked, last, backwards", lambda: make(2, go_backwards=True), [SEQUENCE], {"masks": [MASK]}),
        ("masked with states", lambda: make(2, return_sequences=True), [SEQUENCE] + [(3, 2)] * states, {"masks": [MASK]}),
        ("zeros where masked", lambda: make(2, return_sequences=True, zero_output_for_mask=True), [SEQUENCE], {"masks": [MASK]}),
        ("dropout", lambda: make(3, dropout=0.4), [SEQUENCE]),
        ("recurrent dropout", lambda: make(3, recurrent_dropout=0.4, dropout=0.25, return_sequences=True), [SEQUENCE]),
        ("frozen, one step", lambda: make(2, trainable=False, unroll=True), [(2, 1, 3)]),
    ]


TOKENS = shared.whole([[1, 0, 3, 1], [2, 2, 0, 0], [4, -1, 1, 2]])

QUERY, VALUE = (2, 3, 2), (2, 4, 2)
QUERY_MASK = np.asarray([[1, 0, 1], [0, 1, 1]], "bool")
VALUE_MASK = MASK[:2]
CAUSAL = np.asarray([[1, 0, 1, 0], [1, 0, 0, 1]], "bool")
LOOK = np.asarray([[[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 1, 1]], [[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 1, 0]]], "float32")
LIST, PLACES = {"inputs": "list"}, {"inputs": "places"}


def network():
    return keras.Sequential([L.Input((4,)), L.Dense(3, activation="tanh", name="first"), L.BatchNormalization(momentum=0.5, name="normal"), L.Dense(2, name="last")])


def graph():
    x = L.Input((4,))
    y = L.Dense(4, name="first")(x)
    y.trainable = False
    inner = keras.Sequential([L.Input((4,)), L.Dense(2, trainable=False, name="deep")], name="inner")
    return keras.Model(x, L.Concatenate()([inner(L.Add()([x, y])), keras.ops.sigmoid(y)]))


def heads(make):
    """The cases that both layers with heads have; a query of LOOK may look at nothing."""
    look = {**PLACES, "named": {"attention_mask": [LOOK]}}
    return [
        ("query and value", lambda: make(), [QUERY, VALUE], PLACES),
        ("key apart, no bias", lambda: make(use_bias=False), [QUERY, VALUE, (2, 4, 5)], PLACES),
        ("gate", lambda: make(use_gate=True), [QUERY, VALUE], PLACES),
        ("masked", lambda: make(), [QUERY, VALUE], {**PLACES, "masks": [QUERY_MASK, VALUE_MASK]}),
        ("all masked", lambda: make(dropout=0.2), [QUERY, VALUE, VALUE], {**PLACES, "masks": [QUERY_MASK, VALUE_MASK, VALUE_MASK]}),
        ("attention mask", lambda: make(), [QUERY, VALUE], look),
        ("attention mask, scores", lambda: make(), [QUERY, VALUE], {**look, "settings": {"return_attention_scores": True}}),
        ("causal", lambda: make(), [QUERY, VALUE], {**PLACES, "settings": {"use_causal_mask": True}}),
        ("causal, scores, masked", lambda: make(), [QUERY, VALUE], {**PLACES, "masks": [None, CAUSAL], "settings": {"use_causal_mask": True, "return_attention_scores": True}}),
        ("window", lambda: make(sliding_window=2), [QUERY, QUERY], PLACES),
        ("dropout", lambda: make(dropout=0.4), [QUERY, VALUE], PLACES),
    ]


CASES = {
    "Embedding": [
        ("rows", lambda: L.Embedding(5, 3), [TOKENS]),
        ("masking zero", lambda: L.Embedding(5, 2, mask_zero=True), [TOKENS]),
        ("one each", lambda: L.Embedding(6, 2, mask_zero=True), [shared.whole([3, 0, 1])]),
        ("of floats", lambda: L.Embedding(4, 2, mask_zero=True), [np.asarray([[0.0, 1.5, 3.2], [2.7, 0.4, 0.0]], "float32")]),
    ],
    "ReversibleEmbedding": [
        ("rows", lambda: L.ReversibleEmbedding(5, 3, mask_zero=True), [TOKENS]),
        ("reverse", lambda: L.ReversibleEmbedding(4, 3), [(2, 3, 3)], {"settings": {"reverse": True}}),
        ("reverse, capped", lambda: L.ReversibleEmbedding(4, 3, logit_soft_cap=1.5), [(2, 3)], {"settings": {"reverse": True}}),
        ("reverse, untied", lambda: L.ReversibleEmbedding(4, 3, tie_weights=False), [(2, 3, 3)], {"settings": {"reverse": True}}),
    ],
    "EinsumDense": [
        ("vector", lambda: L.EinsumDense("ab,bc->ac", 3, bias_axes="c"), [(2, 4)]),
        ("steps", lambda: L.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d", activation="tanh"), [(2, 3, 4)]),
        ("heads", lambda: L.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"), [(2, 3, 4)]),
        ("heads joined", lambda: L.EinsumDense("abcd,cde->abe", (None, 3), bias_axes="e"), [(2, 3, 2, 4)]),
        ("elided left", lambda: L.EinsumDense("...x,xy->...y", 3, bias_axes="y"), [(2, 3, 2, 4)]),
        # Two where the next axis has three: were both equal, Keras on TensorFlow would add the bias along that one.
        ("elided right", lambda: L.EinsumDense("ab...,bc->ac...", 2, bias_axes="c"), [(2, 4, 3)]),
        ("other axis", lambda: L.EinsumDense("abc,bd->adc", (2, None), bias_axes="d"), [(2, 4, 3)]),
        ("bias of one axis", lambda: L.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="d"), [(2, 3, 4)]),
        ("no bias", lambda: L.EinsumDense("abc,dc->abd", (None, 2)), [(2, 3, 4)]),
        ("each step its own", lambda: L.EinsumDense("abc,bcd->abd", (3, 2), bias_axes="bd"), [(2, 3, 4)]),
    ],
    "Attention": [
        ("query and value", lambda: L.Attention(), [QUERY, VALUE], LIST),
        ("key apart, scaled", lambda: L.Attention(use_scale=True), [QUERY, (2, 4, 5), VALUE], LIST),
        ("concat", lambda: L.Attention(use_scale=True, score_mode="concat"), [QUERY, VALUE], LIST),
        ("concat without scale", lambda: L.Attention(score_mode="concat"), [QUERY, VALUE], LIST),
        ("masked", lambda: L.Attention(), [QUERY, VALUE], {**LIST, "masks": [QUERY_MASK, VALUE_MASK]}),
        ("value masked, causal", lambda: L.Attention(), [QUERY, VALUE], {**LIST, "masks": [None, CAUSAL], "settings": {"use_causal_mask": True}}),
        ("causal, scores", lambda: L.Attention(), [QUERY, VALUE], {**LIST, "settings": {"use_causal_mask": True, "return_attention_scores": True}}),
        ("dropout", lambda: L.Attention(dropout=0.4), [QUERY, VALUE], LIST),
    ],
    "AdditiveAttention": [
        ("query and value", lambda: L.AdditiveAttention(), [QUERY, VALUE], LIST),
        ("key apart, no scale", lambda: L.AdditiveAttention(use_scale=False), [QUERY, (2, 4, 5), VALUE], LIST),
        ("masked, scores", lambda: L.AdditiveAttention(), [QUERY, VALUE], {**LIST, "masks": [QUERY_MASK, VALUE_MASK], "settings": {"return_attention_scores": True}}),
        ("causal, dropout", lambda: L.AdditiveAttention(dropout=0.25), [QUERY, VALUE], {**LIST, "settings": {"use_causal_mask": True}}),
    ],
    "MultiHeadAttention": heads(lambda **o: L.MultiHeadAttention(2, 3, **o)) + [
        ("other sizes", lambda: L.MultiHeadAttention(2, 3, value_dim=2, output_shape=4, use_gate=True), [QUERY, (2, 4, 3), (2, 4, 5)], PLACES),
        ("output of two axes", lambda: L.MultiHeadAttention(1, 2, output_shape=(2, 3)), [QUERY, VALUE], PLACES),
        ("over two axes", lambda: L.MultiHeadAttention(2, 2), [(2, 2, 3, 2), (2, 3, 2, 2)], PLACES),
        ("over one of two axes", lambda: L.MultiHeadAttention(2, 2, attention_axes=2), [(2, 2, 3, 2), (2, 2, 4, 2)], PLACES),
        ("over one of two axes, scores", lambda: L.MultiHeadAttention(2, 2, attention_axes=(1,)), [(2, 2, 3, 2), (2, 4, 3, 2)], {**PLACES, "settings": {"return_attention_scores": True}}),
    ],
    "GroupQueryAttention": heads(lambda **o: L.GroupQueryAttention(3, 4, 2, **o)) + [
        ("one group", lambda: L.GroupQueryAttention(2, 3, 1), [QUERY, VALUE, (2, 4, 3)], PLACES),
        ("as many groups as heads", lambda: L.GroupQueryAttention(2, 2, 2), [QUERY, VALUE], PLACES),
    ],
    "Bidirectional": [
        ("last", lambda: L.Bidirectional(L.LSTM(2)), [SEQUENCE]),
        ("summed sequences", lambda: L.Bidirectional(L.GRU(2, return_sequences=True), merge_mode="sum"), [SEQUENCE]),
        ("mean, states returned", lambda: L.Bidirectional(L.LSTM(2, return_state=True), merge_mode="ave"), [SEQUENCE]),
        ("product", lambda: L.Bidirectional(L.SimpleRNN(2), merge_mode="mul"), [SEQUENCE]),
        ("apart, masked", lambda: L.Bidirectional(L.GRU(2, return_sequences=True, return_state=True), merge_mode=None), [SEQUENCE], {"masks": [MASK]}),
        ("masked", lambda: L.Bidirectional(L.LSTM(2, return_sequences=True)), [SEQUENCE], {"masks": [MASK]}),
        ("masked, last", lambda: L.Bidirectional(L.LSTM(2)), [SEQUENCE], {"masks": [MASK]}),
        ("another backwards", lambda: L.Bidirectional(L.LSTM(2), backward_layer=L.GRU(3, go_backwards=True)), [SEQUENCE]),
        ("the first backwards", lambda: L.Bidirectional(L.GRU(2, go_backwards=True, return_sequences=True), backward_layer=L.GRU(2, return_sequences=True)), [SEQUENCE]),
        ("states given", lambda: L.Bidirectional(L.LSTM(2)), [SEQUENCE] + [(3, 2)] * 4),
        ("states given, masked", lambda: L.Bidirectional(L.GRU(2, return_sequences=True)), [SEQUENCE] + [(3, 2)] * 2, {"masks": [MASK]}),
        ("stacked", lambda: L.Bidirectional(L.RNN([L.GRUCell(2), L.SimpleRNNCell(3)])), [SEQUENCE]),
        ("convolutions", lambda: L.Bidirectional(L.ConvLSTM1D(1, 2, return_sequences=True)), [(2, 3, 4, 1)]),
        ("dropout", lambda: L.Bidirectional(L.GRU(2, dropout=0.4, recurrent_dropout=0.25)), [SEQUENCE]),
        ("one direction frozen", lambda: L.Bidirectional(L.GRU(2), backward_layer=L.GRU(2, go_backwards=True, trainable=False)), [SEQUENCE]),
    ],
    "TimeDistributed": [
        ("dense", lambda: L.TimeDistributed(L.Dense(3, activation="tanh")), [(2, 3, 4)]),
        ("convolution", lambda: L.TimeDistributed(L.Conv2D(2, 2)), [(2, 3, 3, 4, 1)]),
        ("recurrent", lambda: L.TimeDistributed(L.LSTM(2)), [(2, 3, 4, 2)]),
        ("masked", lambda: L.TimeDistributed(L.Dense(2)), [SEQUENCE], {"masks": [MASK]}),
        ("masked inside", lambda: L.TimeDistributed(L.GRU(2)), [(2, 3, 4, 1)], {"masks": [np.stack([MASK, ~MASK])]}),
        ("normalized", lambda: L.TimeDistributed(L.BatchNormalization(momentum=0.7)), [(3, 2, 4)]),
        ("normalized, masked", lambda: L.TimeDistributed(L.BatchNormalization()), [(3, 4, 2)], {"masks": [np.asarray([[1, 0, 1, 1], [1, 1, 1, 0], [0, 1, 1, 1]], "bool")]}),
        ("frozen inside", lambda: L.TimeDistributed(L.BatchNormalization(trainable=False)), [(3, 2, 4)]),
        ("network", lambda: L.TimeDistributed(network()), [(3, 2, 4)]),
        ("graph", lambda: L.TimeDistributed(graph()), [(2, 3, 4)]),
        ("in itself", lambda: L.TimeDistributed(L.TimeDistributed(L.Dense(2))), [(2, 3, 2, 4)]),
        ("both directions", lambda: L.TimeDistributed(L.Bidirectional(L.GRU(2))), [(2, 2, 3, 2)]),
        ("embedding", lambda: L.TimeDistributed(L.Embedding(5, 2)), [TOKENS.reshape(3, 2, 2)]),
    ],
    "Masking": [
        ("zeros", lambda: L.Masking(), [np.asarray([[[0, 0], [1, 0], [2, 3]], [[0.5, -1], [0, 0], [0, 0]]], "float32")], {"jumps": True}),
        ("another value", lambda: L.Masking(-1.0), [np.asarray([[[0, 0], [-1, -1], [2, 3]], [[-1, -1], [0, -1], [0, 0]]], "float32")], {"jumps": True}),
    ],
    "SimpleRNN": recurrent(L.SimpleRNN),
    "LSTM": recurrent(L.LSTM) + [("other gates", lambda: L.LSTM(2, recurrent_activation="hard_sigmoid", activation="softsign", unit_forget_bias=False), [SEQUENCE])],
    "GRU": recurrent(L.GRU) + [
        ("reset before", lambda: L.GRU(3, reset_after=False), [SEQUENCE]),
        ("reset before, no bias", lambda: L.GRU(2, reset_after=False, use_bias=False, return_sequences=True, recurrent_activation="relu"), [SEQUENCE], {"masks": [MASK]}),
        ("reset before, dropout", lambda: L.GRU(3, reset_after=False, dropout=0.2, recurrent_dropout=0.4), [SEQUENCE]),
    ],
    "RNN": [
        ("cell", lambda: L.RNN(L.GRUCell(3), return_sequences=True), [SEQUENCE]),
        ("stacked", lambda: L.RNN([L.LSTMCell(2), L.GRUCell(3), L.SimpleRNNCell(2)], return_sequences=True), [SEQUENCE]),
        ("stacked, masked", lambda: L.RNN(L.StackedRNNCells([L.GRUCell(2), L.LSTMCell(3)]), go_backwards=True), [SEQUENCE], {"masks": [MASK]}),
        ("states of a cell", lambda: L.RNN(L.LSTMCell(2), return_state=True), [SEQUENCE]),
    ],
    "ConvLSTM1D": [
        ("last", lambda: L.ConvLSTM1D(2, 2), [(2, 3, 4, 2)]),
        ("sequences", lambda: L.ConvLSTM1D(2, 3, padding="same", strides=2, return_sequences=True, return_state=True, use_bias=False), [(2, 3, 5, 1)]),
    ],
    "ConvLSTM2D": [
        ("masked", lambda: L.ConvLSTM2D(2, (2, 1), return_sequences=True), [(2, 3, 3, 2, 1)], {"masks": [np.asarray([[1, 0, 1], [1, 1, 0]], "bool")]}),
        ("dropout", lambda: L.ConvLSTM2D(1, 2, padding="same", dropout=0.25, recurrent_dropout=0.4), [(2, 2, 3, 2, 2)]),
        ("dilated, backwards", lambda: L.ConvLSTM2D(1, 2, dilation_rate=2, go_backwards=True, return_sequences=True), [(2, 2, 3, 4, 1)]),
    ],
    "ConvLSTM3D": [("last", lambda: L.ConvLSTM3D(1, 2), [(2, 2, 2, 3, 2, 1)])],
}


def joined(outputs):
    """Several outputs as one vector for each sample."""
    flat = tf.nest.flatten(outputs)
    return flat[0] if len(flat) == 1 else tf.concat([tf.reshape(o, (o.shape[0], -1)) for o in flat], 1)


def call(layer, inputs, more, training):
    """As Keras is called: masks lie on the tensors, recurrent layers take states by name."""
    tensors = [tf.identity(t) for t in inputs]
    for tensor, mask in zip(tensors, more.get("masks", [])):
        if mask is not None:
            backend.set_keras_mask(tensor, tf.constant(mask))
    kwargs = {**more.get("settings", {}), **{k: tf.constant(v[0]) for k, v in more.get("named", {}).items()}}
    how = more.get("inputs", "states")
    if how == "list":
        return layer(tensors, training=training, **kwargs)
    if how == "places":
        return layer(*tensors, training=training, **kwargs)
    states = {"initial_state": tensors[1:]} if len(tensors) > 1 else {}
    return layer(tensors[0], training=training, **states, **kwargs)


def inside(layer, prefix=""):
    """Variables of a layer around others, and their names: by direction, by the path inside a network."""
    if isinstance(layer, L.Bidirectional):
        yield from inside(layer.forward_layer, prefix + "forward_")
        yield from inside(layer.backward_layer, prefix + "backward_")
    elif isinstance(layer, L.TimeDistributed):
        yield from inside(layer.layer, prefix)
    elif isinstance(layer, keras.Model):
        for each in layer.layers:
            yield from inside(each, f"{prefix}{each.name}/")
    else:
        own, names = path_names(layer)
        yield from ((w, prefix + n) for w, n in zip(own, names))


def path_names(layer):
    """Names of the variables, by the parts of their paths where several would be alike."""
    if isinstance(layer, (L.Bidirectional, L.TimeDistributed)):
        pairs = list(inside(layer))
        return [w for w, _ in pairs], [n for _, n in pairs]
    own = [w for w in layer.weights if "seed_generator_state" not in w.path]
    if isinstance(layer, L.RNN) and isinstance(layer.cell, L.StackedRNNCells):
        return own, [f"cell_{i}_{w.name}" for i, c in enumerate(layer.cell.cells) for w in c.weights if "seed" not in w.path]
    if isinstance(layer, (L.MultiHeadAttention, L.GroupQueryAttention)):
        return own, ["_".join(w.path.split("/")[-2:]).removeprefix("attention_") for w in own]
    return own, [w.name for w in own]


def run(layer, inputs, more, seeds, training):
    own, names = path_names(layer)
    trainable = [(w, n) for w, n in zip(own, names) if any(w is t for t in layer.trainable_weights)]
    with tf.GradientTape() as tape:
        tensors = [tf.convert_to_tensor(i) for i in inputs]
        tape.watch([t for t in tensors if t.dtype.is_floating])
        output = joined(call(layer, tensors, more, training))
        loss = tf.reduce_sum(output * seeds)
    gradients = tape.gradient(loss, tensors + [w.value for w, _ in trainable])
    grads = [tf.zeros(w.shape) if g is None else tf.convert_to_tensor(g) for g, w in zip(gradients, tensors + [w for w, _ in trainable])]
    return {
        "output": shared.numbers(output),
        "inputGradients": [shared.numbers(g) for g in grads[: len(tensors)]],
        "weightGradients": {n: shared.numbers(g) for (_, n), g in zip(trainable, grads[len(tensors):])},
        "moved": {n: shared.numbers(w) for w, n in zip(own, names) if w.name in ("moving_mean", "moving_variance")},
    }


def case(rng, name, make, shapes, more=None):
    more = more or {}
    layer = make()
    inputs = [s if isinstance(s, np.ndarray) else rng.normal(size=s).round(2).astype("float32") for s in shapes]
    first = tf.nest.flatten(call(layer, [tf.convert_to_tensor(i) for i in inputs], more, False))
    own, names = path_names(layer)
    for weight in own:
        low = 0.5 if "variance" in weight.name else -1.0
        weight.assign(rng.uniform(low, 1.2, weight.shape).round(2).astype("float32"))
    outputs = tf.nest.flatten(call(layer, [tf.convert_to_tensor(i) for i in inputs], more, False))
    seeds = rng.normal(size=joined(first).shape).round(2).astype("float32")
    before = [w.numpy() for w in own]
    inference = run(layer, inputs, more, seeds, False)
    training = run(layer, inputs, more, seeds, True)
    for weight, value in zip(own, before):
        weight.assign(value)
    masks = [backend.get_keras_mask(o) for o in outputs]
    plain = lambda mask: None if mask is None else shared.numbers(tf.cast(mask, "float32"))
    # The flag of a layer inside counts for its variables, that of the layer itself does not.
    plain_layer = not isinstance(layer, (L.Bidirectional, L.TimeDistributed))
    shape = layer.compute_output_shape((None, *inputs[0].shape[1:]))[1:] if isinstance(layer, L.EinsumDense) else outputs[0].shape[1:]
    result = {
        "name": name, "config": keras.saving.serialize_keras_object(layer)["config"], "trainable": layer.trainable,
        "inputs": [{**({"dtype": "int32"} if i.dtype == "int32" else {}), **shared.numbers(i)} for i in inputs],
        "weights": [{"name": n, "trainable": "moving" not in n and (plain_layer or any(w is t for t in layer.trainable_weights)), **shared.numbers(w)} for w, n in zip(own, names)],
        "seeds": shared.numbers(seeds), "outputShape": [None, *shape], "inference": inference,
    }
    if training != inference:
        result["training"] = training
    if len(outputs) > 1:
        result["outputShapes"] = [[None, *o.shape[1:]] for o in outputs]
    if isinstance(layer, (L.MultiHeadAttention, L.GroupQueryAttention)):
        # The scores carry one from the softmax inside, which fits no loss.
        masks = masks[:1]
    if any(m is not None for m in masks):
        result["outputMasks"] = [plain(m) for m in masks]
    if "masks" in more:
        result["masks"] = [plain(m) for m in more["masks"]]
    if "named" in more:
        result["named"] = {k: [shared.numbers(np.asarray(t, "float32")) for t in v] for k, v in more["named"].items()}
    if "jumps" in more:
        result["jumps"] = True
    if "settings" in more:
        result["settings"] = more["settings"]
    return result


def write(class_name):
    rng = np.random.default_rng(sum(map(ord, class_name)))
    golden = {"keras": keras.__version__, "class": class_name, "cases": [case(rng, *c) for c in CASES[class_name]]}
    (shared.HERE / f"{class_name}.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    shared.replace_random_numbers()
    for each in sys.argv[1:] or CASES:
        write(each)
