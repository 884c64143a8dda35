import { SurgeryError } from '../core/errors';
import type { Inspection } from '../core/inspect/inspection';
import type { ModelGraph } from '../core/inspect/modelGraph';
import type { Plan } from '../core/plan/plan';
import type { LayerSelection, Operation } from '../core/surgery/operation';
import type { EditedModel, WeightStatistics, WorkerCalls } from '../protocol/workerCalls';
import { Signal } from './events';
import { History } from './history';
import { operationText } from '../core/surgery/operationText';
import { flagsOf, readState, readUnsaved, sameEdits, seedOf, settingsOf, structuralOf, type Compiled, type State } from './documentState';

/** The part of the worker that a document needs. */
export interface ModelReader {
  ask<K extends 'inspect' | 'graph' | 'weights'>(name: K, value: WorkerCalls[K]['ask'], signal?: AbortSignal): Promise<WorkerCalls[K]['reply']>;
}

/** A plan and the file that holds it. */
export interface PlanSource {
  /** absolute; null while there is no plan */
  readonly planPath: string | null;
  readonly plan: Plan | null;
}

export interface DocumentSource extends PlanSource {
  /** absolute */
  readonly path: string;
  readonly operations: readonly Operation[];
  /** The operations are those of the plan, which is where they are saved. */
  readonly fromPlan?: boolean;
  /** The trained file that the operations follow; the source where it is missing. */
  readonly base?: string;
}

/** A file and what is done to it: all that an edit is. */
export interface Edited {
  /** absolute */
  readonly base: string;
  readonly operations: readonly Operation[];
}

/** A step from one state to another, for the editor's own undo stack. */
export interface Step {
  readonly label: string;
  readonly undo: () => Promise<void>;
  readonly redo: () => Promise<void>;
}

/** What changed since the model was compiled. */
export interface CompileChange {
  /** Own flags that differ. */
  readonly flags: number;
  /** The head or another layer was replaced, removed or renamed. */
  readonly structure: boolean;
  /** Loss, metrics or optimizers of the plan were edited. */
  readonly settings: boolean;
}

/** The open model: a file that is never written, and operations as data. Trees, editors and commands edit this one object. */
export class SurgeryDocument {
  private queue: Promise<unknown> = Promise.resolve();
  private held: string | null = null;
  private nextId: number;
  /** How often the document came to stand on trained weights: a resumed run writes over its own. */
  private trainings = 0;
  private reading = 0;
  private trouble: string | null = null;
  private saved: State;
  private readonly changed = new Signal<void>();
  private readonly stepped = new Signal<Step>();
  readonly onDidChange = this.changed.event;
  /** An edit, a training or another opening was done: not an undo of one. */
  readonly onDidStep = this.stepped.event;

  private constructor(private readonly reader: ModelReader, private from: DocumentSource, private history: History<State>, saved: State) {
    this.saved = saved;
    this.nextId = history.current.id + 1;
  }

  /** Rejects with the reader's error: a file that cannot be opened, an operation that is refused. */
  static async open(reader: ModelReader, source: DocumentSource): Promise<SurgeryDocument> {
    const saved = await readState(reader, source);
    return new SurgeryDocument(reader, source, History.of([saved]), saved);
  }

  get source(): DocumentSource { return this.from; }
  get inspection(): Inspection { return this.state.inspection; }
  get operations(): readonly Operation[] { return this.state.operations; }
  get plan(): Plan | null { return this.from.plan; }
  get canUndo(): boolean { return this.history.previous !== undefined; }
  get canRedo(): boolean { return this.history.next !== undefined; }
  /** The edits are others than those that are saved. */
  get isDirty(): boolean { return !sameEdits(this.state, this.saved); }
  /** What is saved, as far as this window knows, is this. */
  isSavedAs(edits: Edited): boolean { return sameEdits(edits, this.saved); }
  /** Why what is shown is not what lies on disk; null where it is. */
  get problem(): string | null { return this.trouble; }
  get isCompiled(): boolean { return this.state.compiled !== null; }
  /** How many things listen: a closed view must leave none behind. */
  get listenerCount(): number { return this.changed.size + this.stepped.size; }

  /** What the worker is told when it is asked about this model. */
  get edited(): EditedModel {
    return { path: this.state.base, operations: this.state.operations, seed: seedOf(this.from.plan) };
  }

  /** New when the weights may be others: another file, or operations that change more than flags. */
  get weightsKey(): string {
    return JSON.stringify([this.state.base, this.trainings, this.state.reading, seedOf(this.from.plan), structuralOf(this.state.operations)]);
  }

  /** Resolves when every edit that was asked for is done. */
  async settled(): Promise<void> {
    await this.queue;
  }

