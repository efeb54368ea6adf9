import { Errno } from './errno';
import type { ModeObject, PropertyDefinition } from './mode-objects';

/** The new values of a commit on top of the state of now, and which CRTCs it touches. */
export class AtomicUpdate {
  readonly #changes = new Map<ModeObject, Map<string, number>>();

  constructor(private readonly crtcById: (id: number) => ModeObject | undefined) {}

  set(object: ModeObject, definition: PropertyDefinition, value: number): void {
    const { name } = definition;
    const changes = this.#changes.get(object) ?? new Map<string, number>();
    this.#changes.set(object, changes);
    if (name === 'IN_FENCE_FD' && changes.has(name)) throw new Errno('EINVAL');
    changes.set(name, value);
  }

  /** The value after the commit. */
  value(object: ModeObject, name: string): number {
    return this.#changes.get(object)?.get(name) ?? object.value(name);
  }

  /** Whether the commit says something about this property. */
  names(object: ModeObject, name: string): boolean {
    return this.#changes.get(object)?.has(name) ?? false;
  }

  changes(object: ModeObject, name: string): boolean {
    return this.value(object, name) !== object.value(name);
  }

  objects(type: ModeObject['type']): ModeObject[] {
    return [...this.#changes.keys()].filter((object) => object.type === type);
  }

  /** CRTCs that are named, and those that a named plane or connector leaves or joins. */
  get crtcs(): ModeObject[] {
    const touched = new Set(this.objects('crtc'));
    for (const object of [...this.objects('plane'), ...this.objects('connector')]) {
      for (const id of [object.value('CRTC_ID'), this.value(object, 'CRTC_ID')]) {
        const crtc = this.crtcById(id);
        if (crtc) touched.add(crtc);
      }
    }
    return [...touched];
  }

  /** Makes the new values the state. Those that count for one commit only go back. */
  apply(): void {
    for (const [object, changes] of this.#changes) {
      for (const [name, value] of changes) if (!TRANSIENT.has(name)) object.values.set(name, value);
    }
  }
}

const TRANSIENT = new Set(['IN_FENCE_FD', 'OUT_FENCE_PTR', 'WRITEBACK_FB_ID', 'WRITEBACK_OUT_FENCE_PTR']);
