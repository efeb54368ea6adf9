import type { NodeStatus } from '../native/kernel';

/** What an open file is of: a heap, a dma-buf, a camera, a card. `release` runs when its last fd is closed. */
export interface FileSubject {
  release(): void;
  /** Calls `wake` when a read or a DQBUF would not wait; returns how to stop that. */
  watch?(wake: () => void): () => void;
}

/** What stands behind a device node. */
export interface FakeDevice {
  open(path: string): FileSubject;
}

/** Who may use a node; what is not given stays. */
export interface NodePermission {
  mode?: number;
  uid?: number;
  gid?: number;
  /** Whether this process may; by default it is root and may. */
  readable?: boolean;
  writable?: boolean;
}

interface Node {
  device: FakeDevice;
  status: NodeStatus;
}

/** The directories a program looks into: `/dev`, `/sys`, `/proc`. */
export class FakeTree {
  readonly #directories = new Set(['/dev', '/proc', '/sys', '/sys/class']);
  readonly #texts = new Map<string, () => string>();
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #links = new Map<string, string>();
  readonly #nodes = new Map<string, Node>();
  #minor = 0;

  addDirectory(path: string): void {
    this.#directories.add(path);
  }

  addText(path: string, text: string | (() => string)): void {
    this.#texts.set(path, typeof text === 'string' ? () => text : text);
  }

  addBytes(path: string, bytes: Uint8Array): void {
    this.#bytes.set(path, bytes.slice());
  }

  addLink(path: string, target: string): void {
    this.#links.set(path, target);
  }

  addNode(path: string, device: FakeDevice, major: number): void {
    this.#minor += 1;
    const status = {
      device: `${major}:${this.#minor}`,
      uid: 0,
      gid: 0,
      mode: 0o600,
      changed: Date.now(),
      readable: true,
      writable: true,
    };
    this.#nodes.set(path, { device, status });
  }

  /** Takes a path and everything below it out of the tree. */
  remove(path: string): void {
    const below = `${path}/`;
    for (const map of [this.#texts, this.#bytes, this.#links, this.#nodes]) {
      for (const key of [...map.keys()]) if (key === path || key.startsWith(below)) map.delete(key);
    }
  }

  setPermission(path: string, permission: NodePermission): void {
    const node = this.#nodes.get(path);
    if (!node)
      throw new RangeError(
        `no device node ${path} in the fake kernel: ${[...this.#nodes.keys()].join(', ')}`,
      );
    Object.assign(node.status, permission);
  }

  node(path: string): Node | undefined {
    return this.#nodes.get(path);
  }

  exists(path: string): boolean {
    return (
      this.#texts.has(path) || this.#bytes.has(path) || this.#nodes.has(path) || this.list(path) !== undefined
    );
  }

  list(path: string): string[] | undefined {
    const directory = path.replace(/\/+$/, '');
    const names = new Set<string>();
    const files = [this.#texts, this.#bytes, this.#links, this.#nodes];
    for (const known of [this.#directories, ...files.map((map) => map.keys())]) {
      for (const entry of known) {
        if (entry.startsWith(`${directory}/`))
          names.add(entry.slice(directory.length + 1).split('/', 1)[0] ?? '');
      }
    }
    return names.size > 0 || this.#directories.has(directory) ? [...names].sort() : undefined;
  }

  read(path: string): string | undefined {
    const bytes = this.#bytes.get(path);
    return bytes ? new TextDecoder().decode(bytes) : this.#texts.get(path)?.();
  }

  readBytes(path: string): Uint8Array | undefined {
    const text = this.#texts.get(path)?.();
    return text === undefined ? this.#bytes.get(path)?.slice() : new TextEncoder().encode(text);
  }

  linkName(path: string): string | undefined {
    return this.#links.get(path)?.split('/').pop();
  }
}
