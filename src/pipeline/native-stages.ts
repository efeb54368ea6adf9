/**
 * The stages outside the frame loop whose frames come and go natively: converters, sources that fill a pool, sinks that are
 * no displays. Gives each its ends of the loop.
 */
import type { FrameLoop } from '../native/frame-loop';
import { type GraphNode, isProducer, type ProducerNode } from './graph';
import { producerAbove } from './segments';
import type { NativeCounts, OpenConverter, OpenPoolSource, OpenTakerSink } from './stage';

export interface NativeParts {
  /** Where the source is not a device of the loop. */
  source: { node: ProducerNode; open: OpenPoolSource } | undefined;
  converters: ReadonlyMap<GraphNode, OpenConverter>;
  sinks: ReadonlyMap<GraphNode, OpenTakerSink>;
}

/** Of one converter or sink. */
export interface NativeFigures extends NativeCounts {
  name: string;
  role: 'converter' | 'sink';
  copied: OpenConverter['copied'];
  /** The loop's tap that brings its frames. */
  tap: number;
}

export class NativeStages {
  readonly #loop: FrameLoop;
  readonly #parts: NativeParts;
  readonly #queueOf: (producer: ProducerNode) => number;
  readonly #taps = new Map<GraphNode, number>();

  /** @param queueOf the loop's id of the capture or pool that a stage's frames are in. */
  constructor(loop: FrameLoop, parts: NativeParts, queueOf: (producer: ProducerNode) => number) {
    this.#loop = loop;
    this.#parts = parts;
    this.#queueOf = queueOf;
    for (const [node, stage] of [...parts.converters, ...parts.sinks]) {
      const tap = loop.addTap({
        capture: queueOf(producerAbove(node)),
        ...stage.credit,
        drain: true,
        native: true,
        // What a stage in JavaScript has worked on comes from there.
        passed: node.parent !== undefined && !isProducer(node.parent),
      });
      this.#taps.set(node, tap);
    }
  }

  /** The tap that brings frames to a converter or sink; undefined for all other stages. */
  tapOf(node: GraphNode): number | undefined {
    return this.#taps.get(node);
  }

  /** Takers first, so that they miss nothing. */
  async start(): Promise<void> {
    const { sinks, converters, source } = this.#parts;
    for (const [node, sink] of sinks) await sink.start(this.#loop.taker(this.#tap(node)));
    for (const [node, converter] of converters) {
      const filler = this.#loop.filler(this.#queueOf(node as ProducerNode));
      await converter.start(this.#loop.taker(this.#tap(node)), filler);
    }
    if (source) await source.open.start(this.#loop.filler(this.#queueOf(source.node)));
  }

  /** Resolves when every sink has worked off what it was given; undefined where there is none. */
  drained(): Promise<unknown> | undefined {
    const { sinks } = this.#parts;
    return sinks.size > 0 ? Promise.all([...sinks.values()].map((sink) => sink.drained())) : undefined;
  }

  /** No stage takes or makes frames any more. All are stopped, whatever one of them throws. */
  async stop(): Promise<void> {
    const { sinks, converters, source } = this.#parts;
    const stages = [...(source ? [source.open] : []), ...converters.values(), ...sinks.values()];
    const results = await Promise.allSettled(stages.map(async (stage) => stage.stop()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  figures(): NativeFigures[] {
    const { sinks, converters } = this.#parts;
    const of = (node: GraphNode, role: NativeFigures['role'], stage: OpenConverter | OpenTakerSink) => ({
      name: node.name,
      role,
      ...stage.counts,
      copied: 'copied' in stage ? stage.copied : undefined,
      tap: this.#tap(node),
    });
    return [
      ...[...converters].map(([node, stage]) => of(node, 'converter', stage)),
      ...[...sinks].map(([node, stage]) => of(node, 'sink', stage)),
    ];
  }

  #tap(node: GraphNode): number {
    const tap = this.#taps.get(node);
    if (tap === undefined) throw new TypeError(`'${node.name}' takes no frames natively`);
    return tap;
  }
}
