import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { planJsonSchema } from '../src/core/plan/schema';

// What the editor completes and validates plans with; test/unit/manifest.test.ts holds that it is the one of today.
await writeFile(join(resolve(import.meta.dirname, '..'), 'media/surgery.schema.json'), `${JSON.stringify(planJsonSchema(), null, 2)}\n`);
