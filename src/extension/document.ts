import { SurgeryError } from '../core/errors';
import type { Inspection } from '../core/inspect/inspection';
import type { Plan } from '../core/plan/plan';
import type { LayerSelection, Operation } from '../core/surgery/operation';
import type { EditedModel, WeightSlice, WeightStatistics, WorkerCalls } from '../protocol/workerCalls';
import { Signal } from './events';

/** The part of the worker that a document needs. */
export interface ModelReader {
  ask<K extends 'inspect' | 'weights' | 'weightSlice'>(name: K, value: WorkerCalls[K]['ask'], signal?: AbortSignal): Promise<WorkerCalls[K]['reply']>;
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

/** What the model was compiled with. */
interface Compiled {
  /** Own flag by layer path. */
  readonly flags: ReadonlyMap<string, boolean>;
  /** The operations other than flags: a new head may bear the old one's name. */
  readonly structure: string;
  /** The plan's words; null while there was no plan. */
  readonly settings: string | null;
}

interface State {
  readonly base: string;
  readonly operations: readonly Operation[];
  readonly inspection: Inspection;
  /** Null for a model that was never compiled. */
  readonly compiled: Compiled | null;
}

/** The open model: a file that is never written, and operations as data. Trees, editors and commands edit this one object. */
export class SurgeryDocument {
  private undone: State[] = [];
  private done: State[] = [];
  private queue: Promise<unknown> = Promise.resolve();
  private held: string | null = null;
  private readonly changed = new Signal<void>();
  readonly onDidChange = this.changed.event;

  private constructor(private readonly reader: ModelReader, private from: DocumentSource, private state: State) {}

  /** Rejects with the reader's error: a file that cannot be opened, an operation that is refused. */
  static async open(reader: ModelReader, source: DocumentSource): Promise<SurgeryDocument> {
    return new SurgeryDocument(reader, source, await readState(reader, source));
  }

  get source(): DocumentSource { return this.from; }
  get inspection(): Inspection { return this.state.inspection; }
  get operations(): readonly Operation[] { return this.state.operations; }
  get plan(): Plan | null { return this.from.plan; }
  get canUndo(): boolean { return this.done.length > 0; }
  get canRedo(): boolean { return this.undone.length > 0; }
  get isCompiled(): boolean { return this.state.compiled !== null; }
  /** How many things listen: a closed view must leave none behind. */
  get listenerCount(): number { return this.changed.size; }

  /** What the worker is told when it is asked about this model. */
  get edited(): EditedModel {
    return { path: this.state.base, operations: this.state.operations, seed: seedOf(this.from.plan) };
  }

  /** New when the weights may be others: another file, or operations that change more than flags. */
  get weightsKey(): string {
    return JSON.stringify([this.state.base, seedOf(this.from.plan), structuralOf(this.state.operations)]);
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
    return this.inOrder(() => this.step(this.done, this.undone));
  }

  redo(): Promise<void> {
    return this.inOrder(() => this.step(this.undone, this.done));
  }

  weights(layer: string): Promise<readonly WeightStatistics[]> {
    return this.reader.ask('weights', { ...this.edited, layer });
  }

  weightSlice(ask: Omit<WorkerCalls['weightSlice']['ask'], keyof EditedModel>): Promise<WeightSlice> {
    return this.reader.ask('weightSlice', { ...this.edited, ...ask });
  }

  /** The flags, layers and settings as they stand are the compiled ones. */
  recompile(): void {
    this.become({ ...this.state, compiled: this.compiledNow() });
  }

  /** The trained file becomes the base; it is saved compiled, and nothing is pending on it. */
  rebase(path: string): Promise<Inspection> {
    return this.inOrder(async () => {
      const inspection = await this.reader.ask('inspect', { path, operations: [], seed: this.edited.seed });
      this.done = [];
      this.undone = [];
      this.state = { base: path, operations: [], inspection, compiled: null };
      this.become({ ...this.state, compiled: this.compiledNow() });
      return inspection;
    });
  }

  /** Starts over from the file, with the operations and the plan that are given. What was edited comes back by undo. */
  reopen(source: Omit<DocumentSource, 'path'>): Promise<Inspection> {
    return this.inOrder(async () => {
      this.requireFree();
      const from = { ...source, path: this.from.path };
      const state = await readState(this.reader, from);
      const fresh = state.base === this.state.base && JSON.stringify(state.operations) === JSON.stringify(this.state.operations);
      if (!fresh) this.done.push(this.state);
      this.undone = [];
      this.from = from;
      this.become(state);
      return state.inspection;
    });
  }

  /** The plan was made or edited: data, settings and phases follow it, the operations are the document's own. */
  adoptPlan({ planPath, plan }: PlanSource): void {
    const { compiled } = this.state;
    this.from = { ...this.from, planPath, plan };
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
      const operations = [...this.state.operations, decide()];
      const inspection = await this.reader.ask('inspect', { ...this.edited, operations });
      this.done.push(this.state);
      this.undone = [];
      this.become({ ...this.state, operations, inspection });
      return inspection;
    });
  }

  private step(from: State[], to: State[]): void {
    this.requireFree();
    const next = from.pop();
    if (!next) return;
    to.push(this.state);
    // What was compiled is no edit: it stays, unless the step leads to another file's state.
    const compiled = next.base === this.state.base ? this.state.compiled : next.compiled;
    this.become({ ...next, compiled });
  }

  private become(state: State): void {
    this.state = state;
    this.changed.fire();
  }
}

async function readState(reader: ModelReader, { path, operations, plan }: DocumentSource): Promise<State> {
  const seed = seedOf(plan);
  const unedited = await reader.ask('inspect', { path, operations: [], seed });
  const inspection = operations.length === 0 ? unedited : await reader.ask('inspect', { path, operations, seed });
  const compiled = unedited.compile && { flags: flagsOf(unedited), structure: structuralOf([]), settings: settingsOf(plan) };
  return { base: path, operations, inspection, compiled };
}

/** Own flag by layer path. */
function flagsOf(inspection: Inspection): ReadonlyMap<string, boolean> {
  return new Map(inspection.layers.map(({ path, trainable }) => [path, trainable]));
}

function structuralOf(operations: readonly Operation[]): string {
  return JSON.stringify(operations.filter(({ op }) => op !== 'setTrainable'));
}

function settingsOf(plan: Plan | null): string | null {
  return plan && JSON.stringify([plan.compile, plan.phases.map(({ optimizer }) => optimizer)]);
}

function seedOf(plan: Plan | null): number {
  const seed = plan?.seed ?? 0;
  return typeof seed === 'number' ? seed : seed.initialization;
}
