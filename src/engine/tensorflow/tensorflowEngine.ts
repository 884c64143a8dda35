import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectFixedStates } from '../../core/ops/feeding';
import type { Program } from '../../core/ops/program';
import type { CompiledProgram, Engine } from '../../core/ports';
import type { Binding } from './binding';
import { TensorflowCompiledProgram } from './compiledProgram';
import { engineFailure } from './engineFailure';
import { encodeSavedModel, GRAPH_TAG } from './graphDef';
import { lowerProgram } from './lowerProgram';

/** Programs become TensorFlow graphs that hold no state: forward, backward, optimizer and the loop over the steps in one. */
export class TensorflowEngine implements Engine {
  readonly name = 'tensorflow';
  private readonly programs = new Set<CompiledProgram>();

  /** `version` is libtensorflow's. */
  constructor(private readonly binding: Binding, readonly version: string) {}

  /** Throws `unsupported` for an operation that has no lowering, `engine-failed` where TensorFlow refuses the graph. */
  async compile(program: Program): Promise<CompiledProgram> {
    expectFixedStates(program);
    const { nodes, ...names } = lowerProgram(program);
    const { binding } = this;
    const empty = names.outputs.size + names.nextStates.size === 0;
    const model = empty ? undefined : await loadGraph(binding, encodeSavedModel(nodes));
    const compiled: CompiledProgram = new TensorflowCompiledProgram(binding, {
      program: { ...program, nodes: [], constants: [] },
      names,
      model,
      ended: () => this.programs.delete(compiled),
    }, program.constants);
    this.programs.add(compiled);
    return compiled;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.programs].map((program) => program.dispose()));
  }
}

/** Loads a graph from a folder that is there only meanwhile: the binding takes no bytes. */
async function loadGraph(binding: Binding, bytes: Uint8Array): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'model-surgery-graph-'));
  try {
    await writeFile(join(folder, 'saved_model.pb'), bytes);
    return binding.loadSavedModel(folder, GRAPH_TAG);
  } catch (error) {
    throw engineFailure('TensorFlow refuses the program.', error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
