import { writeFileSync } from 'node:fs';
import { planJsonSchema } from '../src/core/plan/schema';

/** Writes the schema that the editor completes and checks plans with: `tsx scripts/writePlanSchema.ts`. */
writeFileSync(new URL('../media/surgery.schema.json', import.meta.url), `${JSON.stringify(planJsonSchema(), null, 2)}\n`);
