// As much of TensorFlow Lite Micro's header as generated code touches.
#ifndef STUBS_COMMON_H_
#define STUBS_COMMON_H_

#include <stddef.h>
#include <stdint.h>

// Older versions have the C types in the global namespace and the classes in tflite.
#ifdef STUBS_OLD_NAMESPACES
#define STUBS_C_TYPES_BEGIN
#define STUBS_C_TYPES_END
#define STUBS_CLASSES_BEGIN namespace tflite {
#define STUBS_CLASSES_END }
#else
#define STUBS_C_TYPES_BEGIN namespace tflite { namespace micro {
#define STUBS_C_TYPES_END } }
#define STUBS_CLASSES_BEGIN namespace tflite { namespace micro {
#define STUBS_CLASSES_END } }
#endif

STUBS_C_TYPES_BEGIN

enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1 };

union TfLitePtrUnion {
  void* data;
};

// The layout with TF_LITE_STATIC_MEMORY, which the package tflite-micro is built with.
struct TfLiteTensor {
  void* quantization[2];
  float scale;
  int32_t zero_point;
  TfLitePtrUnion data;
  void* dims;
  size_t bytes;
};

STUBS_C_TYPES_END

#endif  // STUBS_COMMON_H_
