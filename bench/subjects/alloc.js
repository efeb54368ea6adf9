// Rates of allocating and freeing, and of empty read scopes, with dmaflow: the jobs of reference/alloc.c, many in one
// process. Ends with a line of JSON: operations and seconds by job.
//
//   node alloc.js '[{"heap":"system","length":4096,"seconds":1,"what":"alloc"}, …]'
const { DmaHeapAllocator, loadKernel, memoryRequirement } = require('dmaflow');

const jobs = JSON.parse(process.argv[2]);

function open(heap) {
  // The heap under test serves both intents.
  const allocator = new DmaHeapAllocator(loadKernel(), { heaps: { contiguous: heap, cpu: heap } });
  const requirement = memoryRequirement({ contiguous: heap !== 'system', device: heap !== 'system' });
  return { allocator, requirement };
}

/** Operations in the time, a warm-up left out; looks at the clock once in a batch. */
function measure(batch, seconds, operation, warmUp = batch) {
  for (let i = 0; i < warmUp; i++) operation();
  const begin = performance.now();
  let now = begin;
  let operations = 0;
  while (now - begin < seconds * 1000) {
    for (let i = 0; i < batch; i++) operation();
    operations += batch;
    now = performance.now();
  }
  return { operations, seconds: (now - begin) / 1000 };
}

/** Operations after which their code has been compiled, which takes seconds where a machine is emulated. */
const COMPILED_AFTER = { alloc: 10_000, sync: 50_000 };
const PAGE = 4096;

const what = {
  alloc({ heap, length, seconds }) {
    const { allocator, requirement } = open(heap);
    const allocate = (bytes) => {
      allocator.allocateSync({ name: 'dmaflow:bench', length: bytes, requirement }).buffer.close();
    };
    // The same code whatever the length; it is the memory that takes long.
    for (let i = 0; i < COMPILED_AFTER.alloc; i++) allocate(PAGE);
    const result = measure(8, seconds, () => allocate(length));
    allocator.close();
    return result;
  },
  sync({ heap, length, seconds }) {
    const { allocator, requirement } = open(heap);
    const { buffer } = allocator.allocateSync({ name: 'dmaflow:bench', length, requirement });
    const result = measure(256, seconds, () => buffer.cpuAccess('read').close(), COMPILED_AFTER.sync);
    buffer.close();
    allocator.close();
    return result;
  },
};

console.log(JSON.stringify({ results: jobs.map((job) => what[job.what](job)) }));
