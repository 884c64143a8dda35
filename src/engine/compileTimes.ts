import type { CompiledProgram, Engine } from '../core/ports';

/** What an engine has compiled so far. */
interface CompileTimes {
  readonly programs: number;
  /** Of compiling and of the first call, in which some runtimes do most of it. */
  readonly seconds: number;
}

/** The engine, and how long its compiling takes. */
export function timeCompiling(engine: Engine): { readonly engine: Engine; readonly times: () => CompileTimes } {
  let [programs, time] = [0, 0];
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    time += performance.now() - started;
    return result;
  };
  const compile = async (...given: Parameters<Engine['compile']>): Promise<CompiledProgram> => {
    programs += 1;
    const compiled = await timed(() => engine.compile(...given));
    const { exactState } = compiled;
    let ran = false;
    return {
      ...(exactState ? { exactState } : {}),
      writeState: (states) => compiled.writeState(states),
      readState: (names) => compiled.readState(names),
      dispose: () => compiled.dispose(),
      run: (steps) => {
        if (ran) return compiled.run(steps);
        ran = true;
        return timed(() => compiled.run(steps));
      },
    };
  };
  const { name, version, why } = engine;
  return {
    engine: { name, version, ...(why === undefined ? {} : { why }), compile, dispose: () => engine.dispose() },
    times: () => ({ programs, seconds: time / 1000 }),
  };
}
