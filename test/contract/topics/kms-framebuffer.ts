import { fourcc } from '../../../src/testing/pixels';
import { overKernel, refusal, thrownBy } from '../bench';

overKernel((session) => {
  const openCard = () => session().open(session().bench.card, { access: 'read-write' });

  describe('import', () => {
    it('gives one handle for a dma-buf, however often it is imported', () => {
      const { kernel, bench } = session();
      const fd = openCard();
      const buffer = session().alloc(bench.contiguousHeap, 4096);
      const handle = kernel.kmsPrimeImport(fd, buffer);
      expect(kernel.kmsPrimeImport(fd, session().own(kernel.dup(buffer)))).toBe(handle);
      kernel.kmsGemClose(fd, handle);
      expect(thrownBy(() => kernel.kmsGemClose(fd, handle))).toEqual(
        refusal('DRM_IOCTL_GEM_CLOSE', 'EINVAL'),
      );
    });

    it('takes dma-bufs only', () => {
      const { kernel, bench } = session();
      const fd = openCard();
      const heap = session().open(bench.systemHeap, { access: 'read' });
      expect(thrownBy(() => kernel.kmsPrimeImport(fd, heap))).toEqual(
        refusal('DRM_IOCTL_PRIME_FD_TO_HANDLE', 'EINVAL', bench.card),
      );
    });

    it('works without a display', () => {
      const { kernel, bench } = session();
      const fd = session().open(bench.renderCard);
      kernel.kmsGemClose(fd, kernel.kmsPrimeImport(fd, session().alloc(bench.systemHeap, 4096)));
    });
  });

  describe('a framebuffer', () => {
    const add = (
      overrides: {
        handle?: number;
        width?: number;
        stride?: number;
        format?: string;
        modifier?: bigint;
      } = {},
    ) => {
      const { kernel, bench } = session();
      const fd = openCard();
      const handle =
        overrides.handle ?? kernel.kmsPrimeImport(fd, session().alloc(bench.contiguousHeap, 256 * 64 * 4));
      const { width = 256, stride = 1024, format = 'XR24', modifier } = overrides;
      const planes = [{ handle, stride, offset: 0 }];
      const request = {
        width,
        height: 64,
        fourcc: fourcc(format),
        planes,
        ...(modifier === undefined ? {} : { modifier }),
      };
      return { fd, id: kernel.kmsAddFramebuffer(fd, request) };
    };

    it('is added and removed once', () => {
      const { kernel } = session();
      const { fd, id } = add();
      kernel.kmsRemoveFramebuffer(fd, id);
      expect(thrownBy(() => kernel.kmsRemoveFramebuffer(fd, id))).toEqual(
        refusal('DRM_IOCTL_MODE_RMFB', 'ENOENT'),
      );
    });

    it('keeps its memory when handle and fd are closed', () => {
      const { kernel, bench } = session();
      const fd = openCard();
      const buffer = session().alloc(bench.contiguousHeap, 256 * 64 * 4);
      const handle = kernel.kmsPrimeImport(fd, buffer);
      const planes = [{ handle, stride: 1024, offset: 0 }];
      const id = kernel.kmsAddFramebuffer(fd, { width: 256, height: 64, fourcc: fourcc('XR24'), planes });
      kernel.kmsGemClose(fd, handle);
      kernel.close(buffer);
      kernel.kmsRemoveFramebuffer(fd, id);
    });

    it('takes the LINEAR modifier where it is given', () => {
      add({ modifier: 0n });
    });

    it.each([
      ['a handle that is not there', { handle: 77 }, 'ENOENT'],
      ['no handle', { handle: 0 }, 'EINVAL'],
      ['a stride that is too short', { stride: 1000 }, 'EINVAL'],
      ['a buffer that is too small', { stride: 2048 }, 'EINVAL'],
      ['a size that is too small', { width: 4 }, 'EINVAL'],
      ['a format that no plane has', { format: 'YUYV', stride: 512 }, 'EINVAL'],
      ['a modifier that no plane has', { modifier: 0x0100000000000001n }, 'EINVAL'],
    ] as const)('refuses %s', (_what, overrides, code) => {
      expect(thrownBy(() => add(overrides))).toEqual(
        refusal('DRM_IOCTL_MODE_ADDFB2', code, session().bench.card),
      );
    });

    it('has a dma-buf for each colour plane, or one for all', () => {
      const { kernel, bench } = session();
      const fd = openCard();
      const size = 256 * 64;
      const whole = kernel.kmsPrimeImport(fd, session().alloc(bench.contiguousHeap, size * 1.5));
      const chroma = kernel.kmsPrimeImport(fd, session().alloc(bench.contiguousHeap, size / 2));
      const request = { width: 256, height: 64, fourcc: fourcc('NV12') };
      for (const second of [
        { handle: whole, offset: size },
        { handle: chroma, offset: 0 },
      ]) {
        const planes = [
          { handle: whole, stride: 256, offset: 0 },
          { stride: 256, ...second },
        ];
        kernel.kmsRemoveFramebuffer(fd, kernel.kmsAddFramebuffer(fd, { ...request, planes }));
      }
      const missing = { ...request, planes: [{ handle: whole, stride: 256, offset: 0 }] };
      expect(thrownBy(() => kernel.kmsAddFramebuffer(fd, missing))).toEqual(
        refusal('DRM_IOCTL_MODE_ADDFB2', 'EINVAL'),
      );
    });
  });
});
