/** A program that streams ends: by a signal, by itself, or as a worker thread of another. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { cardOf, singlePlanarCamera } from '../../../support/board/devices';
import { allDmaBufs } from '../../../support/board/dma-bufs';
import { shownFramebuffers } from '../../../support/board/drm-state';
import { expectNothingLeft } from '../../../support/board/left-behind';
import { expectNextRun } from '../../../support/board/pipelines';
import { figuresOf, Program, sample } from '../../../support/board/program';
import { until } from '../../../support/board/until';
import { unplugged } from './devices-that-go';

const streamProgram = join(__dirname, '../programs/stream.js');

/** Buffers of a pipeline that nobody stopped. */
const notClosed = /^dmaflow: \d+ dma-bufs were not closed at exit \(\d+\.\d MiB\): .*DMAFLOW_TRACE=1/m;

export function endsOfPrograms(): void {
  const vkms = cardOf('vkms');
  const screenOwners = () => shownFramebuffers(vkms).map(({ owner }) => owner);
  const streaming = () => screenOwners().some((owner) => owner !== '[fbcon]');

  async function expectAllBack(): Promise<void> {
    await expectNothingLeft();
    expect(screenOwners()).toEqual(['[fbcon]']);
    await expectNextRun();
  }

  const cameraToDisplay = () =>
    sample('camera-to-display', '--driver', 'vivid', '--size', '640x480', '--fps', '30');

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s: a sample ends with its figures and status 0',
    async (signal) => {
      await using program = cameraToDisplay();
      await program.says(/ shown [1-9]/);
      program.kill(signal);
      expect(await program.ended).toEqual({ status: 0, signal: null });
      expect(program.stdout.trim().split('\n').at(-1)).toMatch(/^shown=\d+ lost=\d+ dropped=\d+ fps=[\d.]+$/);
      expect(figuresOf(program).shown).toBeGreaterThan(0);
      expect(program.stderr).toBe('');
      await expectAllBack();
    },
  );

  it('Ctrl-C twice, the second while it stops', async () => {
    await using program = cameraToDisplay();
    await program.says(/ shown [1-9]/);
    expect(sigintHandled(program.pid)).toBe(true);
    program.kill('SIGINT');
    await until('the first to be seen', () => !sigintHandled(program.pid), 10);
    program.kill('SIGINT');
    const { status, signal } = await program.ended;
    // The second ends it there and then, unless it came too late.
    expect([status, signal]).toEqual(status === 0 ? [0, null] : [null, 'SIGINT']);
    await expectAllBack();
  });

  it('SIGKILL', async () => {
    await using program = new Program(process.execPath, [streamProgram, 'stream']);
    await until('its frames on the screen', () => streaming() || program.over);
    program.kill('SIGKILL');
    expect(await program.ended).toEqual({ status: null, signal: 'SIGKILL' });
    await expectAllBack();
  });

  it('SIGTERM while its JavaScript is in an endless loop', async () => {
    await using program = new Program(process.execPath, [streamProgram, 'block']);
    await program.says(/blocked/);
    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ status: null, signal: 'SIGTERM' });
    await expectAllBack();
  });

  it('process.exit() in a stage', async () => {
    await using program = new Program(process.execPath, [streamProgram, 'exit']);
    expect(await program.ended).toEqual({ status: 3, signal: null });
    expect(program.stderr).toMatch(notClosed);
    await expectAllBack();
  });

  it('an uncaught exception', async () => {
    await using program = new Program(process.execPath, [streamProgram, 'throw']);
    expect(await program.ended).toEqual({ status: 1, signal: null });
    expect(program.stderr).toContain('Error: a mistake in the program');
    expect(program.stderr).toMatch(notClosed);
    await expectAllBack();
  });

  it('the camera is pulled out: a sample says so, and ends with status 1', async () => {
    await using program = cameraToDisplay();
    await program.says(/ shown [1-9]/);
    execFileSync('v4l2-ctl', ['-d', singlePlanarCamera(), '-c', 'disconnect=1']);
    expect(await program.ended).toEqual({ status: 1, signal: null });
    expect(program.stderr).toMatch(/^camera-to-display: /);
    expect(program.stderr).toMatch(unplugged(singlePlanarCamera()));
    await expectAllBack();
  });

  it.each([
    ['while it starts', () => allDmaBufs().length > 0],
    ['while its frames flow', streaming],
  ])('a worker thread is terminated %s', async (_, reached) => {
    const worker = new Worker(streamProgram, { argv: ['stream'] });
    const failed = new Promise<never>((_resolve, reject) => worker.once('error', reject));
    await Promise.race([until('the moment to end it', reached), failed]);
    await worker.terminate();
    await expectAllBack();
  });
}

/** Whether the process still has a handler of its own for SIGINT; one that is gone has none. */
function sigintHandled(pid: number): boolean {
  const path = `/proc/${pid}/status`;
  const status = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return (caught & (1n << 1n)) !== 0n;
}
