import { errnoNumber, InvalidStateError, KernelError } from '../errors';
import type { FileKernel, NodeStatus, OpenOptions } from '../native/kernel';
import { Errno, type ErrnoName } from './errno';
import { FakeTree, type FileSubject, type NodePermission } from './fake-tree';
import { type FaultOptions, FaultScript } from './fault-script';

/** An open file (`struct file`): fds that were dup'ed share it. */
export class FakeFile {
  fds = 0;

  constructor(
    readonly subject: FileSubject,
    readonly options: OpenOptions,
    /** Device node, or what /proc/self/fd shows: `/dmabuf:NAME`. */
    readonly path: () => string,
  ) {}
}

/** One request, as the fake kernel saw it. */
export interface LoggedRequest {
  /** As the kernel spells it: `VIDIOC_QBUF`, `DMA_BUF_IOCTL_SYNC`, `open`. */
  syscall: string;
  fd: number | undefined;
  path: string | undefined;
  /** What was asked: flags, index, count… */
  args: Readonly<Record<string, unknown>>;
  by: 'caller' | 'frame-loop';
  /** How it was refused. */
  error?: ErrnoName;
}

interface FileSubjectClass<S extends FileSubject> {
  new (...args: never[]): S;
}

/** First layer of the fake kernel: the fd table, the log, scripted faults, and the directory tree. */
export class FakeFiles implements FileKernel {
  /** Every request in order. Clear it with `log.length = 0`. */
  readonly log: LoggedRequest[] = [];
  /** Requests of the frame loop appear as its own in the log. */
  protected requestedBy: LoggedRequest['by'] = 'caller';
  protected readonly tree = new FakeTree();
  protected readonly faults = new FaultScript();
  readonly #owned = new Map<number, FakeFile>();
  readonly #foreign = new Map<number, FakeFile>();
  /** Far above what a process has open: an fd that leaks into real code is refused there. Numbers are never reused. */
  #nextFd = 1000;

  constructor(readonly pageSize: number) {
    this.tree.addText('/proc/meminfo', () => this.memoryInfo());
  }

  /**
   * Makes requests fail: `fail('VIDIOC_QBUF', 'EFAULT')`, `fail('DMA_BUF_IOCTL_SYNC', 'EINTR', { times: 3 })`.
   * `syscall` is spelled as in the log.
   */
  fail(syscall: string, code: ErrnoName, options?: FaultOptions): void {
    this.faults.add(syscall, code, options);
  }

  /** Logged requests of one spelling. */
  requests(syscall: string): LoggedRequest[] {
    return this.log.filter((entry) => entry.syscall === syscall);
  }

  setPermission(path: string, permission: NodePermission): void {
    this.tree.setPermission(path, permission);
  }

  open(path: string, options: OpenOptions): number {
    return this.request('open', undefined, path, { ...options }, () => {
      const node = this.tree.node(path);
      if (!node) {
        if (!this.tree.exists(path)) throw new Errno('ENOENT');
        return this.install(new FakeFile({ release() {} }, options, () => path));
      }
      const { readable, writable } = node.status;
      if (!readable || (options.access === 'read-write' && !writable)) throw new Errno('EACCES');
      return this.install(new FakeFile(node.device.open(path), options, () => path));
    });
  }

  close(fd: number): void {
    const file = this.file(fd, 'close');
    this.request('close', fd, file.path(), {}, () => {
      this.#owned.delete(fd);
      unreference(file);
    });
  }

  dup(fd: number): number {
    const file = this.file(fd, 'F_DUPFD_CLOEXEC');
    return this.request('F_DUPFD_CLOEXEC', fd, file.path(), {}, () => this.install(file));
  }

  dupForeign(fd: number): number {
    const file = this.#foreign.get(fd) ?? this.#owned.get(fd);
    if (!file) throw new KernelError('F_DUPFD_CLOEXEC', errnoNumber('EBADF'));
    return this.request('F_DUPFD_CLOEXEC', fd, file.path(), {}, () => this.install(file));
  }

  disown(fd: number): void {
    this.#foreign.set(fd, this.file(fd, 'disown'));
    this.#owned.delete(fd);
  }

