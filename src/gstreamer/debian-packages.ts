/**
 * Which Debian package has an element. Debian's own record of it is the field `Gstreamer-Elements`
 * (`apt-cache show gstreamer1.0-plugins-good`); of the hundreds there, these are what cameras, displays, codecs and
 * networks need.
 */
import type { GstElementMessage } from './messages';

const ELEMENTS: Readonly<Record<string, string>> = {
  'gstreamer1.0-plugins-base':
    'appsink appsrc audioconvert audioresample audiotestsrc compositor decodebin decodebin3 encodebin giosink giosrc ' +
    'oggdemux oggmux opusdec opusenc parsebin playbin playbin3 rawvideoparse subparse tcpclientsink tcpclientsrc ' +
    'tcpserversink tcpserversrc theoradec theoraenc uridecodebin urisourcebin ' +
    'videoconvert videoconvertscale videorate videoscale videotestsrc volume vorbisdec vorbisenc',
  'gstreamer1.0-plugins-good':
    'autoaudiosink autovideosink avidemux avimux deinterlace flacdec flacenc flvdemux flvmux gdkpixbufoverlay imagefreeze ' +
    'jpegdec jpegenc level matroskademux matroskamux mp4mux multifilesink multifilesrc multipartdemux multipartmux ' +
    'multiudpsink pngdec pngenc pulsesink pulsesrc qtdemux qtmux rtpbin rtph264depay rtph264pay rtph265depay rtph265pay ' +
    'rtpjitterbuffer rtpjpegdepay rtpjpegpay rtpopusdepay rtpopuspay rtpvp8depay rtpvp8pay rtpvp9depay rtpvp9pay ' +
    'rtpvrawdepay rtpvrawpay rtspsrc souphttpsrc splitmuxsink splitmuxsrc udpsink udpsrc v4l2h264dec v4l2h264enc ' +
    'v4l2jpegdec v4l2jpegenc v4l2convert v4l2sink v4l2src videobox videocrop videoflip vp8dec vp8enc vp9dec vp9enc ' +
    'wavenc wavparse webmmux ximagesrc y4menc',
  'gstreamer1.0-plugins-bad':
    'av1dec av1enc av1parse curlhttpsink dashdemux fbdevsink h264parse h265parse hlsdemux hlssink2 ' +
    'jpegparse kmssink mpegtsmux openh264dec openh264enc openjpegdec openjpegenc rtmp2sink rtmp2src srtsink srtsrc ' +
    'tsdemux v4l2slh264dec v4l2slh265dec v4l2slmpeg2dec v4l2slvp8dec v4l2slvp9dec vah264dec ' +
    'vah264enc vapostproc voaacenc waylandsink webrtcbin webrtcdsp x265enc zbar',
  'gstreamer1.0-plugins-ugly': 'a52dec asfdemux dvdreadsrc mpeg2dec rmdemux x264enc',
  'gstreamer1.0-libav':
    'avdec_aac avdec_h264 avdec_h265 avdec_mjpeg avdec_mpeg4 avenc_aac avenc_mjpeg avenc_mpeg4',
  'gstreamer1.0-libcamera': 'libcamerasrc libcameraprovider',
  'gstreamer1.0-gl': 'glcolorconvert gldownload glimagesink glupload gltestsrc glvideomixer',
  'gstreamer1.0-x': 'clockoverlay textoverlay timeoverlay ximagesink xvimagesink',
  'gstreamer1.0-alsa': 'alsasink alsasrc',
  'gstreamer1.0-pipewire': 'pipewiresink pipewiresrc',
  'gstreamer1.0-gtk3': 'gtkglsink gtksink',
  'gstreamer1.0-vaapi': 'vaapih264dec vaapih264enc vaapipostproc vaapisink',
  'gstreamer1.0-rtsp': 'rtspclientsink',
  'gstreamer1.0-nice': 'nicesink nicesrc',
};

/** Debian's decoders and encoders by what they read or write. */
const MEDIA: Readonly<Record<string, string>> = {
  'audio/mpeg': 'gstreamer1.0-libav',
  'image/jpeg': 'gstreamer1.0-plugins-good',
  'video/mpeg': 'gstreamer1.0-libav',
  'video/x-av1': 'gstreamer1.0-plugins-bad',
  'video/x-h264': 'gstreamer1.0-libav',
  'video/x-h265': 'gstreamer1.0-libav',
  'video/x-vp8': 'gstreamer1.0-plugins-good',
  'video/x-vp9': 'gstreamer1.0-plugins-good',
};

const PACKAGES = new Map(
  Object.entries(ELEMENTS).flatMap(([name, elements]) =>
    elements.split(' ').map((element) => [element, name] as const),
  ),
);

/** Where known. libav's elements are more than can be listed. */
export function debianPackageOf(element: string): string | undefined {
  return (
    PACKAGES.get(element) ?? (/^av(dec|enc|mux|demux)_/.test(element) ? 'gstreamer1.0-libav' : undefined)
  );
}

/** What an element that misses another one needs, for the error that follows; undefined for other messages. */
export function missingPluginAdvice({ name, fields }: GstElementMessage): string | undefined {
  if (name !== 'missing-plugin') return undefined;
  const detail = String(fields.detail);
  const known = fields.type === 'element' ? debianPackageOf(detail) : MEDIA[detail.split(',')[0] ?? ''];
  const what = `Missing: ${fields.name ?? detail}.`;
  return known ? `${what} On Debian and Ubuntu: apt-get install ${known}` : what;
}
