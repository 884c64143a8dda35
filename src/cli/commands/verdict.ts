import { SurgeryError } from '../../core/errors';
import type { CliCommand } from './command';

export const verdictCommand: CliCommand = {
  register: (program) => {
    program.command('verdict').argument('<plan>').option('--pairs <number>').option('--arms <names>').option('--classes <pairs>')
      .description('not in this version: whether transfer helps, over many seeds')
      .action(() => {
        throw new SurgeryError('unsupported', 'The verdict is not part of this version.', { expected: 'run with several --seed, compared by hand', received: 'verdict' });
      });
  },
};
