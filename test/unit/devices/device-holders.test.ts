import { describeHolders, findHolders } from '../../../src/devices/device-holders';
import { errnoNumber, KernelError } from '../../../src/errors';
import { FakeKernel } from '../../../src/testing';

function machine(links: Record<string, string>): FakeKernel {
  const kernel = new FakeKernel();
  for (const path of Object.keys(links)) kernel.addText(path, '');
  jest.spyOn(kernel, 'linkName').mockImplementation((path) => links[path]);
  kernel.addText('/proc/812/comm', 'ffmpeg\n');
  kernel.addText('/proc/meminfo', '');
  return kernel;
}

it('finds every process that has the node open, by pid and name', () => {
  const kernel = machine({
    '/proc/812/fd/0': 'null',
    '/proc/812/fd/7': 'video0',
    '/proc/900/fd/3': 'video0',
    '/proc/901/fd/3': 'video1',
  });
  expect(findHolders(kernel, '/dev/video0')).toEqual([
    { pid: 812, command: 'ffmpeg' },
    { pid: 900, command: 'unknown' },
  ]);
  expect(describeHolders(kernel, '/dev/video0')).toBe('ffmpeg (pid 812) and unknown (pid 900)');
});

it('follows a link to the node', () => {
  const kernel = machine({ '/proc/812/fd/7': 'video0', '/dev/v4l/by-id/webcam': 'video0' });
  expect(findHolders(kernel, '/dev/v4l/by-id/webcam')).toHaveLength(1);
});

it('does not count the caller’s own fd, but counts this program’s others', () => {
  const own = `/proc/${process.pid}/fd`;
  const alone = machine({ [`${own}/20`]: 'video0' });
  expect(describeHolders(alone, '/dev/video0', 20)).toBeUndefined();
  const twice = machine({ [`${own}/20`]: 'video0', [`${own}/21`]: 'video0' });
  expect(describeHolders(twice, '/dev/video0', 20)).toBe('this program itself');
});

it('passes over processes that may not be looked into', () => {
  const kernel = machine({ '/proc/812/fd/7': 'video0', '/proc/900/fd/3': 'video0' });
  const list = kernel.listDirectory.bind(kernel);
  jest.spyOn(kernel, 'listDirectory').mockImplementation((path) => {
    if (path === '/proc/900/fd') throw new KernelError('open', errnoNumber('EACCES'), path);
    return list(path);
  });
  expect(findHolders(kernel, '/dev/video0').map(({ pid }) => pid)).toEqual([812]);
});
