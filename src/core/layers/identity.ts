import { z } from 'zod';
import { elementwise } from './elementwise';

export const identityLayer = elementwise({ className: 'Identity', schema: z.object({}), apply: (x) => x });
