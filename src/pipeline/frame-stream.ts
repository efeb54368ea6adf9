/**
 * Frames as an Observable. A subscriber takes references with credit: the frame closes when the subscriber's function returns,
 * unless it cloned it, and the buffer goes back exactly once, whatever operator stands between.
 */
import type { Observable, Subscriber } from 'rxjs';
import { accessHolder } from '../allocators/cpu-use';
import { Pace } from '../native/pace';
import type { Flow } from './flow';
import { Frame, type FrameMetadata } from './frame';
import type { FrameLayout } from './frame-layout';
import type { FrameLease } from './frame-lease';
import { type GraphNode, isProducer } from './graph';
import { loadRxjs } from './on-demand-subject';
import type { Credit } from './stage';

/** What a subscription needs of the pipeline: told when frames begin to flow and when they end. */
export interface FrameStreamHost {
  /** Calls back at once where frames flow already. Returns how to leave. */
  join(member: FrameStreamMember): () => void;
}

/** One subscription. */
export interface FrameStreamMember {
  readonly node: GraphNode;
  readonly credit: Credit;
  onFlow(flow: Flow): void;
  onEnd(error: Error | undefined): void;
}

export function frameStream(host: FrameStreamHost, node: GraphNode, credit: Credit): Observable<Frame> {
  const { Observable } = loadRxjs();
  return new Observable<Frame>((subscriber) => {
    let disconnect: (() => void) | undefined;
    const leave = host.join({
      node,
      credit,
      onFlow(flow) {
        const deliver = creditGate(subscriber, node, flow.layoutOf(node), credit);
        disconnect = flow.observe(node, credit, deliver);
      },
      onEnd(error) {
        if (error) subscriber.error(error);
        else subscriber.complete();
      },
    });
    return () => {
      leave();
      disconnect?.();
    };
  });
}

/**
 * Hands frames on as they are due, while fewer than `max` are held. At a source or converter the loop's tap keeps pace and credit already; behind
 * a stage this is where a subscriber that keeps clones skips frames instead of holding the stage's own.
 */
function creditGate(subscriber: Subscriber<Frame>, node: GraphNode, layout: FrameLayout, credit: Credit) {
  const atSource = isProducer(node);
  const holder = accessHolder(`a subscriber of ${node.name}`);
  const held = new Set<FrameLease>();
  const pace = new Pace(atSource ? 0 : credit.interval);
  return (lease: FrameLease, metadata: FrameMetadata) => {
    for (const other of held) if (other.handles === 0) held.delete(other);
    try {
      if (!pace.due(metadata.timestamp) || (held.size >= credit.max && !atSource)) return;
      pace.took(metadata.timestamp);
      const frame = new Frame(lease, layout, metadata, holder, 'read');
      held.add(lease);
      try {
        subscriber.next(frame);
      } finally {
        frame.close();
      }
    } finally {
      lease.drop();
    }
  };
}
