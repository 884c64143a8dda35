import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { layerFromConfig } from '../../src/core/formats/kerasConfig';
import { modernConfig } from '../../src/core/formats/legacyConfig';
import { buildForward } from '../../src/core/layers/forward';
import type { Json } from '../../src/core/model/json';
import type { Model } from '../../src/core/model/model';
import { floatTensor, type Tensor } from '../../src/core/model/tensor';
import { add, mul } from '../../src/core/ops/binary';
import { cast } from '../../src/core/ops/cast';
import { gradients } from '../../src/core/ops/gradients';
import { Graph, type Value } from '../../src/core/ops/graph';
import type { Program } from '../../src/core/ops/program';
import { sum } from '../../src/core/ops/reduce';
import { BATCH } from '../../src/core/ops/shape';
import type { Tensors } from '../../src/core/ports';
import { projectRoot } from './cached';
import { readModel, sourceOf } from './memorySource';

export interface OperationTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** What `test/keras/operations.py` says of a model: gradients are those of sum(output * cos(0, 1, … + number of the output)). */
export interface OperationGolden {
  readonly inputs: Readonly<Record<string, OperationTensor>>;
  readonly outputs: readonly OperationTensor[];
  readonly shapes: readonly (readonly (number | null)[])[];
  readonly floats: readonly boolean[];
  readonly gradients: Readonly<Record<string, OperationTensor | null>>;
}

const folder = join(projectRoot, 'test/keras/golden/operations');

/** Names of the model files; `lambdas.json` is the config of a model of Keras 2. */
export function operationModels(): string[] {
  return readdirSync(folder).filter((name) => !name.endsWith('.json') || name === 'lambdas.json');
}

export function operationGolden(file: string): OperationGolden {
  return JSON.parse(readFileSync(join(folder, file.replace(/\.\w+$/, '.json')), 'utf8')) as OperationGolden;
}

export async function operationModel(file: string): Promise<Model> {
  if (file.endsWith('.json')) return keras2Model(file);
  return readModel(sourceOf(readFileSync(join(folder, file)), file));
}

function keras2Model(file: string): Model {
  const { model_config: config } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { model_config: Json };
  const root = layerFromConfig(modernConfig(config, true, file).entry, file);
  const { network } = root;
  if (!network) throw new Error(`${file} holds no network`);
  return { root: { ...root, network }, compile: null, compileConfig: null, optimizerVariables: [], format: 'h5', kerasVersion: '2', problems: [] };
}

/** Outputs `out N`, then the gradients by input: `slope NAME`. */
export function operationProgram(model: Model, golden: OperationGolden): Program {
  const graph = new Graph();
  const inputs = Object.fromEntries(Object.entries(golden.inputs).map(([name, { shape }]) => {
    return [name, graph.input(name, { shape: [BATCH, ...shape.slice(1)], dtype: name === 'i' ? 'int32' : 'float32' })] as const;
  }));
  const { tensors } = buildForward(model, {
    inputs,
    training: false,
    weight: () => { throw new Error('operations have no weights'); },
    isTrainable: () => true,
    random: () => { throw new Error('operations draw nothing'); },
    update: () => undefined,
    addLoss: () => undefined,
  });
  const outputs = model.root.network.outputs.map(({ ref }) => {
    const value = tensors.get(`${ref.layer}:${ref.call}:${ref.output}`) ?? tensors.get(`@${ref.layer}`);
    if (!value) throw new Error(`${ref.layer} was not computed`);
    return value;
  });
  outputs.forEach((value, index) => graph.output(`out ${index}`, cast(value, 'float32')));
  writeSlopes(graph, { inputs, outputs, golden });
  return graph.finish();
}

function writeSlopes(graph: Graph, { inputs, outputs, golden }: { inputs: Readonly<Record<string, Value>>; outputs: readonly Value[]; golden: OperationGolden }): void {
  const parts = outputs.flatMap((value, number) => {
    if (value.dtype !== 'float32' || !golden.floats[number]) return [];
    return [sum(mul(value, graph.input(`seeds ${number}`, { shape: value.shape, dtype: 'float32' })))];
  });
  const names = Object.keys(golden.gradients);
  const slopes = gradients(parts.reduce((total, part) => add(total, part)), names.map((name) => inputs[name]));
  names.forEach((name, index) => {
    const slope = slopes[index];
    if (slope) graph.output(`slope ${name}`, slope);
  });
}

export function operationFeeds(golden: OperationGolden): Tensors {
  const seeds = golden.outputs.flatMap(({ shape, data }, number): [string, Tensor][] => {
    return golden.floats[number] ? [[`seeds ${number}`, floatTensor(shape, Float32Array.from(data, (_, index) => Math.cos(index + number)))]] : [];
  });
  const inputs = Object.entries(golden.inputs).map(([name, { shape, data }]): [string, Tensor] => {
    return [name, name === 'i' ? { dtype: 'int32', shape, data: Int32Array.from(data) } : floatTensor(shape, Float32Array.from(data))];
  });
  return Object.fromEntries([...inputs, ...seeds]);
}
