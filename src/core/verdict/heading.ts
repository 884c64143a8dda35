import type { Verdict } from './verdict';

const headings: Readonly<Record<Verdict['verdict'], string>> = {
  helps: 'Transfer helps', 'helps-negligibly': 'Transfer helps within noise', 'no-difference-shown': 'No difference shown', hurts: 'Transfer hurts',
  'faster-not-better': 'Faster, not better', 'not-enough-runs': 'Not enough runs',
};

/** The word of a verdict as a heading. */
export function headingOf({ verdict, arms: [{ name }] }: Verdict): string {
  return name === 'transfer' ? headings[verdict] : headings[verdict].replace('Transfer', name);
}
