/** What `dmaflow doctor` reports. */
import type { GStreamerStatus } from '../gstreamer/status';
import type { HeapReport } from './heaps';

export interface Problem {
  /** `error`: nothing works; `warning`: a part does not; `note`: something optional is missing. */
  severity: 'error' | 'warning' | 'note';
  what: string;
  advice: string;
}

/** What `--json` prints: stays compatible from release to release. Null is what is not there, or cannot be known. */
export interface DoctorReport {
  versions: {
    dmaflow: string;
    kernel: string;
    node: string;
    architecture: string;
    /** Node-API version of the loaded addon. */
    addon: string | null;
    libdrm: string | null;
    gstreamer: string | null;
    nodeGtk: string | null;
  };
  /** Bytes. */
  memory: { cmaTotal: number | null; cmaFree: number | null };
  limits: {
    realtimePriority: number | 'unlimited' | null;
    openFiles: number | 'unlimited' | null;
    root: boolean;
  };
  heaps: HeapReport[];
  cameras: { path: string; driver: string; card: string; permitted: boolean }[];
  displays: {
    path: string;
    driver: string | null;
    permitted: boolean;
    atomic: boolean;
    /** Names of connectors that something is plugged into. */
    connected: string[];
  }[];
  gstreamer: Pick<GStreamerStatus, 'elements' | 'found' | 'missing' | 'faults'>;
  problems: Problem[];
}

/** Our messages say what is wrong in their first sentence, or line, and then what to do. */
export function problemOf(severity: Problem['severity'], message: string): Problem {
  const [what = '', ...advice] = message.split(/\n|(?<=\.) (?=[A-Z])/);
  return { severity, what: what.replace(/\.$/, ''), advice: advice.join(' ') };
}
