import type { InferenceSession } from 'onnxruntime-node';
import type { Program } from '../../core/ops/program';
import { expectFixedStates } from '../../core/ops/feeding';
import { stepWork } from '../../core/ops/work';
import type { CompiledProgram, Engine, EngineName } from '../../core/ports';
import { OnnxCompiledProgram } from './compiledProgram';
import { engineFailure } from './engineFailure';
import { lowerProgram } from './lowerProgram';
import { encodeModel } from './onnxModel';
import { overSteps } from './overSteps';
import type { OnnxRuntime } from './runtime';
import { type Loan, SessionCache } from './sessionCache';

/** Above this many nodes the optimizer's higher levels cost seconds and were measured to gain nothing. */
const MANY_NODES = 1500;
/** Multiplications in a step of 32 samples from which a second thread gains more than waking it costs. */
const HEAVY_STEP = 5e8;

/** Programs become ONNX graphs of ordinary operators: forward, backward and optimizer in one. */
export class OnnxEngine implements Engine {
  private readonly programs = new Set<CompiledProgram>();
  private readonly sessions: SessionCache;

  constructor(private readonly runtime: OnnxRuntime) {
    this.sessions = new SessionCache(runtime);
  }

  get name(): EngineName {
    return this.runtime.name;
  }

  get version(): string {
    return this.runtime.version;
  }

  /** Throws `unsupported` for an operation that has no lowering, `engine-failed` where onnxruntime refuses the graph. */
  async compile(program: Program): Promise<CompiledProgram> {
    expectFixedStates(program);
    const step = lowerProgram(program);
    const loop = stepWork(program) > HEAVY_STEP ? undefined : overSteps(step, program);
    const onnx = loop ?? step;
    const empty = onnx.outputs.size + onnx.nextStates.size === 0;
    const loan = empty ? undefined : await this.open(encodeModel(onnx.graph), sessionOptions(this.runtime, step.graph.nodes.length, program));
    const compiled: CompiledProgram = new OnnxCompiledProgram(this.runtime, {
      // The session has its own copy of the constants, which may be a whole frozen network.
      program: { ...program, nodes: [], constants: [] },
      names: { feeds: onnx.feeds, outputs: onnx.outputs, nextStates: onnx.nextStates },
      loan,
      stacked: loop !== undefined,
      ended: () => this.programs.delete(compiled),
    });
    this.programs.add(compiled);
    return compiled;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.programs].map((program) => program.dispose()));
    await this.sessions.clear();
  }

  private async open(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<Loan> {
    try {
      return await this.sessions.borrow(model, options);
    } catch (error) {
      throw engineFailure('onnxruntime refuses the program.', error);
    }
  }
}

function sessionOptions({ provider }: OnnxRuntime, nodeCount: number, program: Program): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    executionMode: 'sequential',
    intraOpNumThreads: stepWork(program) > HEAVY_STEP ? 2 : 1,
    interOpNumThreads: 1,
    // A thread that waits sleeps: spinning was measured to cost half the speed on a machine that has other things to do.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    graphOptimizationLevel: nodeCount > MANY_NODES ? 'basic' : 'all',
    // Nothing on stderr: it would warn of each constant that it folds, and its errors reach us as such.
    logSeverityLevel: 4,
  };
}
