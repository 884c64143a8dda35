"""Writes golden/images: a folder of small images, and what Keras' image_dataset_from_directory makes of it."""

import json
from pathlib import Path
import shutil

import keras
import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).parent / "golden" / "images"


def picture(rng, height, width, channels):
    """Smooth, with a little noise, as photographs are."""
    coarse = rng.uniform(0, 255, (4, 5, channels))
    fine = tf.image.resize(coarse, (height, width)).numpy() + rng.normal(0, 6, (height, width, channels))
    return np.clip(fine, 0, 255).astype("uint8")


def gif(image):
    """A GIF of one picture in 6 x 6 x 6 colours, each pixel after a code that empties the table: no compression, any reader."""
    height, width, _ = image.shape
    steps = np.minimum(image.astype(int) // 43, 5)
    palette = bytes(value * 51 for red in range(6) for green in range(6) for blue in range(6) for value in (red, green, blue))
    palette += bytes(3 * 256 - len(palette))
    codes = [256]
    for pixel in (steps @ np.array([36, 6, 1])).reshape(-1):
        codes += [int(pixel), 256]
    codes.append(257)
    bits = sum(code << (9 * place) for place, code in enumerate(codes))
    data = bits.to_bytes((9 * len(codes) + 7) // 8, "little")
    blocks = b"".join(bytes([len(data[at:at + 255])]) + data[at:at + 255] for at in range(0, len(data), 255))
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"GIF89a" + size + b"\xf7\x00\x00" + palette + b"," + bytes(4) + size + b"\x00\x08" + blocks + b"\x00;"


def main():
    rng = np.random.default_rng(0)
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name in ("ant", "bee/inner", "Cat"):
        (FOLDER / "folder" / name).mkdir(parents=True)
    write = lambda place, content: (FOLDER / "folder" / place).write_bytes(content)
    write("ant/10.png", tf.io.encode_png(picture(rng, 12, 17, 3)).numpy())
    write("ant/9.png", tf.io.encode_png(picture(rng, 9, 8, 1)).numpy())
    write("bee/b.jpg", tf.io.encode_jpeg(picture(rng, 20, 15, 3), quality=90).numpy())
    write("bee/a.gif", gif(picture(rng, 7, 9, 3)))
    write("bee/inner/0.PNG", tf.io.encode_png(np.concatenate([picture(rng, 8, 8, 3), rng.integers(0, 255, (8, 8, 1)).astype("uint8")], -1)).numpy())
    write("Cat/x.png", tf.io.encode_png(picture(rng, 10, 8, 1).astype("uint16") * 257).numpy())
    write("Cat/notes.txt", b"no image")
    # TensorFlow gives a GIF three channels only, and a JPEG no fourth.
    for mode, size, without in (("rgb", (8, 8), ()), ("grayscale", (13, 9), ("bee/a.gif",)), ("rgba", (4, 30), ("bee/a.gif", "bee/b.jpg"))):
        for place in without:
            (FOLDER / "folder" / place).rename(FOLDER / Path(place).name)
        read = keras.utils.image_dataset_from_directory(FOLDER / "folder", image_size=size, color_mode=mode, shuffle=False, batch_size=None, verbose=False)
        images, labels = zip(*read.as_numpy_iterator())
        names = [Path(path).name for path in read.file_paths]
        np.savez_compressed(FOLDER / f"{mode}.npz", images=np.stack(images), labels=np.stack(labels))
        (FOLDER / f"{mode}.json").write_text(json.dumps({"classes": read.class_names, "files": names}) + "\n")
        for place in without:
            (FOLDER / Path(place).name).rename(FOLDER / "folder" / place)


main()
