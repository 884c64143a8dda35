import { join } from 'node:path';
import Mocha from 'mocha';
import { describeEditing } from './editing.test';
import { describeFiles } from './files.test';
import { describeModelEditor } from './modelEditor.test';
import { describeOpening } from './opening.test';
import { describeOperations } from './operations.test';
import { describeTraining } from './training.test';
import { describeVerdict } from './verdict.test';

/** Entry of the suite: VS Code calls `run` inside the extension host. Every part defines its tests when called. */
export async function run(): Promise<void> {
  const report = process.env.MODEL_SURGERY_REPORT;
  const grep = process.env.MODEL_SURGERY_GREP;
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 60_000,
    ...(grep === undefined ? {} : { grep }),
    ...(report === undefined ? {} : { reporter: 'json', reporterOptions: { output: report } }),
  });
  mocha.suite.emit('pre-require', globalThis, join('test', 'host', 'suite'), mocha);
  for (const part of [describeOpening, describeEditing, describeOperations, describeModelEditor, describeFiles, describeTraining, describeVerdict]) part();
  const failures = await new Promise<number>((done) => mocha.run(done));
  if (failures > 0) throw new Error(`${failures} tests of the host suite failed`);
}
