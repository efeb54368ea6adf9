// Frames of GStreamer through a program and back, as a C program does it: a pull from an appsink, a push to an appsrc, no copy.
// 1280x720 NV12 as fast as they come. Ends with a line of JSON: CPU of the process in microseconds a frame.
//
//   gst_bridge in|both FRAMES
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define CAPS "video/x-raw,format=NV12,width=1280,height=720"
#define WARM_UP 100

static double cpu(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return 1e6 * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static GstElement *parse(const char *description) {
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch(description, &error);
  if (error) {
    fprintf(stderr, "%s\n", error->message);
    exit(1);
  }
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  return pipeline;
}

int main(int argc, char **argv) {
  gst_init(NULL, NULL);
  if (argc != 3) return 2;
  const int both = strcmp(argv[1], "both") == 0;
  const int frames = atoi(argv[2]);
  GstElement *in = parse("videotestsrc pattern=black ! " CAPS " ! appsink name=sink sync=false max-buffers=4");
  GstElement *sink = gst_bin_get_by_name(GST_BIN(in), "sink");
  GstElement *out = NULL;
  GstElement *src = NULL;
  if (both) {
    out = parse("appsrc name=src format=time max-buffers=4 block=true caps=" CAPS ",framerate=30/1 ! fakesink");
    src = gst_bin_get_by_name(GST_BIN(out), "src");
  }
  double begin = 0;
  for (int i = 0; i < WARM_UP + frames; i++) {
    if (i == WARM_UP) begin = cpu();
    GstSample *sample = gst_app_sink_pull_sample(GST_APP_SINK(sink));
    if (both) gst_app_src_push_sample(GST_APP_SRC(src), sample);
    gst_sample_unref(sample);
  }
  printf("{\"microseconds\":%.2f}\n", (cpu() - begin) / frames);
  if (both) gst_element_set_state(out, GST_STATE_NULL);
  gst_element_set_state(in, GST_STATE_NULL);
  return 0;
}
