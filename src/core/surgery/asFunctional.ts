import type { Layer, Model } from '../model/model';

/** A Sequential model as a Functional one, which may have several outputs; a Functional model as it is. */
export function asFunctional(model: Model): Model {
  const { root } = model;
  if (root.network.kind === 'functional') return model;
  const [input] = root.network.inputs;
  const entry: Layer = {
    name: input.ref.layer,
    className: 'InputLayer',
    envelope: { module: 'keras.layers', registered_name: null },
    config: { batch_shape: input.shape, dtype: input.dtype, sparse: false, ragged: false, name: input.ref.layer },
    trainable: true,
    weights: [],
  };
  const config = { name: root.name, trainable: root.trainable };
  return { ...model, root: { ...root, className: 'Functional', envelope: {}, config, network: { ...root.network, kind: 'functional', layers: [entry, ...root.network.layers] } } };
}
