/** What an ordinary user gets to read: each refusal as a line of JSON. */
import { cpuStage, kmsSink, Pipeline, v4l2Source } from 'dmaflow';

const [closedCamera, camera] = process.argv.slice(2) as [string, string];
const small = { width: 320, height: 240, frames: 2 };

const attempts = {
  camera: () => new Pipeline(v4l2Source({ device: closedCamera, ...small }), kmsSink()),
  card: () => new Pipeline(v4l2Source({ device: camera, ...small }), kmsSink()),
  heap: () =>
    new Pipeline(
      v4l2Source({ device: camera, ...small }),
      cpuStage({ access: 'read' }, () => {}),
    ),
};

async function attempt(name: string, create: () => Pipeline): Promise<void> {
  try {
    await using pipeline = create();
    await pipeline.run();
    console.log(JSON.stringify({ name }));
  } catch (error) {
    const { message, code, path } = error as NodeJS.ErrnoException;
    console.log(JSON.stringify({ name, message, code, path }));
  }
}

async function main(): Promise<void> {
  for (const [name, create] of Object.entries(attempts)) await attempt(name, create);
}

void main();
