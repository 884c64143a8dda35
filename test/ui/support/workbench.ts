import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { projectRoot } from '../../support/cached';
import { startBrowser, startServer, type Keybinding, type RunningServer } from '../../support/launchCodeServer';
import { packagedExtension } from '../../support/packaged';

/** ms; opening, training and drawing on a busy machine */
export const patience = 45_000;

/** The engine that runs in place of the one that would be chosen, where the suite is asked for one. */
export const uiEngine = process.env.MODEL_SURGERY_UI_ENGINE;

export interface WorkbenchOptions {
  /** The workspace is restricted until its user trusts it. */
  readonly restricted?: boolean;
  /** Written into the workspace before it is opened, by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly keybindings?: readonly Keybinding[];
  /** Extensions beside ours, packaged. */
  readonly alsoInstalled?: readonly string[];
  /** Done with the page before it shows anything. */
  readonly prepare?: (page: Page) => Promise<void>;
  /** Files of the sample that are left out. */
  readonly without?: readonly string[];
}

/** The real workbench in a real browser, with the packaged extension, on a copy of the sample. */
export class Workbench {
  /** What the pages were refused by their content security policy. */
  readonly violations: string[] = [];

  private constructor(
    readonly page: Page,
    /** The copy of the sample; absolute. */
    readonly workspace: string,
    private readonly browser: Browser,
    readonly server: RunningServer,
  ) {
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text()) && /model-surgery|page\.css|training\.js|weights\.js|model\.js|verdict\.js/.test(message.text())) {
        this.violations.push(message.text());
      }
    });
  }

  static async start(options: WorkbenchOptions = {}): Promise<Workbench> {
    const workspace = await makeWorkspace(options);
    const server = await startServer({ vsix: await packagedExtension(), driver: false, trust: options.restricted ?? false, keybindings: options.keybindings ?? [], alsoInstalled: options.alsoInstalled ?? [] });
    return Workbench.openWindow({ workspace, prepare: options.prepare }, await startBrowser(), server);
  }

  /** Another window on the same folder. It ends with the first. */
  anotherWindow(): Promise<Workbench> {
    return Workbench.openWindow({ workspace: this.workspace, prepare: undefined }, this.browser, this.server);
  }

  private static async openWindow({ workspace, prepare }: { readonly workspace: string; readonly prepare: WorkbenchOptions['prepare'] }, browser: Browser, server: RunningServer): Promise<Workbench> {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await prepare?.(page);
    // A window with unsaved edits asks before it is loaded again.
    page.on('dialog', (dialog) => void dialog.accept());
    const workbench = new Workbench(page, workspace, browser, server);
    await page.goto(`${server.origin}/?${new URLSearchParams({ folder: workspace }).toString()}`);
    await page.locator('.monaco-workbench').waitFor({ timeout: patience });
    await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: patience });
    // A file opened before the window knows the extension opens as text.
    await workbench.viewsIcon().waitFor({ timeout: patience });
    // The chat that VS Code opens with takes a quarter of every picture.
    await workbench.run('View: Hide Secondary Side Bar');
    return workbench;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    await rm(join(this.workspace, '..'), { recursive: true, force: true });
  }

  /** Runs a command by its title, as a user finds it in the palette. */
  async run(title: string): Promise<void> {
    await this.findCommand(title);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().click({ timeout: patience });
  }

  /** The same without a mouse. */
  async runByKeys(title: string): Promise<void> {
    await this.findCommand(title);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor({ timeout: patience });
    const focused = this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: title });
    // What was run lately and what is named longer may stand above.
    for (let steps = 0; steps < 10 && (await focused.count()) === 0; steps++) await this.page.keyboard.press('ArrowDown');
    await this.page.keyboard.press('Enter');
  }

  private async findCommand(title: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input').first();
    await input.waitFor({ state: 'hidden', timeout: patience });
    // A key that comes while a dialog is closing is lost, or what it opens closes with the dialog.
    for (let tries = 1; ; tries++) {
      try {
        if (!(await input.isVisible())) await this.page.keyboard.press('F1');
        await input.fill(`>${title}`, { timeout: patience / 10 });
        return;
      } catch (error) {
        if (tries === 10) throw error;
      }
    }
  }

  /**
   * Runs a command that asks one question, and answers it, without a mouse. A view that is still opening can take the focus, which
   * closes the question: the command is run again, as a user would.
   */
  async runAnswering(title: string, question: string, text: string): Promise<void> {
    const asked = this.page.locator('.quick-input-widget', { has: this.page.locator('.quick-input-title', { hasText: question }) });
    for (let attempt = 1; ; attempt++) {
      await this.runByKeys(title);
      try {
        await asked.locator('input').first().fill(text, { timeout: patience / 3 });
        break;
      } catch (error) {
        if (attempt === 3) throw error;
      }
    }
    await this.page.keyboard.press('Enter');
  }

  /** Opens a file of the workspace by its name, without a mouse. */
  async openByKeys(name: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    const input = this.page.locator('.quick-input-widget input').first();
    await input.waitFor({ timeout: patience });
    await input.fill(name);
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: name }).first().waitFor({ timeout: patience });
    await this.page.keyboard.press('Enter');
  }

  /** Takes what the pick or box of this title proposes, or what is typed instead. */
  async answerTo(title: string, text?: string): Promise<void> {
    await this.page.locator('.quick-input-widget .quick-input-title', { hasText: title }).waitFor({ timeout: patience });
    const input = this.page.locator('.quick-input-widget input').first();
    if (text !== undefined) await input.fill(text);
    // A page that opens meanwhile may have taken the keys.
    await input.press('Enter');
  }

  /** Names the file in the open or save dialog of this title, as VS Code draws it where it has no desktop. */
  async nameFile(title: string, path: string): Promise<void> {
    const dialog = this.page.locator('.quick-input-widget', { hasText: title });
    await dialog.locator('.quick-input-title', { hasText: title }).waitFor({ timeout: patience });
    const input = dialog.locator('input').first();
    // The dialog writes its own proposal once it has looked the folder up; a name that comes before that is lost.
    await this.page.waitForTimeout(3000);
    await input.fill(path);
    await this.page.keyboard.press('Enter');
  }

  /** Names the folder in the open dialog of this title. A name that is entered may only lead into the folder: its button chooses it. */
  async nameFolder(title: string, path: string): Promise<void> {
    await this.nameFile(title, `${path}/`);
    const dialog = this.page.locator('.quick-input-widget', { hasText: title });
    const choose = dialog.locator('.monaco-button', { hasText: 'Choose' });
    for (let tries = 0; tries < 20 && (await dialog.isVisible()); tries++) {
      await this.page.waitForTimeout(500);
      if (await dialog.isVisible()) await choose.click({ timeout: 2000 }).catch(() => undefined);
    }
    await dialog.waitFor({ state: 'hidden', timeout: patience });
  }

  /** Double click in the explorer. */
  async openFile(name: string): Promise<void> {
    await this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first().dblclick({ timeout: patience });
  }

  /** Double click on a model, until its editor shows it: see `openPlan`. */
  async openModelFile(name: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.openFile(name);
      try {
        await this.statusBar(/compile/).waitFor({ timeout: patience / 3 });
        return;
      } catch (error) {
        if (attempt === 3) throw error;
        await this.page.reload();
        await this.viewsIcon().waitFor({ timeout: patience });
      }
    }
  }

  /** Brings an editor that is open to the front. */
  async showTab(label: string): Promise<void> {
    await this.page.locator('.tabs-container .tab', { hasText: label }).first().click({ timeout: patience });
  }

  async openExplorer(): Promise<void> {
    await this.run('View: Show Explorer');
  }

  /** Shows the views of the extension in the side bar. */
  async showViews(): Promise<void> {
    await this.viewsIcon().click({ timeout: patience });
  }

  /**
   * Opens a plan in the editor and its model by the action above it. A served VS Code now and then comes up without its extension
   * host, and then no extension ever answers: the window is loaded again, as a user would.
   */
  async openPlan(name: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.openFile(name);
      await this.editorAction('Open Model');
      try {
        await this.statusBar(/compile/).waitFor({ timeout: patience / 3 }); return;
      } catch (error) {
        if (attempt === 3) throw error;
        await this.page.reload();
        await this.viewsIcon().waitFor({ timeout: patience });
      }
    }
  }

  /** Clicks an action above the editor, by its title. */
  async editorAction(title: string): Promise<void> {
    await this.page.locator(`.editor-actions a[aria-label*="${title}"]`).first().click({ timeout: patience });
  }

  private viewsIcon(): Locator {
    return this.page.locator('.activitybar .action-item a[aria-label^="Model Surgery"]').first();
  }

  /** A row of a tree of ours, by its label. */
  treeRow(label: string): Locator {
    return this.page.locator('.sidebar .monaco-list-row', { hasText: label }).first();
  }

  checkbox(layer: string): Locator {
    return this.treeRow(layer).locator('.custom-view-tree-node-item-checkbox');
  }

  /** The box where its tree shows it checked. */
  checkedBox(layer: string): Locator {
    return this.treeRow(layer).locator('.custom-view-tree-node-item-checkbox[aria-checked=true], .custom-view-tree-node-item-checkbox.checked');
  }

  /** The page inside the visible webview whose body has an element of this selector. */
  async webview(selector: string): Promise<FrameLocator> {
    return (await this.webviews(selector, 1))[0];
  }

  /** The first `count` such pages. */
  async webviews(selector: string, count: number): Promise<FrameLocator[]> {
    const deadline = Date.now() + patience;
    while (Date.now() < deadline) {
      const frames = this.page.locator('iframe.webview.ready');
      const found: FrameLocator[] = [];
      for (let index = 0; index < (await frames.count()); index++) {
        const inner = frames.nth(index).contentFrame().locator('iframe#active-frame').contentFrame();
        if (await frames.nth(index).isVisible() && (await inner.locator(selector).count().catch(() => 0)) > 0) found.push(inner);
      }
      if (found.length >= count) return found.slice(0, count);
      await this.page.waitForTimeout(250);
    }
    throw new Error(`fewer than ${count} webviews show ${selector}`);
  }

  /** Waits for a message with this text: a dialog where a command of the palette failed, else a notification. */
  async message(text: string | RegExp): Promise<void> {
    await this.page.locator('.monaco-dialog-box, .notification-toast', { hasText: text }).first().waitFor({ timeout: patience });
  }

  /** Takes all messages away. */
  async dismiss(): Promise<void> {
    const dialog = this.page.locator('.monaco-dialog-box');
    if ((await dialog.count()) > 0) await this.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached', timeout: patience });
    await this.run('Notifications: Clear All Notifications');
    await this.page.locator('.notification-toast').first().waitFor({ state: 'detached', timeout: patience });
  }

  statusBar(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item', { hasText: text }).first();
  }

  /** Keeps a picture of the whole window in docs/images, where the engine is the one that a user gets. */
  screenshot(name: string): Promise<void> {
    return this.picture(join(projectRoot, uiEngine === undefined ? 'docs/images' : 'out/images'), name);
  }

  /** What the window looked like when a test failed, in out/failed. */
  keepFailure(title: string): Promise<void> {
    return this.picture(join(projectRoot, 'out/failed'), title.replace(/\W+/g, '-'));
  }

  private async picture(folder: string, name: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }
}

/** A copy of the sample, under a folder of its own. */
async function makeWorkspace({ files = {}, without = [] }: WorkbenchOptions): Promise<string> {
  const workspace = join(await mkdtemp(join(tmpdir(), 'model-surgery-ui-')), 'fashion-mnist');
  const wanted = (path: string): boolean => !path.includes('.model-surgery') && !without.includes(basename(path));
  await cp(join(projectRoot, 'samples/fashion-mnist'), workspace, { recursive: true, filter: wanted });
  // In a browser VS Code saves by itself after a second; a desktop does not.
  const settings = {
    'files.autoSave': 'off', 'security.workspace.trust.startupPrompt': 'never', ...(uiEngine === undefined ? {} : { 'modelSurgery.engine': uiEngine }),
  };
  await mkdir(join(workspace, '.vscode'));
  await writeFile(join(workspace, '.vscode/settings.json'), JSON.stringify(settings));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(workspace, name)), { recursive: true });
    await writeFile(join(workspace, name), text);
  }
  return workspace;
}
