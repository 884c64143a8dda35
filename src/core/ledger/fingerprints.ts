import type { NumberArray } from '../data/elements';
import type { Plan } from '../plan/plan';
import type { Sha256 } from '../ports';

const encoder = new TextEncoder();

interface Origins {
  readonly modelHash: string;
  readonly donors: Readonly<Record<string, string>>;
}

/**
 * Hash of a configuration: the plan without its seed and the places of its files, with the model and the classes that it keeps.
 * `modelHash` is that of the model's file, or the configuration that trained it; `donors` those of files that operations take weights from.
 */
export function configurationHash({ operations, compile, phases, data }: Omit<Plan, 'version' | 'model' | 'seed'>, { modelHash, donors }: Origins, sha256: Sha256): string {
  const chosen = Object.entries(data).map(([name, { classes, scale, take }]) => [name, { classes, scale, take }] as const);
  return sha256(encoder.encode(JSON.stringify({ modelHash, ...(Object.keys(donors).length > 0 ? { donors } : {}), operations, compile, phases, data: Object.fromEntries(chosen) })));
}

/** Hash of arrays as they were read, by reference: shapes, numbers and texts. */
export function arraysHash(arrays: readonly NumberArray[], sha256: Sha256): string {
  const parts = arrays.map(({ shape, data, words }) =>
    [shape.join(','), sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)), ...(words ? [sha256(encoder.encode(JSON.stringify(words)))] : [])].join(' '));
  return sha256(encoder.encode(parts.sort().join('\n')));
}
