// As much of TensorFlow Lite Micro's header as generated code touches; installed.cc does
// the work with the library that is inside the package tflite-micro.
#ifndef STUBS_MICRO_INTERPRETER_H_
#define STUBS_MICRO_INTERPRETER_H_

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

#define TFLITE_SCHEMA_VERSION (3)

STUBS_CLASSES_BEGIN

class MicroInterpreter {
 public:
  MicroInterpreter(const tflite::Model* model, const MicroOpResolver& op_resolver,
                   uint8_t* tensor_arena, size_t tensor_arena_size);

  TfLiteStatus AllocateTensors();
  TfLiteStatus Invoke();
  TfLiteStatus Reset();
  TfLiteTensor* input(size_t index);
  TfLiteTensor* output(size_t index);
  size_t arena_used_bytes() const;
};

STUBS_CLASSES_END

#endif  // STUBS_MICRO_INTERPRETER_H_
