/**
 * What dmaflow uses of node-gtk and of its typings for GStreamer. All of them can be had with
 * `npx node-gtk generate-types Gst-1.0 --outdir types/gi`: two megabytes that nothing else here needs.
 */

export interface NodeGtk {
  require(namespace: string, version: string): unknown;
  System: { addressOf(wrapper: object): number };
}

/** The namespace `Gst`. */
export interface GstNamespace {
  parseLaunchFull(description: string, context: GiParseContext, flags: number): GiElement | null;
  ParseContext: { new: () => GiParseContext };
  ParseFlags: { FATAL_ERRORS: number };
  Pipeline: { new: (name: string | null) => GiBin };
  ElementFactory: { make(factory: string, name: string | null): GiElement | null };
  debugBinToDotData(bin: GiBin, details: number): string;
  DebugGraphDetails: { ALL: number };
}

export interface GiParseContext {
  getMissingElements(): string[] | null;
}

export interface GiElement {
  getName(): string;
}

export interface GiBin extends GiElement {
  add(element: GiElement): boolean;
  getByName(name: string): GiElement | null;
}