  adopt(fd: number): void {
    if (this.#owned.has(fd)) throw new InvalidStateError(`adopt: fd ${fd} is in the fd table already`);
    const file = this.#foreign.get(fd);
    if (!file) throw new KernelError('adopt', errnoNumber('EBADF'));
    this.#foreign.delete(fd);
    this.#owned.set(fd, file);
  }

  /** What other code does with an fd that was disowned: close(2). */
  closeForeign(fd: number): void {
    const file = this.#foreign.get(fd);
    if (!file) throw new RangeError(`fd ${fd} was not disowned`);
    this.#foreign.delete(fd);
    unreference(file);
  }

  listDirectory(path: string): string[] | undefined {
    return this.tree.list(path);
  }

  readText(path: string): string | undefined {
    return this.tree.read(path);
  }

  readBytes(path: string): Uint8Array | undefined {
    return this.tree.readBytes(path);
  }

  linkName(path: string): string | undefined {
    return this.tree.linkName(path);
  }

  statNode(path: string): NodeStatus | undefined {
    const node = this.tree.node(path);
    return node && { ...node.status };
  }

  /** Puts a file that is no text into the tree, as the device tree's properties are. */
  addBytes(path: string, bytes: Uint8Array): void {
    this.tree.addBytes(path, bytes);
  }

  /** Puts a text file into the tree, as sysfs and procfs have them. */
  addText(path: string, text: string | (() => string)): void {
    this.tree.addText(path, text);
  }

  /** What is still open or held, one line each; layers above add theirs. */
  left(): string[] {
    const line = (fd: number, file: FakeFile, note: string) => `fd ${fd} ${file.path()}${note}`;
    return [
      ...[...this.#owned].map(([fd, file]) => line(fd, file, '')),
      ...[...this.#foreign].map(([fd, file]) => line(fd, file, ' (disowned)')),
    ];
  }

  /** Closes every fd, as the end of the environment (a worker's exit, the process's) does. */
  protected closeAll(): void {
    for (const table of [this.#owned, this.#foreign]) {
      for (const [fd, file] of [...table]) {
        table.delete(fd);
        unreference(file);
      }
    }
  }

  /** epoll, for the frame loop: calls `wake` when the fd may have something; returns how to stop that. */
  protected watch(fd: number, wake: () => void): () => void {
    const { subject, path } = this.file(fd, 'epoll_ctl');
    if (!subject.watch) throw new RangeError(`fd ${fd} (${path()}) cannot be waited for`);
    return subject.watch(wake);
  }

  protected memoryInfo(): string {
    return 'MemTotal:        2047360 kB\nMemFree:         1904512 kB\n';
  }

  protected install(file: FakeFile): number {
    const fd = this.#nextFd++;
    file.fds += 1;
    this.#owned.set(fd, file);
    return fd;
  }

  protected file(fd: number, syscall: string): FakeFile {
    const file = this.#owned.get(fd);
    if (!file) throw new KernelError(syscall, errnoNumber('EBADF'));
    return file;
  }

  protected isOpen(fd: number): boolean {
    return this.#owned.has(fd);
  }

  /** What an fd argument is of, or undefined where it is something else; EBADF where it is no fd of the table. */
  protected subjectOf<S extends FileSubject>(
    fd: number,
    syscall: string,
    kind: FileSubjectClass<S>,
  ): S | undefined {
    const { subject } = this.file(fd, syscall);
    return subject instanceof kind ? subject : undefined;
  }

  /** One ioctl: EBADF, ENOTTY for the wrong kind of file, scripted faults, the log, and then `action`. */
  protected ioctl<S extends FileSubject, R>(
    syscall: string,
    fd: number,
    kind: FileSubjectClass<S>,
    args: Record<string, unknown>,
    action: (subject: S, file: FakeFile) => R,
  ): R {
    const file = this.file(fd, syscall);
    return this.request(syscall, fd, file.path(), args, () => {
      if (!(file.subject instanceof kind)) throw new Errno('ENOTTY');
      return action(file.subject, file);
    });
  }

  protected request<R>(
    syscall: string,
    fd: number | undefined,
    path: string | undefined,
    args: Record<string, unknown>,
    action: () => R,
  ): R {
    const entry: LoggedRequest = { syscall, fd, path, args, by: this.requestedBy };
    this.log.push(entry);
    try {
      this.faults.strike(syscall, path);
      return action();
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      entry.error = error.code;
      throw new KernelError(syscall, errnoNumber(error.code), path);
    }
  }
}

function unreference(file: FakeFile): void {
  file.fds -= 1;
  if (file.fds === 0) file.subject.release();
}
