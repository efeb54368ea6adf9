/**
 * The dma-buf heaps of this machine, and which one each intent gets.
 *
 *   npm run sample -- list-heaps
 */
import { chooseHeap, listHeaps } from 'dmaflow';
import { runSample } from './support/run';

runSample('list-heaps', async () => {
  const heaps = listHeaps();
  for (const heap of heaps) {
    const aliases = heap.aliases.length > 0 ? `, also called ${heap.aliases.join(', ')}` : '';
    const permitted = heap.permitted ? '' : ', not permitted to this user';
    console.log(`${heap.name}: ${heap.kind}${aliases}${permitted}`);
  }
  for (const intent of ['contiguous', 'cpu'] as const) {
    const choice = chooseHeap(intent);
    console.log(choice ? `${intent} -> ${choice.heap.name} (${choice.reason})` : `${intent} -> no heap here`);
  }
  console.log(`heaps=${heaps.length}`);
});
