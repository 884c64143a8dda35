import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SurgeryError } from '../core/errors';
import { SurgeryDocument, type DocumentSource, type ModelReader, type PlanSource } from './document';
import { Signal } from './events';
import { modelPathOf, onlyPlanBeside, planSuffix, readPlan, type PlanCheck } from './planFile';
import { LastSaved } from './saveEdits';
import { editsPathOf, modelPathOfEdits, readEdits, type SavedEdits } from './savedEdits';

const modelSuffix = /\.(keras|h5|hdf5|json)$/i;

/** What makes a folder a SavedModel. */
const savedModelFile = 'saved_model.pb';

/**
 * The open models, one document for each file, and which of them the trees and commands mean. A document is kept while the
 * window lives: it is small, and its edits must not be lost because another model was looked at.
 */
export class OpenDocuments {
  private readonly open = new Map<string, Promise<SurgeryDocument>>();
  private shownNow: SurgeryDocument | null = null;
  private listening: { dispose(): void } | null = null;
  private readonly switched = new Signal<SurgeryDocument | null>();
  private readonly edited = new Signal<SurgeryDocument>();
  private readonly opened = new Signal<SurgeryDocument>();
  /** Another document is the current one. */
  readonly onDidSwitch = this.switched.event;
  /** The current document was edited. */
  readonly onDidEdit = this.edited.event;
  /** What this window knows to be saved. */
  readonly saves = new LastSaved();
  /** A document was made. It lives as long as the window. */
  readonly onDidOpen = this.opened.event;

  constructor(private readonly reader: ModelReader, private readonly checkPlan: PlanCheck, private readonly warn: (message: string) => void) {}

  get current(): SurgeryDocument | null { return this.shownNow; }

  /** Rejects with `usage` where no model is open. */
  require(): SurgeryDocument {
    if (this.shownNow) return this.shownNow;
    throw new SurgeryError('usage', 'No model is open', { expected: 'a model opened by Model Surgery: Open Model' });
  }

  /**
   * What Open Model does: the file as it lies on disk, or a plan with its model, operations, data and phases. What was
   * edited of an open one comes back by undo. Rejects with `format-unknown` for another kind of file.
   */
  async openFresh(path: string): Promise<SurgeryDocument> {
    const source = await this.sourceOf(path);
    const known = this.open.get(source.path);
    const document = await this.obtain(source);
    if (known) {
      await document.reopen(source);
      await this.saves.note(document);
    }
    this.makeCurrent(document);
    return document;
  }

  /**
   * What an editor does: the document that is open already, with its edits, or a new one with the edits that are saved beside
   * the model. `plan` is the one whose operations are edited, where that is known.
   */
  async share(path: string, plan: string | null = null): Promise<SurgeryDocument> {
    const document = await (this.open.get(path) ?? this.obtain(await this.editedSource(path, plan)));
    this.makeCurrent(document);
    return document;
  }

  /** A file was written over: the document of it, where one is open, starts over. */
  async written(path: string): Promise<void> {
    const known = await this.open.get(path);
    if (known) await known.reopen(await this.sourceOf(path));
  }

  /** Another program has written or removed the file: its document, where one is open, is read again. */
  async fileChanged(path: string): Promise<void> {
    // One that cannot be opened is told of by who opens it.
    const document = await this.open.get(path)?.catch(() => undefined);
    await document?.fileChanged();
  }

  /** Edits were saved beside a model, maybe by another window. */
  async editsSaved(editsPath: string): Promise<void> {
    const document = await this.open.get(modelPathOfEdits(editsPath))?.catch(() => undefined);
    if (document && !document.source.fromPlan) await this.follow(document);
  }

  /** Shows what another window has saved of a model, where nothing is unsaved in this one; edits that cannot be read change nothing. */
  async follow(document: SurgeryDocument): Promise<void> {
    const saved = await this.saves.anothers(document);
    // What is not shown here stays another's: saving asks.
    const follows = saved && (await document.followSaved(saved).catch((thrown: unknown) => this.warnOf(thrown)));
    if (follows) await this.saves.note(document);
  }

