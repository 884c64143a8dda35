import { resolve } from 'node:path';
import { diffModels, type ModelDifference } from '../../core/inspect/diffModels';
import { openModel } from '../../node/jobs/openModel';
import { showNumber, table } from '../table';
import type { CliCommand } from './command';

export const diffCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('diff').argument('<a>').argument('<b>').description('say which layers and weights of two models differ, and by how much')
      .action(async (a: string, b: string) => {
        const [one, other] = [await openModel(resolve(a)), await openModel(resolve(b))];
        const difference = diffModels(one.model, other.model);
        terminal().result(difference, () => showDifference(difference));
      });
  },
};

function showDifference({ same, added, removed, changed }: ModelDifference): string {
  if (same) return 'The models are the same.';
  const rows = changed.flatMap(({ path, weights }) => weights.map(({ name, maxAbs, relative, cosine }) => [
    `${path}/${name}`, showNumber(maxAbs), relative === null ? '-' : showNumber(relative), cosine === null ? '-' : cosine.toFixed(6),
  ]));
  return [
    ...removed.map((path) => `- ${path}`),
    ...added.map((path) => `+ ${path}`),
    ...(rows.length > 0 ? [table(['changed weight', 'largest', 'relative', 'cosine'], rows, [1, 2, 3])] : []),
  ].join('\n');
}
