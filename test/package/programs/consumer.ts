// As README has it; checked with each way to resolve modules, and never run.
import { cpuStage, KernelError, kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { FakeKernel } from 'dmaflow/testing';

export async function show(): Promise<number> {
  const { kernel } = FakeKernel.board();
  await using pipeline = new Pipeline(
    { kernel },
    v4l2Source({ width: 1280, height: 720, fps: 30 }),
    cpuStage({ access: 'read' }, ({ frame }) => {
      using px = frame.cpuAccess();
      const [{ data }] = px.planes as [(typeof px.planes)[number]];
      console.log(data[0], frame.sequence);
    }),
    kmsSink(),
  );
  pipeline.stats$.subscribe(({ fps, lost }) => console.log(fps, lost));
  pipeline.errors$.subscribe((error) => console.log(error instanceof KernelError));
  const { shown } = await pipeline.run();
  // @ts-expect-error a number: the declarations were found, and are not `any`.
  const text: string = shown;
  return shown + text.length;
}
