import { heapsCommand } from '../../../src/cli/heaps';
import { FakeKernel } from '../../../src/testing';

function machine(): FakeKernel {
  const kernel = new FakeKernel();
  kernel.addHeap('system', { contiguous: false });
  kernel.addHeap('default_cma_region', { contiguous: true });
  kernel.addHeap('reserved', { contiguous: true, aliasOf: 'default_cma_region' });
  return kernel;
}

it('prints heaps as JSON, memory with two names once', () => {
  const { stdout, stderr, exitCode } = heapsCommand(machine(), { json: true });
  expect(JSON.parse(stdout)).toEqual([
    {
      name: 'default_cma_region',
      kind: 'contiguous',
      path: '/dev/dma_heap/default_cma_region',
      aliases: ['reserved'],
      permitted: true,
    },
    { name: 'system', kind: 'system', path: '/dev/dma_heap/system', aliases: [], permitted: true },
  ]);
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
});

it('prints heaps as a table', () => {
  expect(heapsCommand(machine(), {}).stdout.split('\n')).toEqual([
    'NAME                KIND        ALSO NAMED  PERMITTED  PATH',
    'default_cma_region  contiguous  reserved    yes        /dev/dma_heap/default_cma_region',
    'system              system      -           yes        /dev/dma_heap/system',
  ]);
});

it('hints at the udev rule where a heap may not be opened', () => {
  const kernel = machine();
  kernel.setPermission('/dev/dma_heap/system', { readable: false, writable: false });
  const { stdout, stderr, exitCode } = heapsCommand(kernel, {});
  expect(stdout).toMatch(/^system .* no +\/dev\/dma_heap\/system$/m);
  expect(stderr).toContain('SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660"');
  expect(exitCode).toBe(0);
});

it('fails where the kernel has no heaps; --json still prints a list', () => {
  const kernel = new FakeKernel();
  expect(heapsCommand(kernel, {})).toMatchObject({ stdout: '', exitCode: 1 });
  const { stdout, stderr, exitCode } = heapsCommand(kernel, { json: true });
  expect({ stdout, exitCode }).toEqual({ stdout: '[]', exitCode: 1 });
  expect(stderr).toContain('/dev/dma_heap does not exist');
  expect(stderr).toContain('CONFIG_DMABUF_HEAPS=y');
});
