import { headingOf } from './heading';
import { verdictFigures } from './figures/verdictFigures';
import { escapeText, fileStyle, pageStyle, svgText } from './figures/svg';
import { armsTable, cautions, countText, pairsTable, statisticsTable, type TextTable } from './tables';
import type { Verdict } from './verdict';

/** Files of a report by their names; the first is the report itself. */
export type ReportFiles = readonly { readonly name: string; readonly text: string }[];

/** As Markdown, its figures in SVG files beside it. `name` is that of the file without its ending. */
export function markdownReport(verdict: Verdict, name: string): ReportFiles {
  const figures = verdictFigures(verdict).map((figure) => ({ figure, file: `${name}.${figure.name}.svg` }));
  const text = [
    `# ${cell(headingOf(verdict))}`, `> ${cell(verdict.sentence)}`,
    ...cautions(verdict).map((caution) => `**${cell(caution)}**`),
    countText(verdict),
    ...figures.map(({ figure, file }) => `![${cell(figure.label)}](${encodeURIComponent(file)})`),
    ...tablesOf(verdict).map(markdownTable),
    `## Not varied\n\n${verdict.notVaried.map((what) => `- ${cell(what)}`).join('\n')}`,
  ].join('\n\n');
  return [{ name: `${name}.md`, text: `${text}\n` }, ...figures.map(({ figure, file }) => ({ name: file, text: `${svgText(figure, fileStyle)}\n` }))];
}

function tablesOf(verdict: Verdict): TextTable[] {
  return [statisticsTable(verdict), armsTable(verdict), pairsTable(verdict)];
}

function markdownTable({ name, heads, rows }: TextTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [`## ${cell(name)}`, '', line(heads), line(heads.map(() => '---')).replaceAll('\\-', '-'), ...rows.map(line)].join('\n');
}

/** Names come from files: they must not become markup. */
function cell(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|]/g, (character) => `\\${character}`).replace(/\s+/g, ' ');
}

/** As one HTML page with the figures in it: no script, nothing from elsewhere. */
export function htmlReport(verdict: Verdict, name: string): ReportFiles {
  const title = escapeText(headingOf(verdict));
  const paragraph = (text: string, kind = ''): string => `<p${kind === '' ? '' : ` class="${kind}"`}>${escapeText(text)}</p>`;
  const text = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
blockquote { font-size: 1.2em; border-left: 4px solid #0b6fb8; margin: 1rem 0; padding: 0.2rem 1rem; }
.caution { font-weight: 600; } figure { margin: 1rem 0; } figcaption { color: #555; font-size: 0.9em; }
table { border-collapse: collapse; } th, td { text-align: right; padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid #ccc; font-variant-numeric: tabular-nums; } th:first-child, td:first-child { text-align: left; }
.wide { overflow-x: auto; }
@media screen and (prefers-color-scheme: dark) {
  body { color: #ddd; background: #1e1e1e; } blockquote { border-color: #4aa8f0; } figcaption { color: #aaa; } th, td { border-color: #555; }
}
@media print {
  @page { margin: 15mm; }
  body { max-width: none; margin: 0; padding: 0; font-size: 11pt; } table { font-size: 9pt; } .wide { overflow: visible; }
  figure, tr, blockquote { break-inside: avoid; } h2 { break-after: avoid; }
}
${pageStyle}
</style>
</head>
<body>
<h1>${title}</h1>
<blockquote>${escapeText(verdict.sentence)}</blockquote>
${cautions(verdict).map((caution) => paragraph(caution, 'caution')).join('\n')}
${paragraph(countText(verdict))}
${verdictFigures(verdict).map((figure) => `<figure>\n${svgText(figure, null)}\n<figcaption>${escapeText(figure.label)}</figcaption>\n</figure>`).join('\n')}
${tablesOf(verdict).map(htmlTable).join('\n')}
<h2>Not varied</h2>
<ul>${verdict.notVaried.map((what) => `<li>${escapeText(what)}</li>`).join('')}</ul>
</body>
</html>
`;
  return [{ name: `${name}.html`, text }];
}

function attribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;');
}

function htmlTable({ name, heads, rows }: TextTable): string {
  const head = heads.map((text) => `<th scope="col">${escapeText(text)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((text) => `<td>${escapeText(text)}</td>`).join('')}</tr>`).join('\n');
  return `<h2>${escapeText(name)}</h2>\n<div class="wide" tabindex="0" role="region" aria-label="${attribute(name)}"><table><thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody></table></div>`;
}
