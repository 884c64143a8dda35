"""Makes everything in this folder that is not text: the data sets and the pre-trained model.

Needs Debian's package dataset-fashion-mnist, and Keras as test/keras/requirements.txt pins it:

    KERAS_BACKEND=tensorflow python make_samples.py [--source FOLDER] [--data-only]

Data (gzip IDX, pixels 0..255, labels as Fashion-MNIST numbers them, only sandals = 5 and shirts = 6):
    valid-*  the first 1,000 such images of the training file
    pool-*   the 2,000 that follow them
    test-*   all 2,000 of the test file
No image is in two sets, and none of them has been seen by the model.

Model: my_model_A.keras, the textbook's network, trained on the other eight classes of the training
file (labels 0..7 after closing the gap, pixels times 1/255; the first 5,000 images are held out).
The recipe is the book's: SGD, learning rate 1e-3, 20 epochs of batches of 32.
"""

import argparse
import gzip
import pathlib
import struct

import numpy as np

HERE = pathlib.Path(__file__).parent
SANDAL, SHIRT = 5, 6
SEED = 42
HELD_OUT = 5000
UBYTE = 0x08  # the IDX code of unsigned bytes


def read_idx(path):
    """A gzip IDX file of unsigned bytes as an array."""
    with gzip.open(path) as file:
        _, kind, rank = struct.unpack(">HBB", file.read(4))
        if kind != UBYTE:
            raise ValueError(f"{path}: expected unsigned bytes, got type {kind:#x}")
        shape = struct.unpack(f">{rank}I", file.read(4 * rank))
        return np.frombuffer(file.read(), np.uint8).reshape(shape)


def write_idx(path, array):
    """The same, written; mtime 0 keeps the bytes the same from run to run."""
    header = struct.pack(f">HBB{array.ndim}I", 0, UBYTE, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), 9, mtime=0))


def load(source, prefix):
    images = read_idx(source / f"{prefix}-images-idx3-ubyte.gz")
    labels = read_idx(source / f"{prefix}-labels-idx1-ubyte.gz")
    return images, labels


def write_sets(train, test):
    """valid, pool and test: images [n, 28, 28], labels [n]."""
    images, labels = (a[np.isin(train[1], (SANDAL, SHIRT))] for a in train)
    test_images, test_labels = (a[np.isin(test[1], (SANDAL, SHIRT))] for a in test)
    sets = {
        "valid": (images[:1000], labels[:1000]),
        "pool": (images[1000:3000], labels[1000:3000]),
        "test": (test_images, test_labels),
    }
    for name, (x, y) in sets.items():
        write_idx(HERE / f"{name}-images.idx3.gz", x)
        write_idx(HERE / f"{name}-labels.idx1.gz", y)
        print(f"{name}: {len(x)} images, {np.mean(y == SHIRT):.1%} shirts")


def eight_classes(images, labels):
    """The classes the model learns: pixels 0..1, labels 0..7."""
    keep = ~np.isin(labels, (SANDAL, SHIRT))
    kept = labels[keep].astype(np.int64)
    return images[keep].astype(np.float32) / 255, np.where(kept > SHIRT, kept - 2, kept)


def train_model(images, labels):
    import keras

    keras.utils.set_random_seed(SEED)
    hidden = [
        keras.layers.Dense(units, activation="selu", kernel_initializer="lecun_normal")
        for units in (300, 100, 50, 50, 50)
    ]
    model = keras.Sequential(
        [keras.Input((28, 28)), keras.layers.Flatten(), *hidden, keras.layers.Dense(8, activation="softmax")],
        name="my_model_A",
    )
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.SGD(learning_rate=1e-3),
        metrics=["accuracy"],
    )
    x, y = eight_classes(images[HELD_OUT:], labels[HELD_OUT:])
    held_out = eight_classes(images[:HELD_OUT], labels[:HELD_OUT])
    model.fit(x, y, epochs=20, batch_size=32, validation_data=held_out, verbose=2)
    model.save(HERE / "my_model_A.keras")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=pathlib.Path, default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--data-only", action="store_true", help="leave the model as it is")
    arguments = parser.parse_args()
    train, test = load(arguments.source, "train"), load(arguments.source, "t10k")
    write_sets(train, test)
    if not arguments.data_only:
        train_model(*train)


if __name__ == "__main__":
    main()
