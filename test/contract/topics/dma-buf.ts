import {
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_START,
  DMA_BUF_SYNC_WRITE,
} from '../../../src/native/kernel';
import { overKernel, refusal, thrownBy } from '../bench';

const READ_WRITE = DMA_BUF_SYNC_READ | DMA_BUF_SYNC_WRITE;

overKernel((session) => {
  const buffer = () => session().alloc(session().bench.systemHeap, session().kernel.pageSize);
  const map = (fd: number) => {
    const { kernel } = session();
    const mapping = kernel.dmaBufMap(fd, kernel.pageSize);
    let mapped = true;
    session().atEnd(() => mapped && kernel.dmaBufUnmap(mapping));
    const unmap = () => {
      kernel.dmaBufUnmap(mapping);
      mapped = false;
    };
    return { mapping, unmap };
  };

  describe('mapping', () => {
    it('shows one memory to every mapping', () => {
      const { kernel } = session();
      const fd = buffer();
      const [first, second] = [map(fd), map(fd)];
      new Uint8Array(kernel.dmaBufView(first.mapping)).set([1, 2, 3], 7);
      kernel.dmaBufDetach(first.mapping);
      expect([...new Uint8Array(kernel.dmaBufView(second.mapping), 6, 5)]).toEqual([0, 1, 2, 3, 0]);
    });

    it('outlives the fd', () => {
      const { kernel } = session();
      const fd = buffer();
      const { mapping } = map(fd);
      kernel.close(fd);
      expect(kernel.dmaBufView(mapping).byteLength).toBe(kernel.pageSize);
    });

    it('has a length of at least one byte and at most the buffer', () => {
      const { kernel } = session();
      const fd = buffer();
      expect(thrownBy(() => kernel.dmaBufMap(fd, 0))).toEqual(refusal('mmap', 'EINVAL'));
      expect(thrownBy(() => kernel.dmaBufMap(fd, kernel.pageSize + 1))).toEqual(refusal('mmap', 'EINVAL'));
    });

    it('is unmapped once', () => {
      const { kernel } = session();
      const { mapping, unmap } = map(buffer());
      unmap();
      expect(thrownBy(() => kernel.dmaBufUnmap(mapping))).toEqual(refusal('munmap', 'EINVAL'));
      expect(thrownBy(() => kernel.dmaBufView(mapping))).toEqual(refusal('view', 'EINVAL'));
      expect(thrownBy(() => kernel.dmaBufDetach(mapping))).toEqual(refusal('detach', 'EINVAL'));
    });
  });

  describe('view', () => {
    it('is empty after it was detached, and the bytes stay', () => {
      const { kernel } = session();
      const { mapping } = map(buffer());
      const view = kernel.dmaBufView(mapping);
      const bytes = new Uint8Array(view);
      bytes[0] = 42;
      kernel.dmaBufDetach(mapping);
      expect(view.byteLength).toBe(0);
      expect(bytes[0]).toBeUndefined();
      kernel.dmaBufDetach(mapping);
      expect(new Uint8Array(kernel.dmaBufView(mapping))[0]).toBe(42);
    });

    it('is one at a time', () => {
      const { kernel } = session();
      const { mapping } = map(buffer());
      kernel.dmaBufView(mapping);
      expect(thrownBy(() => kernel.dmaBufView(mapping))).toHaveProperty('name', 'InvalidStateError');
    });

    it('of a second mapping shares its bytes, and a read-only one changes none', () => {
      const { kernel } = session();
      const fd = buffer();
      const [first, second] = [map(fd), map(fd)];
      const bytes = new Uint8Array(kernel.dmaBufView(first.mapping));
      new Uint8Array(kernel.dmaBufView(second.mapping))[0] = 1;
      kernel.dmaBufDetach(second.mapping);
      expect(bytes[0]).toBe(1);
      kernel.dmaBufView(second.mapping, true);
      bytes[0] = 2;
      kernel.dmaBufDetach(second.mapping);
      expect(bytes[0]).toBe(2);
    });

    it('is detached by unmapping', () => {
      const { kernel } = session();
      const { mapping, unmap } = map(buffer());
      const view = kernel.dmaBufView(mapping);
      unmap();
      expect(view.byteLength).toBe(0);
    });
  });

  describe('sync', () => {
    it.each([DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE, READ_WRITE])(
      'takes START and END with flags %d',
      (access) => {
        const { kernel } = session();
        const fd = buffer();
        kernel.dmaBufSync(fd, DMA_BUF_SYNC_START | access);
        kernel.dmaBufSync(fd, DMA_BUF_SYNC_END | access);
      },
    );

    it('says how long it took where it is asked', () => {
      const { kernel } = session();
      const fd = buffer();
      expect(kernel.dmaBufSync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ)).toBeUndefined();
      expect(kernel.dmaBufSync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ, false)).toBeUndefined();
      const took = kernel.dmaBufSync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ, true);
      expect(took).toBeGreaterThan(0);
      expect(took).toBeLessThan(1e6);
      kernel.dmaBufSync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ, true);
    });

    it.each([0, DMA_BUF_SYNC_END, 8, 8 | READ_WRITE])('refuses flags %d', (flags) => {
      const { kernel } = session();
      const fd = buffer();
      expect(thrownBy(() => kernel.dmaBufSync(fd, flags))).toEqual(refusal('DMA_BUF_IOCTL_SYNC', 'EINVAL'));
    });
  });

  describe('fences', () => {
    it('are none on a buffer that no device works on', async () => {
      const { kernel } = session();
      const fd = buffer();
      expect(kernel.dmaBufReady(fd, false)).toBe(true);
      expect(kernel.dmaBufReady(fd, true)).toBe(true);
      await expect(kernel.dmaBufWait(fd, true, 1000)).resolves.toBe(true);
    });

    it('go out and in as sync files', async () => {
      const { kernel } = session();
      const fd = buffer();
      const fence = session().own(kernel.dmaBufExportSyncFile(fd, READ_WRITE));
      await expect(kernel.syncFileWait(fence, 1000)).resolves.toBe(true);
      kernel.dmaBufImportSyncFile(fd, DMA_BUF_SYNC_WRITE, fence);
      expect(kernel.dmaBufReady(fd, false)).toBe(true);
    });

    it('are refused without an access, and from what is no sync file', () => {
      const { kernel } = session();
      const fd = buffer();
      expect(thrownBy(() => kernel.dmaBufExportSyncFile(fd, 0))).toEqual(
        refusal('DMA_BUF_IOCTL_EXPORT_SYNC_FILE', 'EINVAL'),
      );
      expect(thrownBy(() => kernel.dmaBufImportSyncFile(fd, DMA_BUF_SYNC_READ, fd))).toEqual(
        refusal('DMA_BUF_IOCTL_IMPORT_SYNC_FILE', 'EINVAL'),
      );
    });
  });
});
