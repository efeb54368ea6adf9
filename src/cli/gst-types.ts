/** `dmaflow gst-types`: typings of GStreamer elements, to go into a program that uses them. */
import { elementTypings } from '../gstreamer/typings';
import type { CommandOutput } from './output';

export function gstTypesCommand(elements: readonly string[]): CommandOutput {
  let typings: string;
  try {
    typings = elementTypings(elements).replace(/^(?=.)/gm, '  ');
  } catch (error) {
    // An element that does not exist, and the nearest.
    if (!(error instanceof RangeError)) throw error;
    return { stdout: '', stderr: `dmaflow: ${error.message}`, exitCode: 1 };
  }
  const imports = ['GstFraction', 'GstValue'].filter((name) => new RegExp(`\\b${name}\\b`).test(typings));
  return {
    stdout: [
      '// Written by `dmaflow gst-types`.',
      `import type {} from 'dmaflow';`.replace('{}', imports.length > 0 ? `{ ${imports.join(', ')} }` : '{}'),
      '',
      "declare module 'dmaflow' {",
      '  interface GstElementTypes {',
      typings.trimEnd(),
      '  }',
      '}',
    ].join('\n'),
    stderr: '',
    exitCode: 0,
  };
}
