/** 10,000 frames from camera to display: what the program holds at the thousandth it holds at the last. */
import { existsSync, readFileSync } from 'node:fs';
import { allDmaBufs, openFiles } from '../../../support/board/dma-bufs';
import { figuresOf, type Program, sample } from '../../../support/board/program';
import { until } from '../../../support/board/until';

const FRAMES = 10_000;
const LOOK_EVERY_MS = 4000;
/** Where each frame left 400 bytes behind it would be more; node's own heap grows by less before it is collected. */
const MOST_GROWTH_KB = 2000;

interface Look {
  /** Private memory, kB: what is mapped from files grows as code is first used. */
  memory: number;
  files: string[];
  dmaBufs: number[];
}

it(`${FRAMES} frames leave memory, fds and dma-bufs as they were`, async () => {
  const options = ['--frames', String(FRAMES), '--size', '640x480', '--fps', '60', '--driver', 'vivid'];
  await using program = sample('camera-to-display', ...options);
  await program.says(/shown [1-9]\d{3}/, 3600);
  const looks: Look[] = [];
  while (!program.over) {
    const seen = look(program);
    if (seen) looks.push(seen);
    const next = performance.now() + LOOK_EVERY_MS;
    await until('the next look', () => program.over || performance.now() >= next);
  }
  // The last may have come upon the end.
  looks.pop();

  expect(await program.ended).toEqual({ status: 0, signal: null });
  const { shown, dropped } = figuresOf(program);
  expect(shown + dropped).toBe(FRAMES);
  expect(shown).toBeGreaterThan(FRAMES / 2);

  expect(looks.length).toBeGreaterThanOrEqual(10);
  const [first] = looks;
  expect(first?.files.filter((file) => file.startsWith('/dmabuf:')).length).toBeGreaterThanOrEqual(4);
  for (const { files, dmaBufs } of looks)
    expect({ files, dmaBufs }).toEqual({ files: first?.files, dmaBufs: first?.dmaBufs });
  const memory = looks.map((each) => each.memory);
  process.stdout.write(`    private memory, kB: ${memory.join(' ')}\n`);
  const part = Math.floor(looks.length / 4);
  expect(mean(memory.slice(-part)) - mean(memory.slice(0, part))).toBeLessThan(MOST_GROWTH_KB);

  expect(allDmaBufs()).toEqual([]);
});

/** Undefined where the program has ended. */
function look({ pid }: Program): Look | undefined {
  const status = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : '';
  const memory = /^RssAnon:\s*(\d+) kB$/m.exec(status)?.[1];
  if (memory === undefined) return undefined;
  return {
    memory: Number(memory),
    files: openFiles(pid)
      .map(({ target }) => target)
      .sort(),
    dmaBufs: allDmaBufs().map(({ inode }) => inode),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
