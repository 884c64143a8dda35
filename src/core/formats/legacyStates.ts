import { isJsonObject, type Json, type JsonObject } from '../model/json';

/** Layers that take the states before the first step: Keras 2 gave them in the list of inputs, Keras 3 by name. */
const recurrent = new Set(['RNN', 'LSTM', 'GRU', 'SimpleRNN', 'Bidirectional', 'ConvLSTM1D', 'ConvLSTM2D', 'ConvLSTM3D']);

/** Layers of one input that hand its mask on. */
const passing = new Set([
  'Dropout', 'SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'Activation', 'ReLU', 'LeakyReLU', 'ELU', 'PReLU', 'Softmax',
  'BatchNormalization', 'LayerNormalization', 'Dense', 'TimeDistributed', 'ActivityRegularization',
]);

/** Layers of several inputs that mask what any of them masks. */
const merging = new Set(['Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate']);

/** A layer in the form of Keras 3: what it is and its calls. */
interface Called {
  readonly layer: JsonObject;
  readonly nodes: Json;
}

interface Source {
  readonly className: string;
  readonly config: JsonObject;
  readonly inputs: readonly Json[];
  /** Which of the outputs. */
  readonly output: number;
}

/**
 * Recurrent layers of Keras 2 that are given their first states, as Keras 3 calls them: states by name. Keras 2 heeded the mask of the
 * sequence there too; Keras 3 heeds one only where it is said, so the operations that make the mask come before the layer.
 */
export class LegacyStates {
  private readonly byName: ReadonlyMap<string, Called>;
  private readonly made: JsonObject[] = [];

  constructor(private readonly layers: readonly Called[]) {
    this.byName = new Map(layers.map((called) => [nameOf(called) ?? '', called]));
  }

  /** The layers with their calls, each after the operations that its calls need. */
  called(): readonly Called[] {
    return this.layers.flatMap(({ layer, nodes }): readonly Called[] => {
      if (!recurrent.has(classOf(layer)) || !Array.isArray(nodes) || takesConstants(layer)) return [{ layer, nodes }];
      const before = this.made.length;
      const calls = (nodes as readonly Json[]).map((node) => this.withStates(layer, node));
      return [...this.made.slice(before).map((operation) => ({ layer: operation, nodes: operation['inbound_nodes'] })), { layer, nodes: calls }];
    });
  }

  private withStates(layer: JsonObject, node: Json): Json {
    const inputs = isJsonObject(node) && Array.isArray(node['args']) ? (node['args'] as readonly Json[])[0] : undefined;
    if (!isJsonObject(node) || !Array.isArray(inputs) || inputs.length < 2) return node;
    const [sequence, ...states] = inputs as readonly Json[];
    const given = isJsonObject(node['kwargs']) ? node['kwargs'] : {};
    const mask = 'mask' in given ? undefined : this.maskOf(sequence, `${nameOf({ layer }) ?? 'states'}_mask`);
    return { args: [sequence], kwargs: { ...given, initial_state: states, ...(mask === undefined ? {} : { mask }) } };
  }

  /** What masks a tensor; undefined where nothing does. */
  private maskOf(tensor: Json, stem: string): Json | undefined {
    const from = this.source(tensor);
    if (!from) return undefined;
    const { className, config, inputs } = from;
    if (className === 'Embedding') return config['mask_zero'] === true ? this.unequal(inputs[0], 0, stem) : undefined;
    if (className === 'Masking') return this.operation('Any', [this.unequal(inputs[0], config['mask_value'] ?? 0, stem)], stem, { axis: -1, keepdims: false });
    if (merging.has(className)) return this.allOf(inputs.flatMap((input) => this.maskOf(input, stem) ?? []), stem);
    return carries(from) ? this.maskOf(inputs[0], stem) : undefined;
  }

  /** The call that a tensor comes from. */
  private source(tensor: Json): Source | undefined {
    const history = historyOf(tensor);
    const called = history && this.byName.get(history.layer);
    if (!history || !called || !Array.isArray(called.nodes)) return undefined;
    const { config } = called.layer;
    const inputs = inputsOf((called.nodes as readonly Json[])[history.node]);
    return { className: classOf(called.layer), config: isJsonObject(config) ? config : {}, inputs, output: history.output };
  }

  private unequal(tensor: Json, value: Json, stem: string): Json {
    return this.operation('NotEqual', [tensor, value], stem);
  }

  private allOf(masks: readonly Json[], stem: string): Json | undefined {
    const [first, ...others] = masks;
    return others.reduce<Json | undefined>((all, mask) => all === undefined ? mask : this.operation('LogicalAnd', [all, mask], stem), first);
  }

  /** A new operation of `keras.ops`, as the tensor that it gives. */
  private operation(className: string, args: readonly Json[], stem: string, settings: JsonObject = {}): Json {
    const name = this.freeName(stem);
    this.made.push({
      module: 'keras.src.ops.numpy', class_name: className, config: { name, ...settings }, registered_name: className, name,
      inbound_nodes: [{ args, kwargs: {} }],
    });
    return { class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } };
  }

  private freeName(stem: string): string {
    const taken = (name: string): boolean => this.byName.has(name) || this.made.some((operation) => operation['name'] === name);
    let name = stem;
    for (let number = 1; taken(name); number += 1) name = `${stem}_${number}`;
    return name;
  }
}

function nameOf({ layer }: Pick<Called, 'layer'>): string | undefined {
  const name = isJsonObject(layer['config']) ? layer['config']['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function classOf(layer: JsonObject): string {
  return typeof layer['class_name'] === 'string' ? layer['class_name'] : '';
}

/** A cell of the user may take constants behind the states: how many of the inputs they are is in the config. */
function takesConstants({ config }: JsonObject): boolean {
  return isJsonObject(config) && typeof config['num_constants'] === 'number' && config['num_constants'] > 0;
}

/** Whether an output has the mask of the layer's first input. */
function carries({ className, config, output }: Source): boolean {
  return passing.has(className) || (recurrent.has(className) && output === 0 && givesSequences(config));
}

function givesSequences(config: JsonObject): boolean {
  const inner = isJsonObject(config['layer']) && isJsonObject(config['layer']['config']) ? config['layer']['config'] : config;
  return inner['return_sequences'] === true;
}

function inputsOf(node: Json | undefined): readonly Json[] {
  const args = isJsonObject(node) && Array.isArray(node['args']) ? (node['args'] as readonly Json[]) : [];
  return Array.isArray(args[0]) ? (args[0] as readonly Json[]) : args;
}

function historyOf(tensor: Json | undefined): { readonly layer: string; readonly node: number; readonly output: number } | undefined {
  const config = isJsonObject(tensor) && tensor['class_name'] === '__keras_tensor__' ? tensor['config'] : undefined;
  const history = isJsonObject(config) && Array.isArray(config['keras_history']) ? (config['keras_history'] as readonly Json[]) : [];
  const [layer, node, output] = history;
  return typeof layer === 'string' && typeof node === 'number' && typeof output === 'number' ? { layer, node, output } : undefined;
}
