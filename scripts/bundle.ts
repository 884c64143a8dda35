import { build } from './build';

// `npm run build`; options are webpack's.
process.exitCode = build(process.argv.slice(2));
