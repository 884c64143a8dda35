import type { EngineName } from '../core/ports';
import type { NetworkSize } from '../core/training/networkSize';

/**
 * From these sizes on TensorFlow's kernels repay what each of its nodes costs more; the figures are in docs/engines.md. One of
 * them suffices. The rule reads the network and nothing of the machine: equal plans go to the same engine, and so does all that is
 * compared or follows one another: phases, cached features, both arms of a verdict.
 */
const MANY_WEIGHTS = 500_000;
/** Multiplications for one sample. */
const MANY_CONVOLUTIONS = 150_000;

export const rule = `from ${MANY_WEIGHTS / 1000} thousand weights or ${MANY_CONVOLUTIONS / 1000} thousand multiplications of convolutions a sample`;

/** The engine of the two native ones that is faster for a network, and why. */
export function fasterEngine({ weights, convolutions }: NetworkSize): { readonly name: EngineName; readonly why: string } {
  const size = `${inThousands(weights)} weights, ${inThousands(convolutions)} multiplications of convolutions a sample`;
  return weights >= MANY_WEIGHTS || convolutions >= MANY_CONVOLUTIONS
    ? { name: 'tensorflow', why: `faster for a network of this size: ${size}` }
    : { name: 'onnxruntime', why: `faster for a small network: ${size}` };
}

function inThousands(count: number): string {
  return count < 1000 ? String(Math.round(count)) : `${Math.round(count / 1000)} thousand`;
}
