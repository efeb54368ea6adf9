import { DMA_BUF_SYNC_END, DMA_BUF_SYNC_READ } from '../../../src/native/kernel';
import { overKernel, refusal, type Session, thrownBy } from '../bench';

const UDMABUF = '/dev/udmabuf';

overKernel((session) => {
  describe('memfd_create', () => {
    it('gives zeroed pages that can be mapped, and are no dma-buf', () => {
      const { kernel } = session();
      const memfd = createMemfd(session(), 2);
      expect(kernel.dmaBufSize(memfd)).toBe(2 * kernel.pageSize);
      const mapping = kernel.dmaBufMap(memfd, 2 * kernel.pageSize);
      session().atEnd(() => kernel.dmaBufUnmap(mapping));
      expect(Buffer.from(kernel.dmaBufView(mapping)).every((byte) => byte === 0)).toBe(true);
      expect(thrownBy(() => kernel.dmaBufSync(memfd, DMA_BUF_SYNC_READ))).toEqual(
        refusal('DMA_BUF_IOCTL_SYNC', 'ENOTTY'),
      );
      expect(thrownBy(() => kernel.dmaBufSetName(memfd, 'name'))).toEqual(
        refusal('DMA_BUF_SET_NAME_B', 'ENOTTY'),
      );
    });
  });

  describe('UDMABUF_CREATE', () => {
    it('makes a dma-buf of a memfd’s pages, which outlives it', async () => {
      const { kernel } = session();
      const length = 2 * kernel.pageSize;
      const udmabuf = session().open(UDMABUF, { access: 'read' });
      const memfd = createMemfd(session(), 2);
      const fds = [
        session().own(kernel.udmabufCreate(udmabuf, memfd, length)),
        session().own(await kernel.udmabufCreateAsync(udmabuf, memfd, length)),
      ];
      const mapping = kernel.dmaBufMap(memfd, length);
      new Uint8Array(kernel.dmaBufView(mapping))[kernel.pageSize] = 0x5a;
      kernel.dmaBufUnmap(mapping);
      kernel.close(memfd);
      for (const fd of fds) {
        expect(kernel.dmaBufSize(fd)).toBe(length);
        kernel.dmaBufSetName(fd, 'pages');
        kernel.dmaBufSync(fd, DMA_BUF_SYNC_READ);
        const own = kernel.dmaBufMap(fd, length);
        expect(new Uint8Array(kernel.dmaBufView(own))[kernel.pageSize]).toBe(0x5a);
        kernel.dmaBufUnmap(own);
        kernel.dmaBufSync(fd, DMA_BUF_SYNC_READ | DMA_BUF_SYNC_END);
      }
      expect(kernel.dmaBufInode(fds[0] ?? -1)).not.toBe(kernel.dmaBufInode(fds[1] ?? -1));
    });

    it('refuses what is not whole pages, more than there is, and another file', async () => {
      const { kernel, bench } = session();
      const udmabuf = session().open(UDMABUF, { access: 'read' });
      const memfd = createMemfd(session(), 1);
      const expected = refusal('UDMABUF_CREATE', 'EINVAL', UDMABUF);
      expect(thrownBy(() => kernel.udmabufCreate(udmabuf, memfd, 100))).toEqual(expected);
      expect(thrownBy(() => kernel.udmabufCreate(udmabuf, memfd, 0))).toEqual(expected);
      await expect(kernel.udmabufCreateAsync(udmabuf, memfd, 2 * kernel.pageSize)).rejects.toEqual(expected);
      const camera = session().open(bench.camera);
      expect(thrownBy(() => kernel.udmabufCreate(camera, memfd, kernel.pageSize))).toEqual(
        refusal('UDMABUF_CREATE', 'ENOTTY', bench.camera),
      );
    });
  });
});

function createMemfd(session: Session, pages: number): number {
  return session.own(session.kernel.memfdCreate('contract', pages * session.kernel.pageSize));
}
