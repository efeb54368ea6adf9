import { type BuffersReport, buffersCommand } from '../../../src/cli/buffers';
import { KernelError } from '../../../src/errors';
import { FakeKernel } from '../../../src/testing';

const BUFINFO = '/sys/kernel/debug/dma_buf/bufinfo';
const CAMERA = 'dmaflow:812/camera:3';

/** As procfs has them: fdinfo of one fd, with what `stat` says of the fd. */
class Machine extends FakeKernel {
  readonly changed = new Map<string, number>();

  constructor() {
    super();
    this.addHeap('system', { contiguous: false });
    this.addHeap('default_cma_region', { contiguous: true });
    this.addText('/proc/stat', `cpu  1 2 3\nbtime ${Math.round(Date.now() / 1000) - 3600}\n`);
  }

  addProcess(pid: number, command: string): void {
    this.addText(`/proc/${pid}/comm`, `${command}\n`);
    this.addText(`/proc/${pid}/fdinfo/0`, 'pos:\t0\nflags:\t02\nmnt_id:\t3\nino:\t5\n');
    this.addText(`/proc/${pid}/maps`, '00400000-00401000 r--p 00000000 fe:00 9 /usr/bin/node\n');
  }

  addFd(
    pid: number,
    fd: number,
    info: { inode: number; name?: string; exporter: string; age?: number },
  ): void {
    const name = info.name === undefined ? '' : `name:\t${info.name}\n`;
    this.addText(
      `/proc/${pid}/fdinfo/${fd}`,
      `pos:\t0\nflags:\t02000002\nmnt_id:\t12\nino:\t${info.inode}\nsize:\t4096\ncount:\t1\nexp_name:\t${info.exporter}\n${name}`,
    );
    if (info.age !== undefined) this.changed.set(`/proc/${pid}/fd/${fd}`, Date.now() - info.age * 1000);
  }

  override statNode(path: string) {
    const changed = this.changed.get(path);
    if (changed === undefined) return super.statNode(path);
    return { device: '0:0', uid: 0, gid: 0, mode: 0o600, changed, readable: true, writable: true };
  }
}

let kernel: Machine;

beforeEach(() => {
  kernel = new Machine();
  kernel.addProcess(812, 'node');
  kernel.addFd(812, 20, { inode: 7, name: CAMERA, exporter: 'default_cma_region', age: 12 });
});

function report(options: { pid?: string } = {}): BuffersReport {
  return JSON.parse(buffersCommand(kernel, { ...options, json: true }).stdout);
}

it('lists a buffer with its owner, stage, size, heap and age', () => {
  const { buffers } = report();
  expect(buffers).toEqual([
    {
      inode: 7,
      name: CAMERA,
      owners: [{ pid: 812, command: 'node', fds: 1, mappings: 0 }],
      stage: 'camera',
      index: 3,
      memoryPlane: null,
      madeBy: 812,
      size: 4096,
      heap: 'default_cma_region',
      exporter: 'default_cma_region',
      age: expect.closeTo(12, 0),
      devices: null,
    },
  ]);
});

it('counts a buffer once, with all processes that hold it by fds and mappings', () => {
  kernel.addFd(812, 21, { inode: 7, name: CAMERA, exporter: 'default_cma_region' });
  kernel.addProcess(900, 'compositor');
  kernel.addText('/proc/900/maps', `7f0000000000-7f0000001000 rw-s 00000000 00:0e 7  /dmabuf:${CAMERA}\n`);
  expect(report().buffers.map(({ inode, owners }) => [inode, owners])).toEqual([
    [
      7,
      [
        { pid: 812, command: 'node', fds: 2, mappings: 0 },
        { pid: 900, command: 'compositor', fds: 0, mappings: 1 },
      ],
    ],
  ]);
  expect(report({ pid: '900' }).buffers).toMatchObject([{ owners: [{ pid: 900 }], madeBy: 812, age: null }]);
});

it("shows devices, and what only the kernel holds, from debugfs; not under one process's", () => {
  kernel.addText(
    BUFINFO,
    '\nDma-buf Objects:\nsize\tflags\tmode\tcount\texp_name\tino\tname\n' +
      `00004096\t00000002\t00080007\t00000009\tdefault_cma_region\t00000007\t${CAMERA}\n` +
      '\tAttached Devices:\n\tvivid.0\nTotal 1 devices attached\n\n' +
      '00008192\t00000002\t00080007\t00000009\tvgem\t00000009\t<none>\n' +
      '\tAttached Devices:\nTotal 0 devices attached\n\n\nTotal 2 objects, 12288 bytes\n',
  );
  expect(report()).toMatchObject({
    debugfs: true,
    buffers: [
      { inode: 7, devices: ['vivid.0'], age: expect.closeTo(12, 0) },
      { inode: 9, size: 8192, name: '', stage: null, heap: null, exporter: 'vgem', owners: [], devices: [] },
    ],
  });
  expect(report({ pid: '812' }).buffers.map(({ inode, devices }) => [inode, devices])).toEqual([
    [7, ['vivid.0']],
  ]);
  expect(buffersCommand(kernel, {})).toEqual({
    stdout: [
      'OWNER       STAGE     SIZE   HEAP                AGE   DEVICES  NAME',
      'node (812)  camera 3  4 KiB  default_cma_region  12 s  vivid.0  dmaflow:812/camera:3',
      'the kernel  -         8 KiB  driver vgem         ?     -        -',
      '2 dma-bufs, 12 KiB',
    ].join('\n'),
    stderr: '',
    exitCode: 0,
  });
});

it.each([
  ['before the boot: the clock was set since', 7200],
  ['in the future', -60],
])('knows no age where the buffer was made %s', (_, age) => {
  kernel.addFd(812, 20, { inode: 7, name: CAMERA, exporter: 'system', age });
  expect(report().buffers[0]?.age).toBeNull();
});

describe('without permission', () => {
  beforeEach(() => {
    kernel.addProcess(900, 'compositor');
    const list = kernel.listDirectory.bind(kernel);
    jest.spyOn(kernel, 'listDirectory').mockImplementation((path) => {
      if (path === '/proc/900/fdinfo') throw new KernelError('open', 13, path);
      return list(path);
    });
  });

  it('says how many processes are hidden, and that debugfs is', () => {
    const { stderr, exitCode } = buffersCommand(kernel, {});
    expect(stderr).toContain('may not look into 1 process of other users: sudo');
    expect(stderr).toContain(
      `${BUFINFO} cannot be read: buffers that only the kernel holds, and the devices`,
    );
    expect(exitCode).toBe(0);
    expect(report()).toMatchObject({ hiddenProcesses: 1, debugfs: false });
  });

  it('refuses one process with what to do', () => {
    expect(buffersCommand(kernel, { pid: '900' })).toEqual({
      stdout: '',
      stderr: expect.stringMatching(
        /^dmaflow: you may not look into process 900 \(.*EACCES\): run this as its user, or with sudo$/,
      ),
      exitCode: 1,
    });
  });
});

it.each([
  ['77', 'there is no process 77'],
  ['x', "--pid takes the number of a process, got 'x'"],
  ['0', "got '0'"],
])('refuses --pid %s', (pid, message) => {
  const { stderr, exitCode } = buffersCommand(kernel, { pid });
  expect(stderr).toContain(message);
  expect(exitCode).toBe(1);
});

it('no buffer is no error', () => {
  const empty = new Machine();
  expect(buffersCommand(empty, {})).toMatchObject({ stdout: '0 dma-bufs, 0 KiB', exitCode: 0 });
});
