/** Python that reads the data files of a plan as `core/data` and `node/jobs/dataFiles.ts` do. */
export const readingText = `
def read(place, shape=None, others=()):
    """The array of a data file, and the words that its numbers stand for where there are any.

    place: the file or folder, and what stands behind # in the plan; shape: of one sample of a model's input; others: places of the same set.
    """
    path, member = HERE / place[0], place[1] if len(place) > 1 else None
    if path.is_dir():
        return read_images(path, member, shape)
    content = path.read_bytes()
    if content[:4] == b"PAR1" or path.suffixes[:1] in ([".csv"], [".tsv"]):
        table = read_parquet(path) if content[:4] == b"PAR1" else read_csv(content)
        named = {name for other, *names in others if other == place[0] for text in names for name in columns_in(text)} if member is None else set()
        return side_by_side(table, columns_in(member) if member else [name for name in table if name not in named], shape)
    if content[:2] == b"PK":
        with np.load(path) as archive:
            return plain(archive[member if member is not None else archive.files[0]]), None
    content = unpacked(content)
    if content[:6] == b"\\x93NUMPY":
        return plain(np.load(io.BytesIO(content))), None
    kind, rank = content[2], content[3]
    dtype = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}[kind]
    dimensions = np.frombuffer(content, ">u4", rank, 4)
    return plain(np.frombuffer(content, dtype, offset=4 + 4 * rank).reshape(dimensions)), None


def unpacked(content):
    return gzip.decompress(content) if content[:2] == b"\\x1f\\x8b" else content


def plain(array):
    """In the machine's byte order; float64 and float16 as float32."""
    return array.astype("float32" if array.dtype.kind == "f" else array.dtype.newbyteorder("="))


def read_images(folder, member, shape):
    """The images of a folder with a folder for each class, or their labels."""
    classes = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if (member or ("labels" if shape is None else "images")) == "labels":
        data = keras.utils.image_dataset_from_directory(folder, class_names=classes, shuffle=False, batch_size=None, image_size=(1, 1), verbose=False)
        return np.array([label for _, label in data.as_numpy_iterator()], "int32"), classes
    first = len(shape) == 3 and shape[2] not in (1, 3, 4, None)
    channels = 1 if len(shape) == 2 else shape[0] if first else shape[2] or 3
    size = shape[1:] if first else shape[:2]
    if None in size:
        import tensorflow as tf

        size = tf.io.decode_image(next(path for path in sorted(folder.rglob("*.*")) if path.is_file()).read_bytes(), expand_animations=False).shape[:2]
    mode = {1: "grayscale", 3: "rgb", 4: "rgba"}[channels]
    data = keras.utils.image_dataset_from_directory(folder, labels=None, color_mode=mode, shuffle=False, batch_size=None, image_size=tuple(size), verbose=False)
    images = np.stack(list(data.as_numpy_iterator()))
    return (images[..., 0] if len(shape) == 2 else np.moveaxis(images, -1, 1) if first else images), None


def columns_in(text):
    return [name.strip() for line in csv.reader([text]) for name in line]


def read_csv(content):
    """Columns by name; those that hold anything but numbers as texts."""
    text = unpacked(content).decode("utf-8-sig")

    def rows_by(delimiter, most=None):
        rows = (row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row))
        return list(itertools.islice(rows, most))

    def evenness(delimiter):
        lengths = [len(row) for row in rows_by(delimiter, 10)]
        return (max(lengths) == 1, sum(abs(a - b) for a, b in zip(lengths, lengths[1:])), -lengths[0])

    rows = rows_by(min([",", "\\t", "|", ";"], key=evenness))
    nameless = all(number(cell) is not None for cell in rows[0])
    names = [str(i) for i in range(len(rows[0]))] if nameless else [name.strip() for name in rows[0]]
    columns = zip(*rows[0 if nameless else 1:])
    numbers = {name: ([number(cell) for cell in cells], cells) for name, cells in zip(names, columns)}
    return {name: [cell.strip() for cell in cells] if None in values else np.array(values) for name, (values, cells) in numbers.items()}


def number(cell):
    try:
        return float(cell)
    except ValueError:
        return None


def read_parquet(path):
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    return {name: table[name].to_pylist() for name in table.column_names}


def side_by_side(table, names, shape):
    """Columns of numbers as one array; a column of words as labels in alphabetical order; a column of images."""
    first = table[names[0]]
    if len(names) == 1 and isinstance(first[0], str):
        words = sorted(set(first))
        return np.array([words.index(word) for word in first], "int32"), words
    if len(names) == 1 and isinstance(first[0], (dict, bytes)):
        return decode_images([cell["bytes"] if isinstance(cell, dict) else cell for cell in first], shape), None
    columns = [np.asarray(table[name]).reshape(len(first), -1) for name in names]
    array = np.concatenate(columns, 1)
    whole = bool(np.all(array == np.floor(array)) and np.all(np.abs(array) < 2**31))
    array = array.astype("int32" if whole else "float32")
    if shape is not None and None not in shape and math.prod(shape) == array.shape[1]:
        return array.reshape((-1, *shape)), None
    return (array[:, 0] if len(names) == 1 and array.shape[1] == 1 else array), None


def decode_images(contents, shape):
    import tensorflow as tf

    channels = 1 if len(shape) == 2 else shape[2] or 3
    images = [tf.io.decode_image(content, channels, expand_animations=False) for content in contents]
    if None not in shape[:2]:
        images = [tf.image.resize(image, shape[:2]) for image in images]
    images = np.stack([np.asarray(image, "float32") for image in images])
    return images[..., 0] if len(shape) == 2 else images


def load(inputs, targets, classes=None, scale=None, take=None, sample_weights=None, like=None):
    """Reads a set, keeps and maps its classes, draws its samples, scales its inputs. like: the places of the training set's targets, which number words."""
    others = [*inputs.values(), *targets.values(), *(sample_weights or {}).values()]
    x = {name: read(place, SHAPES[name], others)[0] for name, place in inputs.items()}
    y = {name: read(place, None, others) for name, place in targets.items()}
    w = {name: read(place, None, others)[0].reshape(-1).astype("float32") for name, place in (sample_weights or {}).items()}
    kept = np.arange(len(next(iter(x.values()))))
    if classes is not None:
        (output, (labels, words)), = y.items()
        numbers = {words.index(str(label)) if words else label: value for label, value in classes.items() if (str(label) in words if words else not isinstance(label, str))}
        kept = kept[np.isin(labels.reshape(len(labels)), list(numbers))]
        mapped = np.array([numbers[label] for label in labels.reshape(len(labels))[kept].tolist()])
    elif like is not None:
        y = {name: (renumbered(labels, words, read(like[name])[1]), words) if words else (labels, None) for name, (labels, words) in y.items()}
    y = {name: labels for name, (labels, _) in y.items()}
    if take is not None:
        count, stream = take
        drawn = np.sort(stream.permutation(len(kept))[:count])
        kept = kept[drawn]
        if classes is not None:
            mapped = mapped[drawn]
    x, y, w = pick(x, kept), pick(y, kept), pick(w, kept)
    if classes is not None:
        y = {output: mapped.reshape((len(kept),) + y[output].shape[1:])}
    if scale is not None:
        x = {name: np.multiply(values, scale, dtype="float64").astype("float32") for name, values in x.items()}
    return x, y, w


def renumbered(labels, words, trained):
    return np.array([trained.index(word) for word in words], "int32")[labels]


def pick(arrays, rows):
    return {name: values[rows] for name, values in arrays.items()}


def as_inputs(x):
    """What Keras takes: the array of a model with one input, else a dictionary by name."""
    return next(iter(x.values())) if len(x) == 1 else x


def as_outputs(model, arrays):
    """The array of a model with one output, else a list in the order of its outputs; weights that are missing are ones."""
    if not arrays:
        return None
    if len(model.outputs) == 1:
        return next(iter(arrays.values()))
    ones = np.ones(len(next(iter(arrays.values()))), "float32")
    complete = {name: arrays.get(name, ones) for name in model.output_names}
    return complete if isinstance(model.output, dict) else list(complete.values())


def as_set(model, data):
    x, y, w = data
    return tuple(part for part in (as_inputs(x), as_outputs(model, y), as_outputs(model, w)) if part is not None)
`;
