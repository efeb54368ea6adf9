import { constants } from 'node:os';
import { errnoName, errnoNumber, isKernelError, KernelError, StageError } from '../../src/errors';

describe('KernelError', () => {
  it("has the shape of Node's system errors, and the kernel's spelling", () => {
    const error = new KernelError('VIDIOC_S_FMT', 16, '/dev/video0');
    expect(error).toMatchObject({ code: 'EBUSY', errno: -16, syscall: 'VIDIOC_S_FMT', path: '/dev/video0' });
    expect(error.message).toBe('VIDIOC_S_FMT on /dev/video0: EBUSY');
  });

  it('takes advice without losing itself', () => {
    const error = new KernelError('VIDIOC_S_FMT', 16);
    const advised = error.advise('Stop the other program.', '/dev/video0');
    expect(advised.message).toBe('VIDIOC_S_FMT on /dev/video0: EBUSY. Stop the other program.');
    expect(advised.cause).toBe(error);
    expect(isKernelError(advised, 'EBUSY', 'EIO')).toBe(true);
    expect(isKernelError(advised, 'EIO')).toBe(false);
  });
});

describe('errnoName', () => {
  it.each([
    [11, 'EAGAIN'],
    [35, 'EDEADLK'],
    [95, 'EOPNOTSUPP'],
    [4321, 'errno 4321'],
  ])('%d is %s', (errno, name) => expect(errnoName(errno)).toBe(name));

  it('gives every number of errno.h back', () => {
    for (const errno of Object.values(constants.errno)) {
      expect(errnoNumber(errnoName(errno) as keyof typeof constants.errno)).toBe(errno);
    }
  });
});

describe('StageError', () => {
  it('names the stage, also for what is not an Error', () => {
    expect(new StageError('box', new Error('no')).message).toBe("stage 'box' threw: no");
    expect(new StageError('box', undefined).message).toBe("stage 'box' threw: undefined");
  });
});
