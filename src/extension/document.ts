import type { Inspection } from '../core/inspect/inspection';
import type { Plan } from '../core/plan/plan';
import type { LayerSelection, Operation } from '../core/surgery/operation';
import type { EditedModel, WeightSlice, WeightStatistics, WorkerCalls } from '../protocol/workerCalls';
import { Signal } from './events';

/** The part of the worker that a document needs. */
export interface ModelReader {
  ask<K extends 'inspect' | 'weights' | 'weightSlice'>(name: K, value: WorkerCalls[K]['ask'], signal?: AbortSignal): Promise<WorkerCalls[K]['reply']>;
}

export interface DocumentSource {
  /** absolute */
  readonly path: string;
  readonly operations: readonly Operation[];
  /** absolute; null while there is no plan */
  readonly planPath: string | null;
  readonly plan: Plan | null;
}

/** What changed since the model was compiled. */
export interface CompileChange {
  /** Own flags that differ. */
  readonly flags: number;
  /** The head or another layer was replaced, removed or renamed. */
  readonly structure: boolean;
}

interface State {
  readonly base: string;
  readonly operations: readonly Operation[];
  readonly inspection: Inspection;
  /** Own flag by layer path, as compiled. */
  readonly compiled: ReadonlyMap<string, boolean>;
  /** The operations other than flags, as compiled: a new head may bear the old one's name. */
  readonly compiledStructure: string;
}

/** The open model: a file that is never written, and operations as data. Trees, editors and commands edit this one object. */
export class SurgeryDocument {
  private undone: State[] = [];
  private done: State[] = [];
  private queue: Promise<unknown> = Promise.resolve();
  private readonly changed = new Signal<void>();
  readonly onDidChange = this.changed.event;

  private constructor(private readonly reader: ModelReader, readonly source: DocumentSource, private state: State) {}

  /** Rejects with the reader's error: a file that cannot be opened, an operation that is refused. */
  static async open(reader: ModelReader, source: DocumentSource): Promise<SurgeryDocument> {
    const seed = seedOf(source.plan);
    const unedited = await reader.ask('inspect', { path: source.path, operations: [], seed });
    const inspection = source.operations.length === 0 ? unedited
      : await reader.ask('inspect', { path: source.path, operations: source.operations, seed });
    return new SurgeryDocument(reader, source, { base: source.path, operations: source.operations, inspection, compiled: flagsOf(unedited), compiledStructure: structuralOf([]) });
  }

  get inspection(): Inspection { return this.state.inspection; }
  get operations(): readonly Operation[] { return this.state.operations; }
  get plan(): Plan | null { return this.source.plan; }
  get canUndo(): boolean { return this.done.length > 0; }

  /** What the worker is told when it is asked about this model. */
  get edited(): EditedModel {
    return { path: this.state.base, operations: this.state.operations, seed: seedOf(this.source.plan) };
  }

  /** Asks the worker for the edited model; where it refuses, nothing has changed. Edits follow each other in order. */
  apply(operation: Operation): Promise<Inspection> {
    return this.inOrder(async () => {
      const operations = [...this.state.operations, operation];
      const inspection = await this.reader.ask('inspect', { ...this.edited, operations });
      this.done.push(this.state);
      this.undone = [];
      this.become({ ...this.state, operations, inspection });
      return inspection;
    });
  }

  setTrainable(layers: LayerSelection, trainable: boolean): Promise<Inspection> {
    return this.apply({ op: 'setTrainable', layers, trainable });
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

  /** The flags as they stand are the compiled ones. */
  recompile(): void {
    this.become({ ...this.state, compiled: flagsOf(this.state.inspection), compiledStructure: structuralOf(this.state.operations) });
  }

  /** The trained file becomes the base; it is saved compiled, and nothing is pending on it. */
  rebase(path: string): Promise<Inspection> {
    return this.inOrder(async () => {
      const inspection = await this.reader.ask('inspect', { path, operations: [], seed: this.edited.seed });
      this.done = [];
      this.undone = [];
      this.become({ base: path, operations: [], inspection, compiled: flagsOf(inspection), compiledStructure: structuralOf([]) });
      return inspection;
    });
  }

  get changedSinceCompile(): CompileChange {
    const now = flagsOf(this.state.inspection);
    const then = this.state.compiled;
    const flags = [...now].filter(([path, on]) => then.has(path) && then.get(path) !== on).length;
    const samePaths = now.size === then.size && [...now.keys()].every((path) => then.has(path));
    return { flags, structure: !samePaths || structuralOf(this.state.operations) !== this.state.compiledStructure };
  }

  private inOrder<T>(work: () => T | Promise<T>): Promise<T> {
    const next = this.queue.then(work);
    this.queue = next.catch(() => undefined);
    return next;
  }

  private step(from: State[], to: State[]): void {
    const next = from.pop();
    if (!next) return;
    to.push(this.state);
    const { compiled, compiledStructure } = this.state;
    this.become({ ...next, compiled, compiledStructure });
  }

  private become(state: State): void {
    this.state = state;
    this.changed.fire();
  }
}

/** Own flag by layer path. */
function flagsOf(inspection: Inspection): ReadonlyMap<string, boolean> {
  return new Map(inspection.layers.map(({ path, trainable }) => [path, trainable]));
}

function structuralOf(operations: readonly Operation[]): string {
  return JSON.stringify(operations.filter(({ op }) => op !== 'setTrainable'));
}

function seedOf(plan: Plan | null): number {
  const seed = plan?.seed ?? 0;
  return typeof seed === 'number' ? seed : seed.initialization;
}