  /** Edits are refused with this reason until the returned function is called: a run replaces the model it started from. */
  hold(reason: string): () => void {
    this.held = reason;
    return () => { this.held = null; };
  }

  /** Asks the worker for the edited model; where it refuses, nothing has changed. Edits follow each other in order. */
  apply(operation: Operation): Promise<Inspection> {
    return this.edit(() => operation);
  }

  setTrainable(layers: LayerSelection, trainable: boolean): Promise<Inspection> {
    return this.apply({ op: 'setTrainable', layers, trainable });
  }

  /** The other way round, by what the flag is when this edit's turn has come. Rejects with `layer-unknown`. */
  toggleTrainable(path: string): Promise<Inspection> {
    return this.edit(() => {
      const layer = this.state.inspection.layers.find((each) => each.path === path);
      if (!layer) throw new SurgeryError('layer-unknown', 'There is no such layer', { received: path });
      return { op: 'setTrainable', layers: [path], trainable: !layer.trainable };
    });
  }

  undo(): Promise<void> {
    return this.inOrder(() => this.moveTo(this.history.previous?.id));
  }

  redo(): Promise<void> {
    return this.inOrder(() => this.moveTo(this.history.next?.id));
  }

  /** What an editor that opens now has to learn: the steps since the edits were saved. What was undone is forgotten. */
  stepsSinceSaved(): readonly Step[] {
    this.history.dropLater();
    const states = this.history.from(this.saved.id) ?? this.history.past;
    return states.slice(1).map((state, index) => this.stepBetween(states[index], state));
  }

  /** The edits as they stand are on disk. */
  markSaved(): void {
    this.saved = this.state;
    this.changed.fire();
  }

  /**
   * Another window has saved its edits of this model. They are shown where nothing is unsaved here; this is no step, as the editor would call
   * one unsaved. False where they are not. Rejects with the reader's error.
   */
  followSaved(saved: Edited): Promise<boolean> {
    return this.inOrder(async () => {
      if (this.isDirty) return false;
      if (sameEdits(saved, this.state)) return true;
      this.requireFree();
      const read = await readState(this.reader, { ...this.from, ...saved });
      this.history.push({ ...read, id: this.nextId++, label: 'saved in another window', reading: this.reading });
      this.saved = this.state;
      this.changed.fire();
      return true;
    });
  }

  /** Back to what is saved; the steps since then are forgotten. */
  revert(): Promise<void> {
    return this.inOrder(() => {
      this.requireFree();
      if (!this.history.moveTo(this.saved.id)) this.history = History.of([this.saved]);
      this.history.dropLater();
      return this.becomeAsRead(this.state);
    });
  }

  /**
   * The file was changed or removed by another program. The same edits are done to what it holds now; states that undo leads to are
   * read again when it does. Where that cannot be, all stays as it was shown, `problem` says why, and edits are refused by the reader.
   */
  fileChanged(): Promise<void> {
    return this.inOrder(async () => {
      this.reading += 1;
      try {
        await this.becomeAsRead({ ...this.state, reading: -1 });
      } catch (thrown) {
        this.trouble = thrown instanceof Error ? thrown.message : String(thrown);
        this.changed.fire();
      }
    });
  }

  /**
   * What a window left that did not save: each operation is a step, and what was shown before comes back by undo. False where it is
   * shown already. Rejects with `file-changed` where the file is another than it was then, or with the reader's error: nothing is done.
   */
  restore({ sha256, ...unsaved }: Edited & { readonly sha256: string }): Promise<boolean> {
    return this.inOrder(async () => {
      this.requireFree();
      const start = await readState(this.reader, { ...this.from, base: unsaved.base, operations: [] });
      if (start.inspection.sha256 !== sha256) {
        throw new SurgeryError('file-changed', 'The file has changed since the operations were done', { where: unsaved.base, expected: `SHA-256 ${sha256}`, received: start.inspection.sha256 });
      }
      const states = await readUnsaved(this.reader, { ...this.from, ...unsaved }, { start, current: this.state });
      for (const state of states) this.push({ ...state, reading: this.reading });
      if (states.length > 0) this.become(this.state);
      return states.length > 0;
    });
  }

  graph(): Promise<ModelGraph> {
    return this.reader.ask('graph', this.edited);
  }

  weights(layer: string): Promise<readonly WeightStatistics[]> {
    return this.reader.ask('weights', { ...this.edited, layer });
  }

  /** The flags, layers and settings as they stand are the compiled ones. */
  recompile(): void {
    this.become({ ...this.state, compiled: this.compiledNow() });
  }

