import { basename, dirname, extname, join } from 'node:path';
import { SurgeryError } from '../../core/errors';
import { htmlReport, markdownReport, type ReportFiles } from '../../core/verdict/report';
import type { Verdict } from '../../core/verdict/verdict';
import { refuseInputAsOutput, writeFileAtomically } from '../atomicWrite';

type Writer = (verdict: Verdict, name: string) => ReportFiles;
const writers: Readonly<Record<string, Writer>> = { '.md': markdownReport, '.html': htmlReport };

/** Throws `usage` for a file that is neither Markdown nor HTML, before anything is computed. */
export function requireReportName(out: string): void {
  writerOf(out);
}

/** Writes a verdict as `.md` (with its figures as SVG files beside it) or as one `.html`. Gives the paths. Throws `usage`, `output-refused`, `write-failed`. */
export async function writeVerdictReport(verdict: Verdict, out: string, inputs: readonly string[]): Promise<string[]> {
  const files = writerOf(out)(verdict, basename(out, extname(out)));
  const paths = files.map(({ name }) => join(dirname(out), name));
  for (const path of paths) await refuseInputAsOutput(path, inputs);
  for (const [index, { text }] of files.entries()) await writeFileAtomically(paths[index], text);
  return paths;
}

function writerOf(out: string): Writer {
  const suffix = extname(out).toLowerCase();
  if (Object.hasOwn(writers, suffix)) return writers[suffix];
  throw new SurgeryError('usage', 'A report is Markdown or HTML.', { expected: 'a file that ends in .md or .html', received: out });
}
