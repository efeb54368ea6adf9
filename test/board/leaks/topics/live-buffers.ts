/** `dmaflow buffers` of a program that streams, and what an exit says of buffers that are left open. */
import { join } from 'node:path';
import { allDmaBufs } from '../../../support/board/dma-bufs';
import { checkout, Program } from '../../../support/board/program';
import { until } from '../../../support/board/until';
import { asUser } from '../../../support/board/user';

const streamProgram = join(__dirname, '../programs/stream.js');
const dmaflow = ['node', join(checkout, 'dist/cli/main.js')];

/** What a command prints; fails where it does not end with `status`. */
async function outputOf([program = '', ...args]: string[], status = 0) {
  await using running = new Program(program, args);
  expect(await running.ended).toEqual({ status, signal: null });
  return { stdout: running.stdout, stderr: running.stderr };
}

export function liveBuffers(): void {
  const attached = () => allDmaBufs().filter(({ devices }) => devices.length === 2);

  it('lists its buffers with owner, stage, size, heap, age and devices', async () => {
    await using program = new Program(process.execPath, [streamProgram, 'stream']);
    await until('buffers of camera and display', () => attached().length > 0 || program.over);
    const { pid } = program;
    const { stdout } = await outputOf([...dmaflow, 'buffers', '--pid', String(pid), '--json']);
    const { buffers, debugfs } = JSON.parse(stdout);
    expect(debugfs).toBe(true);
    expect(buffers.length).toBeGreaterThanOrEqual(3);
    for (const [index, buffer] of buffers.entries()) {
      expect(buffer).toMatchObject({
        name: `dmaflow:${pid}/camera:${index}`,
        owners: [{ pid, command: expect.stringMatching(/^node|MainThread$/) }],
        stage: 'camera',
        index,
        madeBy: pid,
        size: 640 * 480 * 4,
        heap: 'default_cma_region',
        devices: expect.arrayContaining(['vkms']),
      });
      expect(buffer.age).toBeGreaterThanOrEqual(0);
      expect(buffer.age).toBeLessThan(110);
    }
    const all = await outputOf([...dmaflow, 'buffers']);
    expect(all.stderr).toBe('');
    const first = `^\\S+ \\(${pid}\\) +camera 0 +1\\.2 MiB +default_cma_region +\\d+ s .*vkms`;
    expect(all.stdout).toMatch(new RegExp(first, 'm'));
    expect(all.stdout).toContain(`\n${buffers.length} dma-bufs, `);
    const refused = await outputOf(asUser(...dmaflow, 'buffers', '--pid', String(pid)), 1);
    expect(refused).toMatchObject({ stdout: '' });
    expect(refused.stderr).toContain(`you may not look into process ${pid} (`);
  });

  it('DMAFLOW_TRACE=1: process.exit() in a stage says where its buffers were made', async () => {
    await using program = new Program(process.execPath, [streamProgram, 'exit'], { DMAFLOW_TRACE: '1' });
    expect(await program.ended).toEqual({ status: 3, signal: null });
    expect(program.stderr).toMatch(/^dmaflow: \d+ dma-bufs were not closed at exit \(\d+\.\d MiB\):\n/);
    expect(program.stderr).toContain(
      `'dmaflow:${program.pid}/camera:0' (1228800 bytes of default_cma_region)`,
    );
    expect(program.stderr).toContain(streamProgram);
  });
}
