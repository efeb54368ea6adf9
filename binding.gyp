{
  "variables": {
    # The development files of GStreamer, as Debian's libgstreamer1.0-dev and libgstreamer-plugins-base1.0-dev have them.
    "gstreamer_modules": "gstreamer-1.0 gstreamer-base-1.0 gstreamer-video-1.0 gstreamer-allocators-1.0",
    "has_gstreamer%": "<!(pkg-config --exists gstreamer-1.0 gstreamer-base-1.0 gstreamer-video-1.0 gstreamer-allocators-1.0 && echo 1 || echo 0)"
  },
  "target_defaults": {
    "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
    "defines": [
      "NAPI_VERSION=9",
      "NODE_ADDON_API_CPP_EXCEPTIONS_ALL",
      "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
      "_FILE_OFFSET_BITS=64"
    ],
    "cflags_cc!": ["-fno-exceptions"],
    "cflags_cc": ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"]
  },
  "targets": [
    {
      "target_name": "dmaflow",
      "sources": [
        "native/addon.cc",
        "native/arguments.cc",
        "native/converter.cc",
        "native/converter_binding.cc",
        "native/dma_buf.cc",
        "native/dma_heap.cc",
        "native/fd_table.cc",
        "native/fd_wait.cc",
        "native/file_system.cc",
        "native/files.cc",
        "native/frame_loop.cc",
        "native/frame_loop_binding.cc",
        "native/frame_loop_capture.cc",
        "native/frame_loop_commands.cc",
        "native/frame_loop_commit.cc",
        "native/frame_loop_copy.cc",
        "native/frame_loop_dispatch.cc",
        "native/frame_loop_display.cc",
        "native/frame_loop_epoll.cc",
        "native/frame_loop_handles.cc",
        "native/frame_loop_mailbox.cc",
        "native/frame_loop_pool.cc",
        "native/frame_loop_queue.cc",
        "native/frame_loop_requests.cc",
        "native/frame_loop_stats.cc",
        "native/frame_loop_tap.cc",
        "native/frame_loop_tap_port.cc",
        "native/frame_loop_thread.cc",
        "native/frame_loop_values.cc",
        "native/js_errors.cc",
        "native/kms_commit.cc",
        "native/kms_device.cc",
        "native/kms_framebuffer.cc",
        "native/kms_properties.cc",
        "native/kms_resources.cc",
        "native/mapping.cc",
        "native/memory_guard.cc",
        "native/pixel_converter.cc",
        "native/sync_file.cc",
        "native/synced_buffer.cc",
        "native/udmabuf.cc",
        "native/v4l2_buffer.cc",
        "native/v4l2_controls.cc",
        "native/v4l2_format.cc",
        "native/v4l2_query.cc",
        "native/v4l2_stream.cc"
      ],
      "cflags_cc": ["<!@(pkg-config --cflags libdrm)"],
      "libraries": ["<!@(pkg-config --libs libdrm)", "-lyuv"]
    }
  ],
  # Optional: what needs GStreamer (src/gstreamer/binding.ts).
  "conditions": [
    ["has_gstreamer==1", {
      "targets": [
        {
          "target_name": "dmaflow_gst",
          "sources": [
            "native/arguments.cc",
            "native/fd_table.cc",
            "native/gst_addon.cc",
            "native/gst_clock.cc",
            "native/gst_frame_format.cc",
            "native/gst_frame_sink.cc",
            "native/gst_frame_sink_element.cc",
            "native/gst_frame_source.cc",
            "native/gst_heap_memory.cc",
            "native/gst_lent_memory.cc",
            "native/gst_main_context.cc",
            "native/gst_messages.cc",
            "native/gst_pipelines.cc",
            "native/gst_properties.cc",
            "native/gst_property_values.cc",
            "native/gst_registry.cc",
            "native/gst_stage.cc",
            "native/gst_stage_binding.cc",
            "native/gst_stage_values.cc",
            "native/js_errors.cc",
            "native/mapping.cc",
            "native/memory_guard.cc"
          ],
          "cflags_cc": ["<!@(pkg-config --cflags <(gstreamer_modules))"],
          "libraries": ["<!@(pkg-config --libs <(gstreamer_modules))"]
        }
      ]
    }]
  ]
}
