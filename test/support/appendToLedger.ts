import { LedgerFile } from '../../src/node/ledgerFile';

// Appends so many notes to the ledger in a folder, as one of several processes.
const [folder, name, count] = process.argv.slice(2);
const ledger = new LedgerFile(folder);
for (let index = 0; index < Number(count); index++) await ledger.append({ kind: 'note', about: 'test', text: `${name}${index}` });
