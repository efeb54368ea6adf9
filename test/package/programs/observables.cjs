// With an rxjs of the program's own, which is another copy and another version than what dmaflow has.
const { firstValueFrom, from, isObservable, lastValueFrom, map, mergeWith, take, toArray } = require('rxjs');
const { kmsSink, Pipeline, v4l2Source } = require('dmaflow');
const { FakeKernel } = require('dmaflow/testing');

const { kernel } = FakeKernel.board();
const source = v4l2Source({ width: 320, height: 180, frames: 5 });
const pipeline = new Pipeline({ kernel }, source, kmsSink());

async function main() {
  const states = lastValueFrom(pipeline.state$.pipe(take(3), toArray()));
  const frames = lastValueFrom(
    pipeline.frames('camera', { max: 5 }).pipe(
      map(({ sequence }) => sequence),
      take(2),
      toArray(),
    ),
  );
  const merged = firstValueFrom(from(pipeline.stats$).pipe(mergeWith(pipeline.stats$)));
  await pipeline.run();
  kernel.assertNothingLeft();
  const results = { states: await states, frames: await frames, shown: (await merged).shown };
  console.log(JSON.stringify({ ...results, isObservable: isObservable(pipeline.state$) }));
}

main();
