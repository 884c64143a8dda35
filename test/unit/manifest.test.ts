import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { layersPage } from '../../scripts/layersPage';
import { planJsonSchema } from '../../src/core/plan/schema';
import { commandIds, containerId, contextKeys, editorIds, panelIds, settingIds, viewIds } from '../../src/extension/ids';
import { version } from '../../src/node/version';

interface Entry { readonly command: string; readonly title?: string; readonly category?: string; readonly when?: string; readonly enablement?: string }
interface Step { readonly description: string; readonly media: { readonly markdown: string }; readonly completionEvents: readonly string[] }
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly main: string;
  readonly version: string;
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly activationEvents: readonly string[];
  readonly capabilities: { readonly untrustedWorkspaces: { readonly supported: string; readonly description: string } };
  readonly contributes: {
    readonly commands: readonly Entry[];
    readonly menus: Readonly<Record<string, readonly Entry[]>>;
    readonly keybindings: readonly { readonly command: string; readonly args: { readonly commands: readonly string[] }; readonly when: string }[];
    readonly viewsContainers: { readonly activitybar: readonly { readonly id: string; readonly icon: string }[] };
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly name: string }[]>>;
    readonly viewsWelcome: readonly { readonly view: string; readonly contents: string; readonly when?: string }[];
    readonly customEditors: readonly { readonly viewType: string; readonly priority: string; readonly selector: readonly { readonly filenamePattern: string }[] }[];
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly enum?: readonly string[]; readonly minimum?: number; readonly default: string | number }>> };
    readonly jsonValidation: readonly { readonly fileMatch: string; readonly url: string }[];
    readonly walkthroughs: readonly { readonly icon: string; readonly steps: readonly Step[] }[];
  };
};
const { commands, menus, keybindings, views, viewsContainers, viewsWelcome, customEditors, configuration, jsonValidation, walkthroughs } = manifest.contributes;
const steps = walkthroughs.flatMap((walkthrough) => walkthrough.steps);

/** Every `command:ID` in texts. */
function linked(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => [...text.matchAll(/\(command:([\w.]+)\)/g)].map((match) => match[1]));
}

