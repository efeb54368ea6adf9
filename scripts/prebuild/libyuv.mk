# libyuv.a, position independent and without its tools and tests. Set by libraries.mjs: CXX, AR, SOURCE, OUT, JPEG
# (the folders of libjpeg's headers), YUV_FLAGS, NEON_FLAGS.

OBJECTS := $(patsubst $(SOURCE)/source/%.cc,$(OUT)/%.o,$(sort $(wildcard $(SOURCE)/source/*.cc)))
FLAGS := -O2 -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections -ffile-prefix-map=$(SOURCE)=. \
	-I$(SOURCE)/include -DHAVE_JPEG $(patsubst %,-I%,$(JPEG)) $(YUV_FLAGS)

$(OUT)/libyuv.a: $(OBJECTS)
	$(AR) rcD $@ $^

# These are called where the processor has NEON: the rest must not be compiled for it.
$(filter %_neon.o,$(OBJECTS)): private FLAGS += $(NEON_FLAGS)

$(OUT)/%.o: $(SOURCE)/source/%.cc
	@mkdir -p $(@D)
	$(CXX) $(FLAGS) -c -o $@ $<
