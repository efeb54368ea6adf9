/** One camera to a display, an analysis at 5 fps and a file: the camera's own buffers for all, synced only where somebody looks. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSink, type LinkStats, Pipeline } from 'dmaflow';
import { failureOf, smallCamera } from '../../../support/board/pipelines';
import { helperPath, sample } from '../../../support/board/program';
import { syncCalls, type Traced, traced } from '../../../support/board/strace';
import { SyncLog } from '../../../support/board/sync-log';

/** What tee-stages takes of the camera for the analysis, and for the file. */
const FRAMES = 20;
const FRAMES_IN_FILE = 8;
/** Microseconds: 5 a second. */
const INTERVAL = 200_000;
const FRAME = 320 * 180 * 4;
const DMA_BUF_SYNC_READ = 1;
const DMA_BUF_SYNC_END = 4;

interface Run {
  name: string;
  links: LinkStats[];
  syncCalls: number;
  /** Of the analysis: the frames' timestamps; of the file's witness: their digests. */
  kept: (string | number)[];
  exporters: string[];
}

describe('a tee of display, analysis and file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tee-'));
  const file = join(folder, 'frames.raw');
  const log = new SyncLog();
  let trace: Traced;
  let runs: Run[];

  beforeAll(async () => {
    trace = await traced(helperPath('tee-stages'), [file], log.env);
    runs = trace.program.stdout.split('\n').flatMap((line) => (line.startsWith('{') ? JSON.parse(line) : []));
  });

  const linkTo = (stage: string) =>
    runs.flatMap(({ links }) => links).find(({ to }) => to === stage) ?? ({} as LinkStats);

  it('the buffers are contiguous, in both pipelines', () => {
    expect(trace.program.stderr).toBe('');
    expect(runs.map(({ name }) => name)).toEqual(['analysis', 'file']);
    for (const { exporters } of runs) expect(new Set(exporters)).toEqual(new Set(['default_cma_region']));
  });

  it('the analysis gets the frames of its rate, and only they are synced, for reading', () => {
    const looks = (runs[0]?.kept ?? []).map(Number);
    const { frames, notDue, dropped, ...link } = linkTo('analysis');
    expect(frames).toBe(looks.length);
    expect(frames).toBeGreaterThan(1);
    expect(notDue).toBeGreaterThan(0);
    const pieces = looks.map((time) => Math.floor((time - (looks[0] ?? 0)) / INTERVAL));
    expect(pieces).toEqual([...new Set(pieces)]);
    expect(frames + notDue + dropped).toBe(FRAMES);
    expect(link).toMatchObject({ copies: 0, cpuWrites: 0, cpuBytes: frames * FRAME, syncCalls: frames * 2 });
    expect(link.syncTime).toBeGreaterThan(0);
    // The log is of both pipelines; this one was first.
    const flags = log.entries.slice(0, frames * 2).map((entry) => entry.flags);
    const pair = [DMA_BUF_SYNC_READ, DMA_BUF_SYNC_READ | DMA_BUF_SYNC_END];
    expect(flags).toEqual(Array.from({ length: frames }, () => pair).flat());
  });

  it('counters, strace and the log of the calls agree', () => {
    const counted = runs.flatMap(({ links }) => links).reduce((sum, link) => sum + link.syncCalls, 0);
    expect(counted).toBe(syncCalls(trace.calls).length);
    expect(counted).toBe(log.entries.length);
    expect(counted).toBe(runs.reduce((sum, run) => sum + run.syncCalls, 0));
    expect(log.entries.every(({ flags }) => (flags & ~DMA_BUF_SYNC_END) === DMA_BUF_SYNC_READ)).toBe(true);
  });

  it("the file's bytes are those of the captured frames", () => {
    const digests = runs[1]?.kept ?? [];
    expect(linkTo('witness').dropped + linkTo('file').dropped).toBe(0);
    expect(digests).toHaveLength(FRAMES_IN_FILE);
    const bytes = readFileSync(file);
    expect(bytes.length).toBe(FRAMES_IN_FILE * FRAME);
    const written = digests.map((_, index) =>
      createHash('sha1')
        .update(bytes.subarray(index * FRAME, (index + 1) * FRAME))
        .digest('hex'),
    );
    expect(written).toEqual(digests);
    expect(new Set(digests).size).toBeGreaterThan(1);
  });

  it('a disk that is full stops the pipeline; the file ends with a whole frame', async () => {
    const disk = join(folder, 'small');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=700k', 'small', disk]);
    try {
      const full = join(disk, 'frames.raw');
      const failure = await failureOf(new Pipeline(smallCamera({ frames: 30 }), fileSink(full)));
      expect(failure.message).toMatch(/ENOSPC\. 2 frames \(0\.6 MiB\) are in it; make room/);
      expect(statSync(full).size).toBe(2 * 320 * 240 * 4);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('the sample says so', async () => {
    const out = join(folder, 'sample.raw');
    const options = [
      '--driver',
      'vivid',
      '--card',
      'vkms',
      '--size',
      '320x180',
      '--fps',
      '15',
      '--frames',
      '20',
    ];
    await using program = sample('camera-tee', ...options, '--format', 'XRGB8888', '--out', out);
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(program.stderr).toBe('');
    const { size } = statSync(out);
    expect(size).toBeGreaterThan(0);
    expect(size % FRAME).toBe(0);
    expect(program.stdout).toMatch(/^brightness=\d+(,\d+)+$/m);
  });
});
