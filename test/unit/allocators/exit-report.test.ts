import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { exitReport, type OpenHandle } from '../../../src/allocators/exit-report';

const handle = (more: Partial<OpenHandle> = {}): OpenHandle => ({
  name: 'dmaflow:812/camera:0',
  inode: 1,
  length: 2 ** 20,
  heap: 'system',
  place: undefined,
  ...more,
});

it('is silent where nothing is open', () => {
  expect(exitReport([])).toBeUndefined();
});

it('counts buffers, not handles, and hints at tracing', () => {
  expect(exitReport([handle(), handle(), handle({ inode: 2 })])).toBe(
    'dmaflow: 2 dma-bufs were not closed at exit (2.0 MiB): close() them, and stop() pipelines. ' +
      'Run with DMAFLOW_TRACE=1 to see where they were made.\n',
  );
});

it('prints each place once, with the buffers that were made there', () => {
  const place = 'Made\n    at start (/app/camera.js:12:3)';
  expect(exitReport([handle({ place }), handle({ inode: 2, name: 'second', heap: undefined, place })])).toBe(
    'dmaflow: 2 dma-bufs were not closed at exit (2.0 MiB):\n' +
      "  'dmaflow:812/camera:0' (1048576 bytes of system)\n  'second' (1048576 bytes)\n" +
      `  ${place}\n`,
  );
});

describe('a program that leaves a buffer open', () => {
  const checkout = join(__dirname, '../../..');
  const keep = `
    const { DmaBuf } = require('${checkout}/src/allocators/dma-buf.ts');
    const kernel = { dmaBufSize: () => 4096, dmaBufInode: () => 7, dmaBufSetName() {}, close() {} };
    function keep() { return DmaBuf.adopt(kernel, 3, { name: 'kept', heap: 'system' }); }
    const buffer = keep();\n`;

  function stderrOf(program: string, env: Record<string, string> = {}): string {
    const hook = join(checkout, 'test/support/typescript-hook.js');
    const { stderr } = spawnSync(process.execPath, ['--require', hook, '-e', program], {
      env: { ...process.env, DMAFLOW_TRACE: '0', ...env },
      encoding: 'utf8',
    });
    return stderr;
  }

  const inWorker = (code: string) =>
    `new (require('node:worker_threads').Worker)(${JSON.stringify(code)}, { eval: true });`;

  it.each([
    ['ends', keep],
    ['calls process.exit()', `${keep} process.exit(3);`],
    ['throws', `${keep} queueMicrotask(() => { throw new Error('a mistake'); });`],
    ['ends its worker', inWorker(keep)],
    ['calls process.exit() in its worker', inWorker(`${keep} process.exit();`)],
    ['throws in its worker', inWorker(`${keep} throw new Error('a mistake');`)],
  ])('and %s says so', (_, program) => {
    expect(stderrOf(program)).toContain('dmaflow: 1 dma-buf was not closed at exit (0.0 MiB): close() them');
  });

  it('says where with DMAFLOW_TRACE=1', () => {
    expect(stderrOf(keep, { DMAFLOW_TRACE: '1' })).toMatch(
      /not closed at exit.*:\n {2}'kept' \(4096 bytes of system\)\n {2}Made\n[\s\S]*at keep /,
    );
  });

  it('is silent where it closes it', () => {
    expect(stderrOf(`${keep} buffer.close();`)).toBe('');
  });
});
