import fc from 'fast-check';
import type { Layer, Model } from '../../../../src/core/model/model';
import { built, dense, functional, layer, nested, sequential, type Wiring } from './models';

type Block = 'dense' | 'activation' | 'norm' | 'dropout' | 'residual' | 'twice' | 'nested' | 'nested functional';

export const width = 3;

/** One block from `from` on: what it adds, and the name of what it gives. Every tensor is a vector of the same size. */
function wire(block: Block, id: number, from: string): { wiring: Wiring; last: string } {
  const name = (part: string): string => `${part}_${id}`;
  const one = (made: Layer): { wiring: Wiring; last: string } => ({ wiring: [[made, [from]]], last: made.name });
  switch (block) {
    case 'dense': return one(dense(name('dense'), width, 'tanh'));
    case 'activation': return one(layer('ReLU', name('ramp')));
    case 'norm': return one(layer('BatchNormalization', name('norm')));
    case 'dropout': return one(layer('Dropout', name('drop'), { rate: 0.5 }));
    case 'residual': return { wiring: [[dense(name('side'), width), [from]], [layer('Add', name('sum')), [from, name('side')]]], last: name('sum') };
    case 'twice': return { wiring: [[dense(name('twin'), width), [from], [`${name('twin')}:0`]]], last: `${name('twin')}:1` };
    case 'nested': return one(nested(name('inner'), sequential([width], [dense('a', width), layer('ReLU', 'b')])));
    case 'nested functional': return one(nested(name('graph'), functional({ q: [width] }, [[dense('a', width), ['q']], [layer('Add', 'b'), ['q', 'a']]], ['b'])));
  }
}

export function modelOf(blocks: readonly Block[]): Model {
  const wiring: Wiring[number][] = [];
  let last = 'x';
  for (const [id, block] of [...blocks, 'dense' as const].entries()) {
    const next = wire(block, id, last);
    wiring.push(...next.wiring);
    last = next.last;
  }
  return built(functional({ x: [width] }, wiring, [last]));
}

export const blocks = fc.array(fc.constantFrom<Block>('dense', 'activation', 'norm', 'dropout', 'residual', 'twice', 'nested', 'nested functional'), { minLength: 1, maxLength: 6 });
export const models = blocks.map(modelOf);
export const runs = { numRuns: 60, seed: 20 };
