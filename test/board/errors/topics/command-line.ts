/** The `dmaflow` command and the samples' options, as a user types them. */
import { loadKernel } from 'dmaflow';
import { type DevicesReport, devicesCommand } from '../../../../src/cli/devices';
import { heapsCommand } from '../../../../src/cli/heaps';
import { multiPlanarCamera, singlePlanarCamera } from '../../../support/board/devices';
import { Program, sample } from '../../../support/board/program';

/** `npx dmaflow …`, which on the board is the checkout's own command. */
const dmaflow = (...args: string[]) => new Program('npx', ['dmaflow', ...args]);

export function commandLine(): void {
  it('heaps --json', async () => {
    await using program = dmaflow('heaps', '--json');
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(JSON.parse(program.stdout)).toEqual([
      {
        name: 'default_cma_region',
        kind: 'contiguous',
        path: '/dev/dma_heap/default_cma_region',
        aliases: ['reserved'],
        permitted: true,
      },
      { name: 'system', kind: 'system', path: '/dev/dma_heap/system', aliases: [], permitted: true },
    ]);
    expect(program.stderr).toBe('');
  });

  it('heaps', () => {
    const { stdout, stderr, exitCode } = heapsCommand(loadKernel(), {});
    expect([stderr, exitCode]).toEqual(['', 0]);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['NAME', 'KIND', 'ALSO NAMED', 'PERMITTED', 'PATH'],
      ['default_cma_region', 'contiguous', 'reserved', 'yes', '/dev/dma_heap/default_cma_region'],
      ['system', 'system', '-', 'yes', '/dev/dma_heap/system'],
    ]);
  });

  it('devices --json', async () => {
    await using program = dmaflow('devices', '--json');
    expect((await program.ended).status).toBe(0);
    const { cameras, displays }: DevicesReport = JSON.parse(program.stdout);
    const vivid = cameras.filter(({ driver }) => driver === 'vivid');
    expect(vivid.map(({ path, multiplanar, permitted }) => [path, multiplanar, permitted])).toEqual([
      [singlePlanarCamera(), false, true],
      [multiPlanarCamera(), true, true],
    ]);
    const format = (name: string, camera = 0, separatePlanes = false) =>
      vivid[camera]?.formats.find((each) => each.name === name && each.separatePlanes === separatePlanes);
    expect(format('XRGB8888')).toMatchObject({ fourcc: 'XR24' });
    expect(format('XRGB8888')?.sizes).toContainEqual({
      width: 1280,
      height: 720,
      fps: [60, 50, 40, 30, 25, 15, 12.5, 10, 5, 4, 2, 1],
    });
    expect(format('NV12', 0, true)).toBeUndefined();
    expect(format('NV12', 1, true)).toMatchObject({ fourcc: 'NM12' });

    expect(displays.map(({ driver }) => driver)).toEqual(['vkms']);
    const [screen, writeback] = displays[0]?.connectors ?? [];
    expect(screen).toMatchObject({ name: 'Virtual-1', connected: true, writeback: false });
    expect(screen?.modes).toContainEqual({ width: 1280, height: 720, refresh: 60, preferred: false });
    expect(writeback).toMatchObject({ name: 'Writeback-1', writeback: true });
  });

  it('devices', () => {
    const { stdout, exitCode } = devicesCommand(loadKernel(), {});
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`  ${singlePlanarCamera()}  vivid (driver vivid, platform:vivid-000)\n`);
    expect(stdout).toContain(
      `  ${multiPlanarCamera()}  vivid (driver vivid, platform:vivid-001, multi-planar)\n`,
    );
    expect(stdout).toMatch(/^ {6}1280x720 +60, 50, 40, 30/m);
    expect(stdout).toMatch(/driver vkms\n {4}Virtual-1 {2}connected\n.*1024x768 60 Hz \(preferred\)/);
  });

  it.each([
    [['heaps', '--jsn'], "unknown option '--jsn'\n(Did you mean --json?)"],
    [['heap'], "unknown command 'heap'\n(Did you mean one of heaps, help?)"],
  ])('dmaflow %j is refused', async (args, message) => {
    await using program = dmaflow(...args);
    expect((await program.ended).status).toBe(1);
    expect(program.stdout).toBe('');
    expect(program.stderr).toContain(message);
  });

  it('list-heaps', async () => {
    await using program = sample('list-heaps');
    expect((await program.ended).status).toBe(0);
    expect(program.stdout).toMatch(/^default_cma_region: contiguous, also called reserved$/m);
    expect(program.stdout).toMatch(/^contiguous -> default_cma_region \(/m);
    expect(program.stdout).toMatch(/^cpu -> system \(/m);
    expect(program.stdout.trim().split('\n').at(-1)).toBe('heaps=2');
  });

  it('a sample says which option is wrong, and ends with status 1', async () => {
    await using program = sample('camera-to-display', '--size', 'big');
    expect((await program.ended).status).toBe(1);
    expect(program.stderr).toBe(
      "camera-to-display: --size takes WIDTHxHEIGHT, such as 1280x720, got 'big'\n",
    );
  });
}
