/** GstPipeline over real GStreamer, without devices. */
import { gstTest, resultOf, runProgram, TIMEOUT } from './run-program';

describe('without GStreamer', () => {
  test(
    'the first use throws one error that says what to install; the rest works, and loads nothing of it',
    async () => {
      const { name, message, loaded } = await resultOf<{ name: string; message: string; loaded: boolean }>(
        'missing.ts',
      );
      expect(name).toBe('UnsupportedError');
      expect(message).toMatch(
        /^GstPipeline is not available: .*node-gtk.*apt-get install .*gir1\.2-gstreamer-1\.0.*npm install node-gtk/,
      );
      expect(message).not.toContain('\n');
      expect(loaded).toBe(false);
    },
    TIMEOUT,
  );

  gstTest('a worker thread is refused', async () => {
    const { name, message } = await resultOf<{ name: string; message: string }>('in-worker.ts');
    expect(name).toBe('UnsupportedError');
    expect(message).toContain('main thread');
  });
});

describe('names and values', () => {
  interface Names {
    parse: Record<string, unknown>;
    element: Record<string, unknown>;
    get: Record<string, unknown>;
    set: Record<string, unknown>;
    caps: Record<string, unknown>;
    negotiated: string;
    dot: boolean;
  }

  gstTest('unknown ones are rejected with the nearest, values with what is taken', async () => {
    const names = await resultOf<Names>('names.ts');
    expect(names.parse).toEqual({
      element: "RangeError: GStreamer has no element 'videotestsr'; did you mean 'videotestsrc'?",
      package: expect.stringMatching(
        /^UnsupportedError: GStreamer has no element 'rtspclientsink'.*gstreamer1\.0-rtsp/,
      ),
      property:
        "RangeError: GStreamer element 'videotestsrc' has no property 'patern'; did you mean 'pattern'?",
      value: expect.stringMatching(/^TypeError: .*"pattern".*"sno"/),
      syntax: expect.stringMatching(/^TypeError: .*syntax error/),
      link: expect.stringMatching(/^TypeError: .*could not link audiotestsrc/),
      alone: 'string',
      quoted: true,
    });
    expect(names.element).toEqual({
      unknown: "RangeError: the pipeline has no element named 'snk'; did you mean 'sink'?",
      factory: "TypeError: element 'sink' is a fakesink, not a filesink",
      all: expect.arrayContaining(['videotestsrc src', 'fakesink sink']),
    });
    expect(names.get).toEqual({
      enum: 'smpte',
      number: -1,
      boolean: false,
      caps: 'ANY',
      unknown: "RangeError: GStreamer element 'fakesink' has no property 'synk'; did you mean 'sync'?",
      list: true,
    });
    expect(names.set).toEqual({
      enum: 'snow',
      several: [7, true],
      caps: 'video/x-raw, width=(int)320, height=(int)240',
      long: String(-(2n ** 62n)),
      unknown: "RangeError: GStreamer element 'fakesink' has no property 'synk'; did you mean 'sync'?",
      badEnum: expect.stringMatching(/^TypeError: property 'pattern' .* one of 'smpte', 'snow', .*got sno$/),
      badRange: expect.stringMatching(/an integer from -1 to 2147483647, got -2$/),
      badType: "TypeError: property 'sync' of fakesink 'sink' must be a boolean, got 1",
      badCaps: expect.stringMatching(/^TypeError: .*GstCaps/),
      readOnly: expect.stringMatching(/^TypeError: .*cannot be written/),
    });
    expect(names.caps).toEqual({
      before: 'none',
      pad: expect.stringMatching(/has no pad 'sink'; it has 'src'/),
    });
    expect(names.negotiated).toMatch(/^video\/x-raw, .*width=\(int\)320/);
    expect(names.dot).toBe(true);
  });
});

describe('states', () => {
  gstTest('stop while a streaming thread waits at a full queue', async () => {
    expect(await resultOf('states.ts', ['full-queue'])).toBe('null');
  });

  gstTest('stop while a streaming thread waits for JavaScript', async () => {
    expect(await resultOf('states.ts', ['signal-handler'])).toEqual({ state: 'null', called: true });
  });

  gstTest('a later change overtakes one that waits for a first buffer', async () => {
    expect(await resultOf('states.ts', ['overtaken'])).toEqual([
      "InvalidStateError: the change to 'null' overtook it",
      'reached',
      'null',
    ]);
  });

  gstTest('dispose in the middle of a change; nothing goes on afterwards', async () => {
    expect(await resultOf('states.ts', ['disposed-while-changing'])).toEqual([
      'InvalidStateError: the GstPipeline was disposed',
      'InvalidStateError: this GstPipeline is disposed; parse another one',
      'null',
    ]);
  });

  gstTest('every state is reached, up and down, and again', async () => {
    const states = ['ready', 'paused', 'playing', 'paused', 'ready', 'playing', 'null', 'playing'];
    expect(await resultOf('states.ts', ['up-and-down'])).toEqual(states);
  });

  gstTest('seek: position and duration in microseconds; refused where nothing can seek', async () => {
    expect(await resultOf('states.ts', ['seek'])).toEqual({ position: 500_000, duration: 1_000_000 });
    expect(await resultOf('states.ts', ['seek-refused'])).toMatch(/^GstError: .*cannot seek/);
  });

  gstTest('the end of the stream, sent', async () => {
    expect(await resultOf('states.ts', ['eos'])).toBe('reached');
    expect(await resultOf('states.ts', ['eos-too-early'])).toMatch(/^InvalidStateError/);
  });
});

describe('messages', () => {
  gstTest('typed: state-changed, tag, element, eos; the Observable completes', async () => {
    expect(await resultOf('messages.ts', ['all'])).toEqual({
      completed: true,
      eos: expect.objectContaining({ type: 'eos', element: expect.stringMatching(/^pipeline/) }),
      tag: expect.objectContaining({ tags: expect.objectContaining({ description: ['audiotest wave'] }) }),
      element: expect.objectContaining({
        element: 'meter',
        path: expect.stringMatching(/GstLevel:meter$/),
        name: 'level',
        fields: expect.objectContaining({ rms: [expect.any(Number)], endtime: expect.any(Number) }),
      }),
      states: expect.arrayContaining(['ready', 'paused', 'playing']),
    });
  });

  gstTest('qos, with times in microseconds', async () => {
    expect(await resultOf('messages.ts', ['qos'])).toMatchObject({
      type: 'qos',
      element: 'late',
      duration: 1000,
      unit: 'buffers',
      dropped: expect.any(Number),
    });
  });

  gstTest('an error fails the change of state, with the element and the debug text', async () => {
    expect(await resultOf('messages.ts', ['error'])).toEqual({
      name: 'GstError',
      message: expect.stringContaining("GStreamer element 'decoder': "),
      element: 'decoder',
      domain: 'gst-stream-error-quark',
      code: expect.any(Number),
      hasDebug: true,
    });
  });

  gstTest(
    'an error while it plays rejects `finished`; one that nobody watches ends the process',
    async () => {
      expect(await resultOf('messages.ts', ['error-later'])).toEqual({ name: 'GstError', element: 'breaks' });
      const { code, stderr } = await runProgram('messages.ts', ['error-unwatched']);
      expect(stderr).toContain("GStreamer element 'breaks'");
      expect(code).toBe(1);
    },
  );

  gstTest('what a subscriber throws is an uncaught exception, as elsewhere', async () => {
    const { code, stderr } = await runProgram('messages.ts', ['throwing-subscriber']);
    expect(stderr).toContain('the subscriber broke');
    expect(code).toBe(1);
  });
});
