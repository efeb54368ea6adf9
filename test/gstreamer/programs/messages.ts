/** What comes over the bus. Prints what a scenario heard. */
import { GstPipeline } from '../../../src/gstreamer/gst-pipeline';
import type { GstMessage } from '../../../src/gstreamer/messages';

const DATA_FILE = __filename;

const scenarios: Record<string, () => Promise<unknown>> = {
  async all() {
    const messages: GstMessage[] = [];
    let completed = false;
    {
      await using pipeline = GstPipeline.parse(
        'audiotestsrc num-buffers=10 ! taginject tags="title=One,artist=Two" ! level name=meter interval=1000 ! fakesink',
      );
      pipeline.messages$.subscribe({
        next: (message) => messages.push(message),
        complete: () => {
          completed = true;
        },
      });
      await pipeline.play();
      await pipeline.finished;
    }
    const find = (type: string) => messages.find((message) => message.type === type);
    return {
      completed,
      eos: find('eos'),
      tag: find('tag'),
      element: find('element'),
      states: messages
        .filter((message) => message.type === 'state-changed' && message.element?.startsWith('pipeline'))
        .map((message) => message.type === 'state-changed' && message.to),
    };
  },

  async qos() {
    await using pipeline = GstPipeline.parse(
      'videotestsrc ! video/x-raw,width=64,height=64,framerate=1000/1 ! identity sleep-time=20000 ! fakesink name=late sync=true qos=true max-lateness=1000',
    );
    const qos = new Promise<GstMessage>((resolve) => {
      pipeline.messages$.subscribe((message) => message.type === 'qos' && resolve(message));
    });
    await pipeline.play();
    return await qos;
  },

  async error() {
    await using pipeline = GstPipeline.parse(
      `filesrc name=file location=${DATA_FILE} ! jpegdec name=decoder ! fakesink`,
    );
    return await pipeline.play().then(
      () => 'no error',
      ({ name, message, element, domain, code, debug }) => ({
        name,
        message,
        element,
        domain,
        code,
        hasDebug: typeof debug === 'string' && debug !== '',
      }),
    );
  },

  /** While it plays: `finished` rejects. */
  async 'error-later'() {
    await using pipeline = GstPipeline.parse(
      'videotestsrc ! identity name=breaks error-after=5 ! fakesink sync=true',
    );
    await pipeline.play();
    return await pipeline.finished.catch(({ name, element }) => ({ name, element }));
  },

  /** Nobody looks: the process must not go on as if nothing were. */
  async 'error-unwatched'() {
    const pipeline = GstPipeline.parse(
      'videotestsrc ! identity name=breaks error-after=5 ! fakesink sync=true',
    );
    await pipeline.play();
  },

  async 'throwing-subscriber'() {
    const pipeline = GstPipeline.parse('videotestsrc num-buffers=3 ! fakesink');
    pipeline.messages$.subscribe(() => {
      throw new Error('the subscriber broke');
    });
    await pipeline.play();
  },
};

const scenario = scenarios[process.argv[2] ?? ''];
if (!scenario) throw new RangeError(`no scenario '${process.argv[2]}'`);
scenario().then((result) => console.log(JSON.stringify(result)));
