import { reportEngines } from '../../engine/openEngine';
import { table } from '../table';
import type { CliCommand } from './command';

export const enginesCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('engines').description('say which engines there are and which one is used').action(async () => {
      const reports = await reportEngines(terminal().engine);
      const rows = reports.map(({ name, available, version, reason, chosen }) => [chosen ? '*' : '', name, available ? 'yes' : 'no', version ?? '', reason]);
      terminal().result(reports, () => table(['', 'engine', 'there', 'version', 'why'], rows));
    });
  },
};
