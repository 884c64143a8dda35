import assert from 'node:assert/strict';
import { join } from 'node:path';
import Mocha from 'mocha';
import * as vscode from 'vscode';

const extensionId = 'model-surgery.model-surgery';

function describeInstallation(): void {
  describe('the extension in its host', () => {
    it('is installed and activates', async () => {
      const extension = vscode.extensions.getExtension(extensionId);
      assert.ok(extension, `${extensionId} is not installed`);
      await extension.activate();
      assert.equal(extension.isActive, true);
    });
  });
}

/** Entry of the suite: VS Code calls `run` inside the extension host. Every part defines its tests when called. */
export async function run(): Promise<void> {
  const report = process.env.MODEL_SURGERY_REPORT;
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 60_000,
    ...(report === undefined ? {} : { reporter: 'json', reporterOptions: { output: report } }),
  });
  mocha.suite.emit('pre-require', globalThis, join('test', 'host', 'suite'), mocha);
  for (const part of [describeInstallation]) part();
  const failures = await new Promise<number>((done) => mocha.run(done));
  if (failures > 0) throw new Error(`${failures} tests of the host suite failed`);
}