  makeCurrent(document: SurgeryDocument): void {
    if (this.shownNow === document) return;
    this.listening?.dispose();
    this.shownNow = document;
    this.listening = document.onDidChange(() => this.edited.fire(document));
    this.switched.fire(document);
  }

  /** A plan's file was written: whoever goes by it reads it again. A plan with mistakes leaves the last right one. */
  async planSaved(planPath: string): Promise<void> {
    for (const opened of this.open.values()) {
      const document = await opened;
      if (document.source.planPath !== planPath) continue;
      try {
        const plan = await readPlan(planPath, this.checkPlan);
        document.adoptPlan({ planPath, plan });
        await this.follow(document);
      } catch (thrown) {
        this.warnOf(thrown);
      }
    }
  }

  dispose(): void {
    this.listening?.dispose();
  }

  /** One promise for each file, so that an editor and a command at the same moment share the document. */
  private obtain(source: DocumentSource): Promise<SurgeryDocument> {
    const known = this.open.get(source.path);
    if (known) return known;
    const opening = SurgeryDocument.open(this.reader, source).catch((thrown: unknown) => {
      throw located(thrown, source.path);
    }).then(async (document) => {
      await this.saves.note(document);
      this.opened.fire(document);
      return document;
    });
    this.open.set(source.path, opening);
    opening.catch(() => this.open.delete(source.path));
    return opening;
  }

  private async sourceOf(path: string): Promise<DocumentSource> {
    if (path.endsWith(planSuffix)) {
      const plan = await readPlan(path, this.checkPlan);
      return { path: modelPathOf(path, plan), operations: plan.operations, planPath: path, plan, fromPlan: true };
    }
    const model = basename(path) === savedModelFile ? dirname(path) : path;
    if (!modelSuffix.test(model) && !(await isModelFolder(model))) {
      throw new SurgeryError('format-unknown', 'This is no model that can be opened', { expected: `a .keras, .h5, .hdf5, model.json or *${planSuffix} file, or a SavedModel folder`, received: path });
    }
    return { path: model, operations: [], ...(await this.planBeside(model)) };
  }

  private async editedSource(path: string, plan: string | null): Promise<DocumentSource> {
    const byPlan = plan === null ? null : await this.sourceOf(plan).catch((thrown: unknown) => this.warnOf(thrown));
    if (byPlan) return byPlan;
    const saved = await this.savedBeside(path);
    return { ...(await this.sourceOf(path)), ...(saved && { operations: saved.operations, base: saved.trained ?? path }) };
  }

  private warnOf(thrown: unknown): null {
    this.warn(thrown instanceof Error ? thrown.message : String(thrown));
    return null;
  }

  private async savedBeside(path: string): Promise<SavedEdits | null> {
    try {
      return await readEdits(editsPathOf(path), path);
    } catch (thrown) {
      // The model opens without edits that cannot be read; the log says so.
      return this.warnOf(thrown);
    }
  }

  private async planBeside(path: string): Promise<PlanSource> {
    try {
      const planPath = await onlyPlanBeside(path);
      return planPath === null ? { planPath, plan: null } : { planPath, plan: await readPlan(planPath, this.checkPlan) };
    } catch (thrown) {
      // The model opens without a plan that is wrong; the log says what is.
      this.warnOf(thrown);
      return { planPath: null, plan: null };
    }
  }
}

/** A SavedModel, or a `.keras` that was saved without being zipped. */
async function isModelFolder(folder: string): Promise<boolean> {
  const has = async (name: string): Promise<boolean> => (await stat(join(folder, name)).catch(() => undefined))?.isFile() ?? false;
  return (await has(savedModelFile)) || ((await has('config.json')) && (await has('model.weights.h5')));
}

/** An error of a reader that does not say which file it means. */
function located(thrown: unknown, path: string): unknown {
  if (!(thrown instanceof SurgeryError) || thrown.where !== undefined) return thrown;
  return new SurgeryError(thrown.code, thrown.message, { ...thrown.toRecord(), where: path, cause: thrown });
}
