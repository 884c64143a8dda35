import type { JsonObject } from '../../model/json';
import type { Value } from '../../ops/graph';
import type { CallArguments } from '../callArguments';
import type { KerasShape, LayerDefinition } from '../layer';
import { OperationCall } from './operationCall';
import { probedDTypes, probedShapes } from './probe';

/**
 * A class of `keras.ops` as a function over the primitive operations. Files of this folder hold a family each, all of this
 * outline; `registry.ts` lists them.
 */
export interface KerasOperation {
  readonly className: string;
  /** Names of the arguments of Keras' `call`, in order; those of its constructor stand in the config. */
  readonly parameters: readonly string[];
  /** What it gives. Throws `unsupported` with the name of an argument that is refused, `shape-mismatch`. */
  apply(call: OperationCall): Value | readonly Value[];
}

/** The config of an operation that is run as a layer: its constructor's arguments, and those of its one call. */
export interface OperationConfig {
  readonly settings: JsonObject;
  readonly given: CallArguments;
}

/** An operation as a layer without weights, so that graphs know one kind of node. Its shapes are found by writing it down. */
export function asLayer(operation: KerasOperation): LayerDefinition<OperationConfig> {
  const write = (config: OperationConfig, inputs: readonly Value[]): readonly Value[] => {
    const outputs = operation.apply(new OperationCall(operation, config, inputs));
    return Array.isArray(outputs) ? (outputs as readonly Value[]) : [outputs as Value];
  };
  return {
    className: operation.className,
    parse: (settings) => ({ settings, given: { args: [], kwargs: {} } }),
    weights: () => [],
    outputShapes: (config, inputs: readonly KerasShape[]) => probedShapes(inputs, (values) => write(config, values)),
    outputDTypes: (config, inputs) => probedDTypes(inputs, (values) => write(config, values)),
    call: ({ config }, inputs) => write(config, inputs),
  };
}
