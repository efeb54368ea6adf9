import * as kms from '../native/kms';
import { checkUpdate } from './atomic-check';
import { AtomicUpdate } from './atomic-update';
import { commitUpdate, setProperty } from './card-commit';
import { Errno } from './errno';
import { checkDisplay, FakeDrm, MAX_SIZE, MIN_SIZE } from './fake-drm';
import { FakeFile } from './fake-files';
import { FakeSyncFile } from './fence';

const VALID_FLAGS =
  kms.DRM_MODE_ATOMIC_TEST_ONLY |
  kms.DRM_MODE_ATOMIC_NONBLOCK |
  kms.DRM_MODE_ATOMIC_ALLOW_MODESET |
  kms.DRM_MODE_PAGE_FLIP_EVENT;

/** Fifth layer: framebuffers, atomic commits and their events. */
export class FakeKms extends FakeDrm implements kms.KmsKernel {
  kmsPrimeImport(fd: number, dmaBufFd: number): number {
    const syscall = 'DRM_IOCTL_PRIME_FD_TO_HANDLE';
    const buffer = this.dmaBufArgument(dmaBufFd, syscall);
    return this.onCard(syscall, fd, { inode: buffer?.inode }, (card, file) => {
      if (!buffer || (card.options.contiguous && !buffer.pages.contiguous)) throw new Errno('EINVAL');
      return file.import(buffer);
    });
  }

  kmsGemClose(fd: number, handle: number): void {
    this.onCard('DRM_IOCTL_GEM_CLOSE', fd, { handle }, (_card, file) => {
      if (!file.closeHandle(handle)) throw new Errno('EINVAL');
    });
  }

  kmsAddFramebuffer(fd: number, request: kms.KmsFramebufferRequest): number {
    return this.onCard('DRM_IOCTL_MODE_ADDFB2', fd, { ...request }, (card, file) => {
      checkDisplay(card);
      const { width, height } = request;
      if (Math.min(width, height) < MIN_SIZE || Math.max(width, height) > MAX_SIZE) throw new Errno('EINVAL');
      const buffers = request.planes.map(({ handle }) => {
        if (handle === 0) throw new Errno('EINVAL');
        const buffer = file.handles.get(handle);
        if (!buffer) throw new Errno('ENOENT');
        return buffer;
      });
      const { id } = card.addFramebuffer(request, buffers);
      file.framebuffers.add(id);
      return id;
    });
  }

  kmsRemoveFramebuffer(fd: number, fbId: number): void {
    this.onCard('DRM_IOCTL_MODE_RMFB', fd, { fbId }, (card, file) => {
      if (!file.framebuffers.delete(fbId)) throw new Errno('ENOENT');
      card.removeFramebuffer(fbId);
    });
  }

  kmsCommit(fd: number, request: kms.KmsCommitRequest): number[] {
    return this.onCard('DRM_IOCTL_MODE_ATOMIC', fd, { ...request }, (card, file) => {
      const { flags } = request;
      if (card.master !== file) throw new Errno('EACCES');
      if (card.options.atomic === false || !card.hasDisplay) throw new Errno('EOPNOTSUPP');
      const test = (flags & kms.DRM_MODE_ATOMIC_TEST_ONLY) !== 0;
      const wantsEvent = (flags & kms.DRM_MODE_PAGE_FLIP_EVENT) !== 0;
      if (!file.atomic || (flags & ~VALID_FLAGS) !== 0 || (test && wantsEvent)) throw new Errno('EINVAL');
      const update = new AtomicUpdate((id) => card.crtcs.find((crtc) => crtc.id === id));
      const outFences = (request.outFences ?? []).map((fence) => ({ ...fence, value: 1 }));
      for (const property of [...request.properties, ...outFences]) {
        setProperty(card, update, property, (fence) => this.#fenceArgument(fence));
      }
      checkUpdate(card, update, flags);
      if (test) return outFences.map(() => -1);
      const fences = commitUpdate(
        card,
        file,
        update,
        request,
        (fence) => this.#fenceArgument(fence)?.fences ?? [],
      );
      return fences.map((fence) => (fence ? this.#installSyncFile(new FakeSyncFile([fence])) : -1));
    });
  }

  async kmsCommitAsync(fd: number, request: kms.KmsCommitRequest): Promise<number[]> {
    await Promise.resolve();
    return this.kmsCommit(fd, request);
  }

  kmsReadEvents(fd: number): kms.KmsFlipEvent[] {
    return this.onCard('read', fd, {}, (_card, file) => file.takeEvents());
  }

  #fenceArgument(fd: number): FakeSyncFile | undefined {
    return this.isOpen(fd) ? this.subjectOf(fd, 'DRM_IOCTL_MODE_ATOMIC', FakeSyncFile) : undefined;
  }

  #installSyncFile(file: FakeSyncFile): number {
    return this.install(new FakeFile(file, { access: 'read-write' }, () => 'anon_inode:sync_file'));
  }
}