describe('manifest', () => {
  const contributed = commands.map(({ command }) => command);

  it('is compiled against the oldest editor that it names', () => {
    const { version } = JSON.parse(readFileSync('node_modules/@types/vscode/package.json', 'utf8')) as { readonly version: string };
    assert.equal(manifest.engines.vscode, `^${version}`);
    assert.equal(manifest.devDependencies['@types/vscode'], version, 'a range would let newer calls in');
  });

  it('contributes each command of ids.ts once, and no other', () => {
    assert.deepEqual([...contributed].sort(), Object.values(commandIds).sort());
    for (const { title, category } of commands) assert.ok(title && category === 'Model Surgery');
  });

  it('names an id after its title, as the contract says', () => {
    const camel = (title: string): string => title.replace('…', '').replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/^\w/, (letter) => letter.toLowerCase());
    assert.deepEqual(commands.filter(({ command, title = '' }) => command !== `modelSurgery.${camel(title)}`), []);
  });

  it('refers in menus, keys, welcome texts and walkthrough only to commands it contributes', () => {
    const known = new Set(contributed);
    const used = [
      ...Object.values(menus).flat().map(({ command }) => command),
      ...keybindings.flatMap(({ args }) => args.commands).filter((id) => id.startsWith('modelSurgery.')),
      ...linked(viewsWelcome.map(({ contents }) => contents)),
      ...linked(steps.map(({ description }) => description)),
      ...steps.flatMap(({ completionEvents }) => completionEvents).flatMap((event) => event.startsWith('onCommand:') ? [event.slice('onCommand:'.length)] : []),
    ];
    assert.ok(used.length > 40);
    assert.deepEqual(used.filter((id) => !known.has(id)), []);
  });

  it('says when each command that needs a model stands in the palette', () => {
    const ruled = new Map(menus.commandPalette.map(({ command, when }) => [command, when]));
    const anytime = ['openModel', 'compareWeights', 'selectEngine', 'installTensorFlowEngine', 'removeKeptOutputs', 'showLog', 'showTraining', 'showVerdict', 'copyVerdict', 'saveVerdictReport'].map((name) => `modelSurgery.${name}`);
    assert.deepEqual(contributed.filter((id) => !ruled.get(id)).sort(), anytime.sort());
  });

  it('uses each context key that is set, and no other', () => {
    const clauses = [...commands, ...Object.values(menus).flat(), ...keybindings, ...viewsWelcome].map((entry) => `${entry.when ?? ''} ${'enablement' in entry ? entry.enablement ?? '' : ''}`).join(' ');
    const viewList: readonly string[] = Object.values(viewIds);
    const used = new Set((clauses.match(/modelSurgery\.\w+/g) ?? []).filter((id) => !viewList.includes(id)));
    assert.deepEqual([...used].sort(), Object.values(contextKeys).sort());
  });

  it('has the version that ledgers name', () => {
    assert.equal(version, manifest.version);
  });

  it('has the views, each called as its id ends, with a welcome text', () => {
    const contributedViews = Object.values(views).flat();
    assert.deepEqual(contributedViews.map(({ id }) => id), Object.values(viewIds));
    for (const { id, name } of contributedViews) {
      assert.equal(id.toLowerCase(), `modelsurgery.${name.toLowerCase()}`);
      assert.ok(viewsWelcome.some(({ view }) => view === id), id);
    }
    assert.deepEqual(Object.keys(views), [containerId]);
    assert.deepEqual(viewsContainers.activitybar.map(({ id }) => id), [containerId]);
  });

  it('opens .keras by itself, HDF5 and model.json on request', () => {
    assert.deepEqual(customEditors.map(({ viewType, priority, selector }) => [viewType, priority, selector.map(({ filenamePattern }) => filenamePattern)]), [
      [editorIds.model, 'default', ['*.keras']], [editorIds.hdf5, 'option', ['*.h5', '*.hdf5', 'model.json']],
    ]);
  });

  it('has the settings of ids.ts, with a default among the choices', () => {
    assert.deepEqual(Object.keys(configuration.properties), Object.values(settingIds));
    for (const { default: chosen, enum: choices, minimum } of Object.values(configuration.properties)) assert.ok(choices ? choices.includes(String(chosen)) : Number(chosen) >= (minimum ?? NaN));
  });

  it('names only files that are there', () => {
    const files = [
      ...viewsContainers.activitybar.map(({ icon }) => icon), ...walkthroughs.map(({ icon }) => icon),
      ...steps.map(({ media }) => media.markdown), ...jsonValidation.map(({ url }) => url),
    ];
    assert.deepEqual(files.filter((file) => !existsSync(file)), []);
    assert.deepEqual(jsonValidation.map(({ fileMatch }) => fileMatch), ['*.surgery.json']);
  });

  it('ships the schema of plans as it is today (scripts/schema.ts writes it)', () => {
    assert.deepEqual(JSON.parse(readFileSync('media/surgery.schema.json', 'utf8')), planJsonSchema());
  });

  it('tells of the layers that run today (npm run docs:layers writes the page)', () => {
    assert.equal(readFileSync('docs/layers.md', 'utf8'), layersPage());
  });

  // Lenses and hovers in plans, model.json and Python have no event of their own; activation registers and starts nothing.
  it('activates on nothing by itself: where it has something to say in code, and for a panel that a reload brings back', () => {
    assert.deepEqual(manifest.activationEvents, ['onLanguage:json', 'onLanguage:python', `onWebviewPanel:${panelIds.training}`, `onWebviewPanel:${panelIds.verdict}`]);
    assert.equal(manifest.main, './dist/extension.cjs');
  });

  it('looks and does not act in Restricted Mode', () => {
    assert.equal(manifest.capabilities.untrustedWorkspaces.supported, 'limited');
    assert.match(manifest.capabilities.untrustedWorkspaces.description, /inspected/);
  });
});
