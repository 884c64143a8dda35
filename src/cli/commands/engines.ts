import { resolve } from 'node:path';
import { networkSize } from '../../core/training/networkSize';
import { reportEngines } from '../../engine/openEngine';
import { openModel } from '../../node/jobs/openModel';
import { table } from '../table';
import type { CliCommand } from './command';

export const enginesCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('engines').argument('[model]', 'says which one is used for it').description('say which engines there are and which one is used').action(async (path: string | undefined) => {
      const network = path === undefined ? undefined : networkSize((await openModel(resolve(path))).model);
      const reports = await reportEngines(terminal().engine, network);
      const rows = reports.map(({ name, available, version, reason, chosen }) => [chosen ? '*' : '', name, available ? 'yes' : 'no', version ?? '', reason]);
      terminal().result(reports, () => table(['', 'engine', 'there', 'version', 'why'], rows));
    });
  },
};
