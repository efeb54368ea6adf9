/**
 * What one holder, such as a stage, does with the bytes of buffers: counted where it opens and ends its accesses, at the cost of
 * an addition and of reading the clock around the requests.
 */
export interface CpuUse {
  /** Accesses opened to frames. */
  accesses: number;
  /** Of these, such that may write. */
  writes: number;
  /**
   * Bytes that the CPU could touch: of each frame opened, the bytes of its colour planes (of a compressed one, those filled), once
   * for each access, however much of them was read or written.
   */
  bytes: number;
  /** Requests of DMA_BUF_IOCTL_SYNC, START and END, that the accesses caused. An access inside another of the same kind causes none. */
  syncCalls: number;
  /** In those requests, cache maintenance and waits for fences included, attempts that a signal broke off not. Microseconds. */
  syncTime: number;
}

/** Who opens an access: its name is what guard mode says when the bytes are touched later. */
export interface AccessHolder {
  readonly name: string;
  readonly use: CpuUse;
}

export function sumOfUse(parts: readonly Readonly<CpuUse>[]): CpuUse {
  const sum = (key: keyof CpuUse) => parts.reduce((total, use) => total + use[key], 0);
  return {
    accesses: sum('accesses'),
    writes: sum('writes'),
    bytes: sum('bytes'),
    syncCalls: sum('syncCalls'),
    syncTime: sum('syncTime'),
  };
}

export function accessHolder(name: string): AccessHolder {
  return { name, use: { accesses: 0, writes: 0, bytes: 0, syncCalls: 0, syncTime: 0 } };
}