  /** The trained file becomes the base; it is saved compiled, and nothing is pending on it. Undo leads back to the model before. */
  rebase(path: string): Promise<Inspection> {
    return this.inOrder(async () => {
      const inspection = await this.reader.ask('inspect', { path, operations: [], seed: this.edited.seed });
      this.trainings += 1;
      const trained = { base: path, operations: [] };
      // A resumed run has written over the weights that it stopped with: the state before is gone, so this is no step from it.
      if (sameEdits(trained, this.state)) this.become({ ...this.state, inspection });
      else this.push({ ...trained, inspection, compiled: null, label: 'train', reading: this.reading });
      this.become({ ...this.state, compiled: this.compiledNow() });
      return inspection;
    });
  }

  /** Starts over from the file, with the operations and the plan that are given. What was edited comes back by undo. */
  reopen(source: Omit<DocumentSource, 'path'>): Promise<Inspection> {
    return this.inOrder(async () => {
      this.requireFree();
      const from = { ...source, path: this.from.path };
      const state = { ...(await readState(this.reader, from)), reading: this.reading };
      this.from = from;
      this.trouble = null;
      if (!sameEdits(state, this.state)) this.push(state);
      this.become({ ...state, id: this.state.id });
      this.saved = this.state;
      return state.inspection;
    });
  }

  /** The plan was made or edited: data, settings and phases follow it, the operations are the document's own. */
  adoptPlan({ planPath, plan }: PlanSource): void {
    const { compiled } = this.state;
    const isNew = planPath !== this.from.planPath;
    const holdsEdits = this.state.base === this.from.path && JSON.stringify(plan?.operations) === JSON.stringify(this.operations);
    this.from = { ...this.from, planPath, plan, fromPlan: isNew ? holdsEdits : this.from.fromPlan ?? false };
    if (isNew && holdsEdits) this.markSaved();
    // The first plan says for the first time what to compile with: that is no change.
    const settings = compiled?.settings ?? settingsOf(plan);
    this.become({ ...this.state, compiled: compiled && { ...compiled, settings } });
  }

  get changedSinceCompile(): CompileChange {
    const { compiled, inspection, operations } = this.state;
    if (!compiled) return { flags: 0, structure: false, settings: false };
    const now = flagsOf(inspection);
    const flags = [...now].filter(([path, on]) => compiled.flags.has(path) && compiled.flags.get(path) !== on).length;
    const samePaths = now.size === compiled.flags.size && [...now.keys()].every((path) => compiled.flags.has(path));
    return {
      flags,
      structure: !samePaths || structuralOf(operations) !== compiled.structure,
      settings: compiled.settings !== null && settingsOf(this.from.plan) !== compiled.settings,
    };
  }

  private compiledNow(): Compiled {
    const { inspection, operations } = this.state;
    return { flags: flagsOf(inspection), structure: structuralOf(operations), settings: settingsOf(this.from.plan) };
  }

  private requireFree(): void {
    if (this.held !== null) throw new SurgeryError('operation-refused', this.held);
  }

  private inOrder<T>(work: () => T | Promise<T>): Promise<T> {
    const next = this.queue.then(work);
    this.queue = next.catch(() => undefined);
    return next;
  }

  private edit(decide: () => Operation): Promise<Inspection> {
    return this.inOrder(async () => {
      this.requireFree();
      const operation = decide();
      const operations = [...this.state.operations, operation];
      const inspection = await this.reader.ask('inspect', { ...this.edited, operations });
      this.push({ ...this.state, operations, inspection, label: operationText(operation) });
      this.become(this.state);
      return inspection;
    });
  }

  private get state(): State { return this.history.current; }

  private push(state: Omit<State, 'id'>): void {
    const before = this.state;
    this.history.push({ ...state, id: this.nextId++ });
    this.stepped.fire(this.stepBetween(before, this.state));
  }

  private stepBetween(before: State, after: State): Step {
    const to = ({ id }: State): Promise<void> => this.inOrder(() => this.moveTo(id));
    return { label: after.label, undo: () => to(before), redo: () => to(after) };
  }

  private async moveTo(id: number | undefined): Promise<void> {
    this.requireFree();
    const from = this.state;
    if (id === undefined || !this.history.moveTo(id)) return;
    // What was compiled is no edit: it stays, unless the step leads to another file's state.
    const compiled = this.state.base === from.base ? from.compiled : this.state.compiled;
    try {
      await this.becomeAsRead({ ...this.state, compiled });
    } catch (thrown) {
      this.history.moveTo(from.id);
      throw thrown;
    }
  }

  /** A state that was read before the file changed is read again. */
  private async becomeAsRead(state: State): Promise<void> {
    if (state.reading === this.reading) { this.become(state); return; }
    const { base, operations } = state;
    const inspection = await this.reader.ask('inspect', { path: base, operations, seed: this.edited.seed });
    this.trouble = null;
    this.become({ ...state, inspection, reading: this.reading });
  }

  private become(state: State): void {
    this.history.replaceCurrent(state);
    this.changed.fire();
  }
}
