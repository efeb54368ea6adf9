/** What GStreamer does to the process that has it: what it holds, what it costs while idle, how it ends. */
import { gstTest, resultOf, runProgram } from './run-program';

gstTest('200 cycles of create, run, stop, dispose: no fd and no memory is left', async () => {
  const { fds, rss } = await resultOf<{ fds: number[]; rss: number[] }>('cycles.ts');
  expect(new Set(fds).size).toBe(1);
  // One 640x480 frame or one GstPipeline kept a cycle would be tens of megabytes.
  expect((rss.at(-1) as number) - (rss[0] as number)).toBeLessThan(8e6);
});

gstTest('a pipeline that was not disposed is given back with the garbage, and reported', async () => {
  const { code, stdout } = await runProgram('ends.ts', ['forgotten']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    warning: expect.stringMatching(/^GstPipeline 'pipeline\d+' was garbage-collected/),
    left: 0,
  });
});

gstTest('an idle pipeline does not turn the event loop', async () => {
  const { turns, cpuMicroseconds } = await resultOf<{ turns: number; cpuMicroseconds: number }>('ends.ts', [
    'idle',
  ]);
  expect(turns).toBeLessThanOrEqual(10);
  // Of a second.
  expect(cpuMicroseconds).toBeLessThan(20_000);
});

describe('the end of the process', () => {
  gstTest('comes by itself where nothing plays, disposed or not', async () => {
    expect(await runProgram('ends.ts', ['parsed'])).toMatchObject({ code: 0, stderr: '' });
    expect(await runProgram('ends.ts', ['stopped'])).toMatchObject({ code: 0, stderr: '' });
  });

  gstTest('waits for a pipeline that plays, until its stream ends', async () => {
    expect(await runProgram('ends.ts', ['played'])).toMatchObject({
      code: 0,
      stdout: 'end of stream\n',
      stderr: '',
    });
  });

  gstTest('process.exit while streaming threads run, and while one waits for JavaScript', async () => {
    expect(await runProgram('ends.ts', ['exit-while-playing'])).toMatchObject({ code: 7, stderr: '' });
    expect(await runProgram('ends.ts', ['exit-in-handler'])).toMatchObject({ code: 7, stderr: '' });
  });

  gstTest('SIGINT ends it; a handler is called and can stop', async () => {
    const killed = await runProgram('ends.ts', ['signalled'], { signal: 'SIGINT' });
    expect(killed).toMatchObject({ code: null, signal: 'SIGINT' });
    const handled = await runProgram('ends.ts', ['signal-handled'], { signal: 'SIGINT' });
    expect(handled).toMatchObject({ code: 0, stdout: 'ready\nstopped\n', stderr: '' });
  });
});
