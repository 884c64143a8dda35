import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Inspection } from '../../../src/core/inspect/inspection';
import type { Plan } from '../../../src/core/plan/plan';
import type { RunEvent } from '../../../src/core/run/events';
import { parseEvents } from '../../../src/extension/runLog';
import { compileState, eventually, flags, inWorkspace, refused, run } from './session';

const planPath = (): string => inWorkspace('transfer.surgery.json');

/** Folders of the runs so far, oldest first. */
function runFolders(): readonly string[] {
  const folder = inWorkspace('.model-surgery/runs');
  return existsSync(folder) ? readdirSync(folder).sort().map((name) => join(folder, name)) : [];
}

async function latestEvents(): Promise<readonly RunEvent[]> {
  const folder = runFolders().at(-1);
  const log = folder === undefined ? '' : join(folder, 'events.jsonl');
  return existsSync(log) ? parseEvents(await readFile(log, 'utf8')) : [];
}

/** Children of this extension host that run the worker's bundle with the trainer's heap. */
function trainingWorkers(): readonly number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = processes.filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      return Number(parent) === process.pid && command.includes('worker.cjs') && command.includes('=4096');
    } catch {
      // It ended while we looked.
      return false;
    }
  });
  assert.equal(found.length, 1, 'one training worker runs');
  return found.map(Number);
}

/** SHA-256 of the last and the best weights. */
function savedHashes(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'saved' ? [event.sha256] : []));
}

async function storedPlan(): Promise<Plan> {
  return JSON.parse(await readFile(planPath(), 'utf8')) as Plan;
}

