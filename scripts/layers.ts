import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { layersPage } from './layersPage';

// Which of Keras' layers run here; test/unit/manifest.test.ts holds that the page is the one of today.
await writeFile(join(resolve(import.meta.dirname, '..'), 'docs/layers.md'), layersPage());
