import type { KmsFlipEvent } from '../native/kms';
import type { FakeDmaBuf } from './fake-dma-buf';
import type { FileSubject } from './fake-tree';

/** An open card: its capabilities, and the handles, framebuffers, blobs and events that die with it. */
export class CardFile implements FileSubject {
  universalPlanes = false;
  atomic = false;
  writebackConnectors = false;
  /** GEM handles: one for each dma-buf, however often it is imported. */
  readonly handles = new Map<number, FakeDmaBuf>();
  readonly framebuffers = new Set<number>();
  readonly blobs = new Set<number>();
  #events: KmsFlipEvent[] = [];
  #nextHandle = 1;
  readonly #watchers = new Set<() => void>();

  constructor(
    readonly path: string,
    private readonly onClosed: (file: CardFile) => void,
  ) {}

  release(): void {
    this.onClosed(this);
    for (const handle of [...this.handles.keys()]) this.closeHandle(handle);
  }

  import(buffer: FakeDmaBuf): number {
    for (const [handle, known] of this.handles) if (known === buffer) return handle;
    const handle = this.#nextHandle++;
    buffer.hold('GEM handle');
    this.handles.set(handle, buffer);
    return handle;
  }

  /** False where there is no such handle. */
  closeHandle(handle: number): boolean {
    const buffer = this.handles.get(handle);
    if (!buffer) return false;
    this.handles.delete(handle);
    buffer.drop('GEM handle');
    return true;
  }

  post(event: KmsFlipEvent): void {
    this.#events.push(event);
    for (const wake of [...this.#watchers]) wake();
  }

  takeEvents(): KmsFlipEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => this.#watchers.delete(wake);
  }
}
