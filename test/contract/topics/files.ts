import { overKernel, refusal, thrownBy } from '../bench';

overKernel((session) => {
  describe('files', () => {
    it('refuses a path that does not exist', () => {
      const { kernel } = session();
      const error = thrownBy(() => kernel.open('/dev/dma_heap/none', { access: 'read' }));
      expect(error).toEqual(refusal('open', 'ENOENT', '/dev/dma_heap/none'));
    });

    it('refuses an fd that was closed', () => {
      const { kernel, bench } = session();
      const fd = kernel.open(bench.systemHeap, { access: 'read' });
      kernel.close(fd);
      expect(thrownBy(() => kernel.close(fd))).toEqual(refusal('close', 'EBADF'));
      expect(thrownBy(() => kernel.dup(fd))).toEqual(refusal('F_DUPFD_CLOEXEC', 'EBADF'));
      expect(thrownBy(() => kernel.heapAlloc(fd, 4096))).toEqual(refusal('DMA_HEAP_IOCTL_ALLOC', 'EBADF'));
      expect(thrownBy(() => kernel.dmaBufSync(fd, 1))).toEqual(refusal('DMA_BUF_IOCTL_SYNC', 'EBADF'));
      expect(thrownBy(() => kernel.v4l2QueryCap(fd))).toEqual(refusal('VIDIOC_QUERYCAP', 'EBADF'));
      expect(thrownBy(() => kernel.drmVersion(fd))).toEqual(refusal('DRM_IOCTL_VERSION', 'EBADF'));
    });

    it('refuses an fd that it does not own, though the process has it open', () => {
      const { kernel } = session();
      expect(thrownBy(() => kernel.close(0))).toEqual(refusal('close', 'EBADF'));
    });

    it('keeps a file open until its last fd is closed', () => {
      const { kernel, bench } = session();
      const fd = session().alloc(bench.systemHeap, 4096);
      const copy = session().own(kernel.dup(fd));
      kernel.close(fd);
      expect(copy).not.toBe(fd);
      expect(kernel.dmaBufSize(copy)).toBe(kernel.pageSize);
    });

    it('gives an fd away and takes it back', () => {
      const { kernel, bench } = session();
      const fd = session().alloc(bench.systemHeap, 4096);
      kernel.disown(fd);
      expect(thrownBy(() => kernel.dmaBufSize(fd))).toEqual(refusal('lseek', 'EBADF'));
      expect(thrownBy(() => kernel.disown(fd))).toEqual(refusal('disown', 'EBADF'));
      kernel.adopt(fd);
      expect(kernel.dmaBufSize(fd)).toBe(kernel.pageSize);
      expect(thrownBy(() => kernel.adopt(fd))).toHaveProperty('name', 'InvalidStateError');
    });

    it('opens for this environment what another one has open', () => {
      const { kernel, bench } = session();
      const fd = session().alloc(bench.systemHeap, 4096);
      kernel.disown(fd);
      const own = session().own(kernel.dupForeign(fd));
      kernel.adopt(fd);
      expect(own).not.toBe(fd);
      expect(kernel.dmaBufInode(own)).toBe(kernel.dmaBufInode(fd));
      expect(thrownBy(() => kernel.dupForeign(99_999))).toEqual(refusal('F_DUPFD_CLOEXEC', 'EBADF'));
    });

    it('adopts only what is open', () => {
      expect(thrownBy(() => session().kernel.adopt(99_999))).toEqual(refusal('adopt', 'EBADF'));
    });

    it('names the request and the path where a file is of the wrong kind', () => {
      const { kernel, bench } = session();
      const buffer = session().alloc(bench.systemHeap, 4096);
      const camera = session().open(bench.camera);
      kernel.dmaBufSetName(buffer, 'picture');
      expect(thrownBy(() => kernel.v4l2QueryCap(buffer))).toEqual(
        refusal('VIDIOC_QUERYCAP', 'ENOTTY', /dmabuf:picture$/),
      );
      expect(thrownBy(() => kernel.heapAlloc(camera, 4096))).toEqual(
        refusal('DMA_HEAP_IOCTL_ALLOC', 'ENOTTY', bench.camera),
      );
      expect(thrownBy(() => kernel.kmsResources(buffer))).toEqual(
        refusal('DRM_IOCTL_MODE_GETRESOURCES', 'ENOTTY'),
      );
    });

    it('lists, reads and describes what is in the tree', () => {
      const { kernel, bench } = session();
      expect(kernel.listDirectory('/dev/dma_heap')).toEqual(['default_cma_region', 'reserved', 'system']);
      expect(kernel.listDirectory('/dev/none')).toBeUndefined();
      expect(kernel.readText('/proc/meminfo')).toMatch(/^CmaTotal: +131072 kB$/m);
      expect(kernel.readText('/proc/none')).toBeUndefined();
      expect(kernel.readBytes('/proc/none')).toBeUndefined();
      const bytes = kernel.readBytes('/proc/meminfo');
      expect(bytes).toBeInstanceOf(Uint8Array);
      expect(new TextDecoder().decode(bytes)).toMatch(/^CmaTotal: +131072 kB$/m);
      const node = bench.camera.replace('/dev/', '/sys/class/video4linux/');
      expect(kernel.linkName(`${node}/device/driver`)).toBe('vivid');
      expect(kernel.linkName(`${node}/none`)).toBeUndefined();
      expect(kernel.readText(`${node}/dev`)).toBe(`${kernel.statNode(bench.camera)?.device}\n`);
      expect(kernel.statNode(bench.camera)).toMatchObject({ mode: 0o600, readable: true, writable: true });
      const changed = kernel.statNode(bench.camera)?.changed ?? 0;
      expect(changed).toBeGreaterThan(0);
      expect(changed).toBeLessThanOrEqual(Date.now());
      expect(kernel.statNode('/dev/none')).toBeUndefined();
    });
  });
});
