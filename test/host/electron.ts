import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { projectRoot } from '../support/cached';

const named = process.env.VSCODE_EXECUTABLE;

// The same suites on a desktop VS Code: the one that VSCODE_EXECUTABLE names, else a downloaded one.
process.exitCode = await runTests({
  extensionDevelopmentPath: projectRoot,
  extensionTestsPath: join(projectRoot, 'out/host/index.cjs'),
  launchArgs: [join(projectRoot, 'samples/fashion-mnist'), '--disable-extensions', '--disable-workspace-trust'],
  ...(named === undefined ? {} : { vscodeExecutablePath: named }),
});
