import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { commandIds, containerId, contextKeys, viewIds } from '../../src/extension/ids';

interface Entry { readonly command: string; readonly when?: string; readonly enablement?: string }
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly activationEvents: readonly string[];
  readonly contributes: { readonly commands: readonly Entry[]; readonly menus: Readonly<Record<string, readonly Entry[]>>;
    readonly viewsContainers: { readonly activitybar: readonly { readonly id: string; readonly icon: string }[] };
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>> };
};
const { commands, menus, views, viewsContainers } = manifest.contributes;

describe('manifest', () => {
  it('names only commands that ids.ts has, and menus only commands it contributes', () => {
    const known = new Set<string>(Object.values(commandIds));
    const contributed = new Set(commands.map(({ command }) => command));
    assert.deepEqual([...contributed].filter((id) => !known.has(id)), []);
    assert.deepEqual(Object.values(menus).flat().filter(({ command }) => !contributed.has(command)), []);
  });

  it('uses only the context keys that are set', () => {
    const keys = new Set<string>(Object.values(contextKeys));
    const clauses = [...commands, ...Object.values(menus).flat()].map(({ when, enablement }) => `${when ?? ''} ${enablement ?? ''}`).join(' ');
    const used = (clauses.match(/modelSurgery\.\w+/g) ?? []).filter((id) => !(Object.values(viewIds) as string[]).includes(id));
    assert.ok(used.length > 0);
    assert.deepEqual(used.filter((key) => !keys.has(key)), []);
  });

  it('has views and icons that exist, and activates on nothing by itself', () => {
    assert.deepEqual(Object.values(views).flat().filter(({ id }) => !(Object.values(viewIds) as string[]).includes(id)), []);
    assert.deepEqual(viewsContainers.activitybar.map(({ id }) => id), [containerId]);
    for (const { icon } of viewsContainers.activitybar) assert.ok(existsSync(icon), icon);
    assert.deepEqual(manifest.activationEvents, []);
  });
});
