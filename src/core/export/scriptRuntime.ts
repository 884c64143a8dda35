/** Python that draws what `core/training/random.ts` draws. */
export const streamText = `
class Stream:
    """The random numbers of Model Surgery (Philox4x32-10 by seed and name): the same samples in the same order."""

    def __init__(self, seed, name):
        self.key = seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF
        self.lane = self.hash(name, 0x811C9DC5), self.hash(name, 0x050C5D1F)
        self.blocks, self.words = 0, iter(())

    @staticmethod
    def hash(text, value):
        for unit in text.encode("ascii"):
            value = (value ^ unit) * 0x01000193 & 0xFFFFFFFF
        value = (value ^ value >> 16) * 0x85EBCA6B & 0xFFFFFFFF
        value = (value ^ value >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
        return value ^ value >> 16

    def word(self):
        for word in self.words:
            return word
        count = np.arange(self.blocks, self.blocks + 4096, dtype=np.uint64)
        self.blocks += 4096
        mask, half = np.uint64(0xFFFFFFFF), np.uint64(32)
        c0, c1 = count & mask, count >> half
        c2, c3 = (np.full_like(count, part) for part in self.lane)
        k0, k1 = self.key
        for _ in range(10):
            a, b = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
            c0, c1, c2, c3 = (b >> half) ^ c1 ^ np.uint64(k0), b & mask, (a >> half) ^ c3 ^ np.uint64(k1), a & mask
            k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
        self.words = iter(np.stack([c0, c1, c2, c3], -1).reshape(-1).tolist())
        return next(self.words)

    def below(self, n):
        limit = 2**32 - 2**32 % n
        while True:
            word = self.word()
            if word < limit:
                return word % n

    def permutation(self, n):
        order = np.arange(n)
        for i in range(n - 1, 0, -1):
            j = self.below(i + 1)
            order[i], order[j] = order[j], order[i]
        return order
`;

/** Python that freezes, trains a phase, and keeps the best weights. */
export const trainingText = `
def layers_of(model, prefix=""):
    for layer in model.layers:
        yield prefix + layer.name, layer
        if isinstance(layer, keras.Model):
            yield from layers_of(layer, prefix + layer.name + "/")


def freeze(model, frozen):
    """Freezes exactly these layers. Each is set by itself: a model that is trainable already hands nothing on."""
    model.trainable = True
    for path, layer in layers_of(model):
        layer.trainable = path not in frozen


class KeepBest(keras.callbacks.Callback):
    """Saves the model whenever the monitored loss is lower than ever before."""

    def __init__(self, path, monitor):
        super().__init__()
        self.path, self.monitor, self.best = path, monitor, None

    def on_epoch_end(self, epoch, logs=None):
        value = float(logs[self.monitor])
        if self.best is None or value < self.best or np.isnan(self.best):
            self.best = value
            self.model.save(self.path)


def weigh(y, w, class_weights):
    """Class weights as sample weights, beside those that the set has."""
    (output, target), = y.items()
    flat = target.reshape(len(target), -1)
    classes = flat.argmax(1) if flat.shape[1] > 1 else np.round(flat[:, 0]).astype("int64")
    weights = np.array([class_weights.get(int(label), 1) for label in classes], "float32")
    return {output: weights * w[output] if output in w else weights}


def fit(model, train, validation, epochs, batch_size, order, callback):
    """One phase. With a stream the order of the samples is drawn anew for each epoch; without, it is that of the file."""
    settings = {"batch_size": batch_size, "shuffle": False, "callbacks": [callback], "verbose": 2}
    if validation is not None:
        settings["validation_data"] = as_set(model, validation)
    if order is None:
        x, y, w = train
        model.fit(as_inputs(x), as_outputs(model, y), sample_weight=as_outputs(model, w), epochs=epochs, **settings)
        return
    # Keras lays the moving averages of use_ema into the model at the end of each fit: they belong at the end of the phase.
    finalize, model.optimizer.finalize_variable_values = model.optimizer.finalize_variable_values, lambda weights: None
    for epoch in range(epochs):
        rows = order.permutation(len(next(iter(train[0].values()))))
        x, y, w = (pick(part, rows) for part in train)
        model.fit(as_inputs(x), as_outputs(model, y), sample_weight=as_outputs(model, w), initial_epoch=epoch, epochs=epoch + 1, **settings)
    del model.optimizer.finalize_variable_values
    finalize(model.trainable_weights)
`;
