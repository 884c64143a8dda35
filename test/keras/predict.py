"""Real Keras predicts: predict.py MODEL INPUTS.npy OUTPUTS.npy. Prints the flags of the layers as JSON."""

import json
import sys

import keras
import numpy as np

model_path, inputs_path, outputs_path = sys.argv[1:4]
model = keras.models.load_model(model_path)
np.save(outputs_path, model.predict(np.load(inputs_path), verbose=0))
print(json.dumps({
    "keras": keras.__version__,
    "trainable": {layer.name: layer.trainable for layer in model.layers},
    "optimizer": optimizer.get_config() if (optimizer := getattr(model, "optimizer", None)) else None,
    "loss": loss if isinstance(loss := getattr(model, "loss", None), str) else None,
}, default=float))
