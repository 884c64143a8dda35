import { readFile, writeFile } from 'node:fs/promises';
import { writeZip } from '../src/core/formats/writeZip';

/** Memory and event-loop lag of the extension host, half a second each. */
export interface HostMark {
  /** ms since 1970 */
  readonly at: number;
  /** ms: the longest that a timer of 20 ms came late */
  readonly lag: number;
  /** bytes */
  readonly heap: number;
  readonly resident: number;
}

const main = (log: string): string => `
const { appendFileSync } = require('node:fs');
let last = performance.now(), lag = 0;
setInterval(() => { const now = performance.now(); lag = Math.max(lag, now - last - 20); last = now; }, 20);
setInterval(() => {
  const { heapUsed, rss } = process.memoryUsage();
  appendFileSync(${JSON.stringify(log)}, JSON.stringify({ at: Date.now(), lag, heap: heapUsed, resident: rss }) + '\\n');
  lag = 0;
}, 500);
exports.activate = () => undefined;
`;

/** An extension that runs beside ours and writes down how its process fares. */
export async function writeHostWatcher(vsix: string, log: string): Promise<void> {
  const manifest = { name: 'host-watcher', publisher: 'bench', version: '1.0.0', engines: { vscode: '^1.90.0' }, main: './main.js', activationEvents: ['*'], extensionKind: ['workspace'] };
  const about = `<?xml version="1.0" encoding="utf-8"?><PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011"><Metadata><Identity Language="en-US" Id="host-watcher" Version="1.0.0" Publisher="bench"/><DisplayName>Host watcher</DisplayName></Metadata><Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation><Dependencies/><Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets></PackageManifest>`;
  const types = '<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension=".json" ContentType="application/json"/><Default Extension=".vsixmanifest" ContentType="text/xml"/><Default Extension=".js" ContentType="application/javascript"/></Types>';
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  await writeFile(log, '');
  await writeFile(vsix, writeZip({
    'extension.vsixmanifest': text(about), '[Content_Types].xml': text(types), 'extension/package.json': text(JSON.stringify(manifest)), 'extension/main.js': text(main(log)),
  }));
}

/** What it wrote down since a moment. */
export async function hostMarks(log: string, since: number): Promise<HostMark[]> {
  const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as HostMark).filter(({ at }) => at >= since);
}