export function describeTraining(): void {
  describe('training', () => {
    beforeEach(() => run('openModel', planPath()));
    after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

    it('edits a setting of the plan file, and refuses a wrong one', async () => {
      await run('editSetting', { path: ['phases', 1, 'epochs'], value: 6 });
      assert.equal((await storedPlan()).phases[1]?.epochs, 6);
      await refused('plan-invalid', run('editSetting', { path: ['phases', 1, 'epochs'], value: 0 }));
      await refused('usage', run('editSetting', { path: ['phases', 9, 'epochs'], value: 1 }));
      assert.equal((await storedPlan()).phases[1]?.epochs, 6);
    });

    it('trains phase 1, recompiles by itself, and phase 2 continues from it', async () => {
      assert.equal(await compileState(), 'changed since compile: layers');
      const first = await run<RunEvent>('trainPhase1');
      assert.equal(first.type, 'result');
      const events = await latestEvents();
      const phase = events.find((event) => event.type === 'phase');
      assert.ok(phase?.type === 'phase' && phase.recompiled && phase.frozen.length === 6);
      assert.ok(events.every((event, index) => event.seq === index));
      assert.ok(events.some((event) => event.type === 'receipt' && event.ok));
      assert.equal(await compileState(), 'compiled');
      assert.deepEqual(Object.values(flags(await run<Inspection>('inspect'))), [false, false, false, false, false, false, true]);

      const second = await run<RunEvent>('trainPhase2');
      assert.equal(second.type, 'result');
      const losses = (await latestEvents()).flatMap((event) => (event.type === 'epoch' ? [event.loss] : []));
      const before = events.flatMap((event) => (event.type === 'epoch' ? [event.loss] : []));
      assert.equal(losses.length, 6);
      assert.ok(Math.max(...losses) < Math.max(...before), 'phase 2 begins where phase 1 ended');
      assert.ok(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).some(({ label }) => label === 'Training'), 'panel Training is open');
    });

    it('trains all phases and evaluates what was trained', async () => {
      const result = await run<RunEvent>('trainAllPhases');
      assert.ok(result.type === 'result' && result.test);
      const evaluation = await run<{ loss: number; metrics: Record<string, number>; samples: number }>('evaluate');
      assert.ok(Math.abs(evaluation.loss - result.test.loss) < 1e-4);
      assert.ok(evaluation.metrics.accuracy > 0.85);
      assert.equal(evaluation.samples, result.samples);
      await refused('usage', run('evaluate', { split: 'nothing' }));
    });

    it('trains the third phase from the lens above it', async () => {
      const path = inWorkspace('three.surgery.json');
      const { phases, ...rest } = await storedPlan();
      await writeFile(path, JSON.stringify({ ...rest, phases: [phases[0], phases[1], { ...phases[1], name: 'third', epochs: 2 }] }));
      try {
        await run('openModel', path);
        await vscode.workspace.openTextDocument(path);
        const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', vscode.Uri.file(path));
        const commands = lenses.flatMap(({ command }) => command ?? []).filter(({ title }) => title.startsWith('Train Phase'));
        assert.deepEqual(commands.map(({ title }) => title).sort(), ['Train Phase 1', 'Train Phase 2', 'Train Phase 3']);
        const third = commands.find(({ title }) => title === 'Train Phase 3');
        assert.ok(third);
        const last = await vscode.commands.executeCommand<RunEvent>(third.command, ...(third.arguments ?? []) as unknown[]);
        assert.equal(last.type, 'result');
        const ran = (await latestEvents()).flatMap((event) => (event.type === 'phase' ? [[event.phase, event.name]] : []));
        assert.deepEqual(ran, [[3, 'third']]);
        await refused('usage', run('trainAllPhases', { phases: [4] }));
        await refused('usage', run('trainAllPhases', { phases: [] }));
      } finally {
        await rm(path);
      }
    });

    it('stops within a batch, keeps the weights, and trains again afterwards', async () => {
      await run('editSetting', { path: ['phases', 0, 'epochs'], value: 5000 });
      const training = run<RunEvent>('trainPhase1');
      await eventually('an epoch of the long run', async () => (await latestEvents()).some((event) => event.type === 'epoch'));
      await refused('usage', run('trainPhase1'));
      await refused('operation-refused', run('unfreezeAll'));
      assert.deepEqual(await run('stopTraining'), { stopped: true });
      assert.equal((await training).type, 'stopped');
      assert.ok(existsSync(join(runFolders().at(-1) ?? '', 'model.keras')));
      await run('editSetting', { path: ['phases', 0, 'epochs'], value: 1 });
      assert.equal((await run<RunEvent>('trainPhase1')).type, 'result');
      assert.deepEqual(await run('stopTraining'), { stopped: false });
    });

    it('goes on with a stopped run, and ends with the bytes of one that never stopped', async () => {
      await run('editSetting', { path: ['phases', 0, 'epochs'], value: 400 });
      await run('trainPhase1');
      const whole = savedHashes(await latestEvents());
      await run('openModel', planPath());
      const training = run<RunEvent>('trainPhase1');
      await eventually('an epoch', async () => (await latestEvents()).some((event) => event.type === 'epoch'));
      await run('stopTraining');
      assert.equal((await training).type, 'stopped');
      const folder = runFolders().at(-1);
      assert.equal((await run<RunEvent>('resumeTraining')).type, 'result');
      assert.equal(runFolders().at(-1), folder, 'it is the same run');
      const events = await latestEvents();
      assert.ok(events.every((event, index) => event.seq === index));
      assert.equal(events.filter(({ type }) => type === 'resumed').length, 1);
      assert.equal(events.filter(({ type }) => type === 'epoch').length, 400);
      assert.equal(whole.length, 2);
      assert.deepEqual(savedHashes(events), whole);
      assert.equal(await compileState(), 'compiled');
      await refused('usage', run('resumeTraining'));
      await refused('usage', run('resumeTraining', { run: folder }));
    });

    it('refuses to go on where the plan has changed since', async () => {
      await run('editSetting', { path: ['phases', 0, 'epochs'], value: 5000 });
      const training = run<RunEvent>('trainPhase1');
      await eventually('an epoch', async () => (await latestEvents()).some((event) => event.type === 'epoch'));
      await run('stopTraining');
      await training;
      await run('editSetting', { path: ['phases', 0, 'epochs'], value: 1 });
      await refused('resume-refused', run('resumeTraining'));
    });

    // Only Linux tells a process's children by files.
    if (process.platform === 'linux') {
      it('survives the death of the training worker: the run rejects and can go on, the model is as before, and the next run starts another', async () => {
        await run('editSetting', { path: ['phases', 0, 'epochs'], value: 50_000 });
        const before = await run<Inspection>('inspect');
        const training = run<RunEvent>('trainPhase1');
        await eventually('an epoch of the long run', async () => (await latestEvents()).some((event) => event.type === 'epoch'));
        await eventually('a checkpoint', () => existsSync(join(runFolders().at(-1) ?? '', 'checkpoints/latest')), 20_000);
        for (const pid of trainingWorkers()) process.kill(pid, 'SIGKILL');
        await refused('worker-ended', training);
        // The next worker goes on from the checkpoint.
        const resumed = run<RunEvent>('resumeTraining');
        await eventually('that the run goes on', async () => (await latestEvents()).some((event) => event.type === 'resumed' && event.epochs > 0));
        await run('stopTraining');
        assert.equal((await resumed).type, 'stopped');
        await run('openModel', planPath());
        await run('editSetting', { path: ['phases', 0, 'epochs'], value: 1 });
        assert.deepEqual(await run('inspect'), before);
        assert.equal((await run<RunEvent>('trainPhase1')).type, 'result');
      });
    }

    it('exports the trained model', async () => {
      await run('trainPhase1');
      const out = inWorkspace('trained.keras');
      await run('exportModel', { to: 'keras', out });
      const trained = await run<Inspection>('openModel', out);
      assert.equal(trained.compile?.loss, 'binary_crossentropy');
      assert.deepEqual(trained.layers.at(-1)?.outputShape, [null, 1]);
    });
  });
}
