import { doctorCommand, type Surroundings } from '../../../src/cli/doctor';
import type { DoctorReport } from '../../../src/cli/doctor-report';
import { UnsupportedError } from '../../../src/errors';
import type { GStreamerStatus } from '../../../src/gstreamer/status';
import { FakeKernel } from '../../../src/testing';

const GSTREAMER: GStreamerStatus = {
  version: '1.22.0',
  nodeGtk: '4.1.1',
  elements: 200,
  found: ['videoconvert'],
  missing: [],
  faults: [],
};
const LIMITS =
  'Limit  Soft Limit  Hard Limit  Units\nMax open files  1024  4096  files\nMax realtime priority  10  10\n';

function board(): FakeKernel {
  const kernel = new FakeKernel();
  kernel.addHeap('system', { contiguous: false });
  kernel.addHeap('default_cma_region', { contiguous: true });
  kernel.addCamera();
  kernel.addCard();
  return kernel;
}

function around(kernel: FakeKernel, changes: Partial<Surroundings> = {}): Surroundings {
  return {
    dmaflow: '1.2.3',
    loadKernel: () => kernel,
    gstreamer: () => GSTREAMER,
    readText: (path) => (path === '/proc/self/limits' ? LIMITS : kernel.readText(path)),
    libdrmVersion: () => '2.4.114',
    root: false,
    ...changes,
  };
}

function examine(from: Surroundings): DoctorReport & { exitCode: number } {
  const { stdout, exitCode } = doctorCommand(from, { json: true });
  return { ...(JSON.parse(stdout) as DoctorReport), exitCode };
}

it('finds nothing wrong where everything is there', () => {
  const report = examine(around(board()));
  expect(report.problems).toEqual([]);
  expect(report.exitCode).toBe(0);
  expect(report.versions).toMatchObject({
    dmaflow: '1.2.3',
    node: process.versions.node,
    gstreamer: '1.22.0',
  });
  expect(report.limits).toEqual({ realtimePriority: 10, openFiles: 1024, root: false });
  expect(report.heaps.map(({ name }) => name)).toEqual(['default_cma_region', 'system']);
  expect(report.cameras).toHaveLength(1);
  expect(report.displays).toHaveLength(1);
  expect(doctorCommand(around(board()), {}).stdout).toMatch(/No problems found\.$/);
});

it('works where there is nothing, and says what comes first', () => {
  const report = examine(around(new FakeKernel()));
  expect(report.problems.map(({ severity }) => severity)).toEqual(['error', 'note', 'note']);
  expect(report.problems[0]).toMatchObject({
    what: expect.stringContaining('/dev/dma_heap does not exist'),
    advice: expect.stringContaining('CONFIG_DMABUF_HEAPS=y'),
  });
  expect(report.exitCode).toBe(1);
});

it('works where the addon does not load: no device is missed that nobody could look for', () => {
  const { problems, exitCode, versions } = examine(
    around(new FakeKernel(), {
      loadKernel: () => {
        throw new UnsupportedError('the native addon of dmaflow does not load: broken\nBuild it with make');
      },
    }),
  );
  expect(problems).toEqual([
    {
      severity: 'error',
      what: 'the native addon of dmaflow does not load: broken',
      advice: 'Build it with make',
    },
  ]);
  expect({ exitCode, addon: versions.addon }).toEqual({ exitCode: 1, addon: null });
});

it('names what may not be opened, with the rule and the group', () => {
  const kernel = board();
  for (const path of ['/dev/dma_heap/system', '/dev/video0', '/dev/dri/card0']) {
    kernel.setPermission(path, { readable: false, writable: false });
  }
  const { problems, exitCode } = examine(around(kernel));
  expect(problems).toEqual([
    expect.objectContaining({
      what: 'you may not open the heap system',
      advice: expect.stringContaining('udev rule'),
    }),
    expect.objectContaining({
      what: 'you may not open the camera /dev/video0',
      advice: expect.stringContaining('usermod'),
    }),
    expect.objectContaining({ what: 'you may not open the card /dev/dri/card0' }),
  ]);
  expect(exitCode).toBe(0);
});

it('advises on real-time priority, but not root', () => {
  const readText = (path: string) =>
    path === '/proc/self/limits' ? LIMITS.replaceAll('10', '0') : undefined;
  expect(examine(around(board(), { readText })).problems).toEqual([
    expect.objectContaining({ severity: 'note', advice: expect.stringContaining('rtprio') }),
  ]);
  expect(examine(around(board(), { readText, root: true })).problems).toEqual([]);
});

it('warns of contiguous memory that is nearly used up', () => {
  const readText = (path: string) =>
    path === '/proc/meminfo' ? 'CmaTotal:  262144 kB\nCmaFree:  8192 kB\n' : LIMITS;
  const { problems, memory } = examine(around(board(), { readText }));
  expect(memory).toEqual({ cmaTotal: 262144 * 1024, cmaFree: 8192 * 1024 });
  expect(problems).toEqual([expect.objectContaining({ what: expect.stringContaining('only 8 MiB') })]);
});

it('says what to install for GStreamer, all of a package at once', () => {
  const missing = [
    { element: 'jpegenc', purpose: 'JPEG', package: 'gstreamer1.0-plugins-good' },
    { element: 'udpsink', purpose: 'RTP', package: 'gstreamer1.0-plugins-good' },
    { element: 'oddity', purpose: 'something', package: null },
  ];
  const faults = ['GstPipeline is not available: no node-gtk. On Debian and Ubuntu: apt-get install x'];
  const gstreamer = (): GStreamerStatus => ({ ...GSTREAMER, nodeGtk: null, missing, faults });
  const { problems, exitCode } = examine(around(board(), { gstreamer }));
  expect(problems).toEqual([
    {
      severity: 'note',
      what: 'GstPipeline is not available: no node-gtk (nothing else needs it)',
      advice: 'On Debian and Ubuntu: apt-get install x',
    },
    {
      severity: 'note',
      what: 'GStreamer has no jpegenc (JPEG), udpsink (RTP)',
      advice: 'on Debian and Ubuntu: apt-get install gstreamer1.0-plugins-good',
    },
    expect.objectContaining({ what: 'GStreamer has no oddity (something)' }),
  ]);
  expect(exitCode).toBe(0);
});
