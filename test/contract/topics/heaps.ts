import { overKernel, refusal, thrownBy } from '../bench';

overKernel((session) => {
  describe.each(['system', 'contiguous'] as const)('%s heap', (kind) => {
    const path = () => (kind === 'system' ? session().bench.systemHeap : session().bench.contiguousHeap);
    const openHeap = () => session().open(path(), { access: 'read' });

    it('rounds a length up to pages', () => {
      const { kernel } = session();
      expect([1024, 4096, 16384, 65536]).toContain(kernel.pageSize);
      expect(kernel.dmaBufSize(session().alloc(path(), 1))).toBe(kernel.pageSize);
      expect(kernel.dmaBufSize(session().alloc(path(), kernel.pageSize + 1))).toBe(2 * kernel.pageSize);
    });

    it('refuses a length of 0', async () => {
      const { kernel } = session();
      const heap = openHeap();
      const expected = refusal('DMA_HEAP_IOCTL_ALLOC', 'EINVAL', path());
      expect(thrownBy(() => kernel.heapAlloc(heap, 0))).toEqual(expected);
      await expect(kernel.heapAllocAsync(heap, 0)).rejects.toEqual(expected);
    });

    it('allocates without blocking', async () => {
      const { kernel } = session();
      const fd = session().own(await kernel.heapAllocAsync(openHeap(), 3 * kernel.pageSize));
      expect(kernel.dmaBufSize(fd)).toBe(3 * kernel.pageSize);
    });

    it('rejects a heap that is closed', async () => {
      const { kernel } = session();
      const heap = openHeap();
      kernel.close(heap);
      await expect(kernel.heapAllocAsync(heap, 4096)).rejects.toEqual(
        refusal('DMA_HEAP_IOCTL_ALLOC', 'EBADF'),
      );
    });

    it('gives zeroed memory', () => {
      const { kernel } = session();
      const mapping = kernel.dmaBufMap(session().alloc(path(), kernel.pageSize), kernel.pageSize);
      expect(Buffer.from(kernel.dmaBufView(mapping)).every((byte) => byte === 0)).toBe(true);
      kernel.dmaBufUnmap(mapping);
    });

    it('tells buffers apart by inode', () => {
      const { kernel } = session();
      const [first, second] = [session().alloc(path(), 4096), session().alloc(path(), 4096)];
      const copy = session().own(kernel.dup(first));
      expect(kernel.dmaBufInode(copy)).toBe(kernel.dmaBufInode(first));
      expect(kernel.dmaBufInode(second)).not.toBe(kernel.dmaBufInode(first));
    });
  });

  describe('contiguous memory', () => {
    const cmaFree = () =>
      Number(/CmaFree: +(\d+)/.exec(session().kernel.readText('/proc/meminfo') ?? '')?.[1]) * 1024;

    it('runs out, and comes back', () => {
      const { kernel, bench } = session();
      const heap = session().open(bench.contiguousHeap, { access: 'read' });
      const most = Math.floor((cmaFree() * 0.6) / kernel.pageSize) * kernel.pageSize;
      const first = session().own(kernel.heapAlloc(heap, most));
      expect(thrownBy(() => kernel.heapAlloc(heap, most))).toEqual(
        refusal('DMA_HEAP_IOCTL_ALLOC', 'ENOMEM', bench.contiguousHeap),
      );
      kernel.close(first);
      session().own(kernel.heapAlloc(heap, most));
    });

    it('is counted in /proc/meminfo', () => {
      const before = cmaFree();
      session().alloc(session().bench.contiguousHeap, 32 * 1024 * 1024);
      // On a real kernel others borrow from the region too, a little at a time.
      const taken = before - cmaFree();
      expect(taken).toBeGreaterThan(24 * 1024 * 1024);
      expect(taken).toBeLessThan(40 * 1024 * 1024);
    });
  });

  describe('name of a buffer', () => {
    it('takes 31 bytes and no more', () => {
      const { kernel, bench } = session();
      const fd = session().alloc(bench.systemHeap, 4096);
      kernel.dmaBufSetName(fd, 'n'.repeat(31));
      expect(thrownBy(() => kernel.dmaBufSetName(fd, 'm'.repeat(32)))).toEqual(
        refusal('DMA_BUF_SET_NAME_B', 'EINVAL', new RegExp(`dmabuf:${'n'.repeat(31)}$`)),
      );
    });
  });
});
