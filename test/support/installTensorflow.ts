import { installTensorflow } from '../../src/node/install/installTensorflow';

/** A process of its own that installs from the folder argv[3] into argv[2], with sources and headers of a test, and says each step on stdout. */
const [target, from] = process.argv.slice(2);
await installTensorflow({ target, from, sources: '.', nodeHeaders: '.', report: (message) => process.stdout.write(`${message}\n`) });
