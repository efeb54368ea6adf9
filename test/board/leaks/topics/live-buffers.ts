/** `dmaflow buffers` of a program that streams, and what an exit says of buffers that are left open. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { loadKernel } from 'dmaflow';
import { type BuffersReport, buffersCommand } from '../../../../src/cli/buffers';
import { allDmaBufs } from '../../../support/board/dma-bufs';
import { checkout, Program } from '../../../support/board/program';
import { until } from '../../../support/board/until';

const streamProgram = join(__dirname, '../programs/stream.js');

export function liveBuffers(): void {
  const report = (pid?: number): BuffersReport =>
    JSON.parse(buffersCommand(loadKernel(), { json: true, ...(pid ? { pid: String(pid) } : {}) }).stdout);
  const attached = () => allDmaBufs().filter(({ devices }) => devices.length === 2);

  it('lists its buffers with owner, stage, size, heap, age and devices', async () => {
    await using program = new Program(process.execPath, [streamProgram, 'stream']);
    await until('buffers of camera and display', () => attached().length > 0 || program.over);
    const { pid } = program;
    const { buffers, debugfs } = report(pid);
    expect(debugfs).toBe(true);
    expect(buffers.length).toBeGreaterThanOrEqual(3);
    expect(buffers.map(({ index }) => index)).toEqual(buffers.map((_, index) => index));
    for (const buffer of buffers) {
      expect(buffer).toMatchObject({
        name: `dmaflow:${pid}/camera:${buffer.index}`,
        owners: [{ pid, command: 'node' }],
        stage: 'camera',
        madeBy: pid,
        size: 640 * 480 * 4,
        heap: 'default_cma_region',
        devices: expect.arrayContaining(['vkms']),
      });
      expect(buffer.age).toBeGreaterThanOrEqual(0);
      expect(buffer.age).toBeLessThan(110);
    }
    expect(report().buffers).toHaveLength(buffers.length);
    const { stdout, stderr } = buffersCommand(loadKernel(), {});
    expect(stdout).toMatch(
      new RegExp(`^node \\(${pid}\\) +camera 0 +1\\.2 MiB +default_cma_region +\\d+ s +.*vkms`, 'm'),
    );
    expect(stderr).toBe('');
    expect(await refusedToUser(pid)).toContain(`you may not look into process ${pid} (`);
    expect(report(process.pid).buffers).toEqual([]);
  });

  it('DMAFLOW_TRACE=1: process.exit() in a stage says where its buffers were made', async () => {
    await using program = new Program(process.execPath, [streamProgram, 'exit'], { DMAFLOW_TRACE: '1' });
    expect(await program.ended).toEqual({ status: 3, signal: null });
    expect(program.stderr).toMatch(/^dmaflow: \d+ dma-bufs were not closed at exit \(\d+\.\d MiB\):\n/);
    expect(program.stderr).toContain(
      `'dmaflow:${program.pid}/camera:0' (1228800 bytes of default_cma_region)`,
    );
    expect(program.stderr).toContain('BufferPool.allocate');
    expect(program.stderr).toContain(streamProgram);
  });
}

async function refusedToUser(pid: number): Promise<string> {
  const { uid, gid } = statSync(checkout);
  const user = [
    `--reuid=${uid || 1000}`,
    `--regid=${gid || 1000}`,
    '--clear-groups',
    '--inh-caps=-all',
    '--bounding-set=-all',
  ];
  const command = join(checkout, 'dist/cli/main.js');
  await using program = new Program('setpriv', [
    ...user,
    process.execPath,
    command,
    'buffers',
    '--pid',
    String(pid),
  ]);
  expect((await program.ended).status).toBe(1);
  return program.stderr;
}
