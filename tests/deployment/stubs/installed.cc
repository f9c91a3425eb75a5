// The stub interpreter's work, done by the library that is inside the Python package
// tflite-micro. That library exports its C++ symbols; declared here is as much of its
// binary interface as the calls need. Compile with STUBS_OLD_NAMESPACES, so that the
// stubs' classes, in tflite, are others than the library's own, in tflite::micro.
#include <string.h>

#include "tensorflow/lite/micro/micro_interpreter.h"

namespace tflite {

struct Operator;

namespace micro {

class BuiltinDataAllocator;
class MicroProfilerInterface;
class MicroResourceVariables;
enum class MemoryPlannerType { kGreedy, kLinear };

using Parser = int (*)(const Operator*, BuiltinDataAllocator*, void**);

struct TFLMRegistration {
  void* kernel[5];  // init, free, prepare, invoke, reset
  int32_t builtin_code;
  const char* custom_name;
};

#define OPERATOR(method, kind, code, parser) \
  TFLMRegistration Register_##kind();        \
  int parser(const Operator*, BuiltinDataAllocator*, void**);
#include "operators.inc"
#undef OPERATOR

TFLMRegistration* Register_CIRCULAR_BUFFER();

class MicroOpResolver {
 public:
  virtual const TFLMRegistration* FindOp(int32_t op) const = 0;
  virtual const TFLMRegistration* FindOp(const char* op) const = 0;
  virtual Parser GetOpDataParser(int32_t op) const = 0;
  virtual ~MicroOpResolver() {}
};

class MicroAllocator {
 public:
  static MicroAllocator* Create(uint8_t* arena, size_t bytes, MemoryPlannerType planner);
  size_t used_bytes() const;
};

class MicroInterpreter {
 public:
  MicroInterpreter(const Model*, const MicroOpResolver&, MicroAllocator*,
                   MicroResourceVariables*, MicroProfilerInterface*);
  int AllocateTensors();
  int Invoke();
  int Reset();
  TfLiteTensor* input(size_t index);
  TfLiteTensor* output(size_t index);

 private:
  alignas(16) unsigned char members_[4096];  // More than it has.
};

}  // namespace micro
}  // namespace tflite

namespace {

namespace library = tflite::micro;

constexpr int kMostOperators = 64;
constexpr int kCustom = 32;  // In the schema.

// Gives the library the operators that a stub resolver was told of, and no others.
class Resolver : public library::MicroOpResolver {
 public:
  explicit Resolver(const tflite::MicroOpResolver& told) {
    for (unsigned int i = 0; i < told.count(); ++i) {
      switch (told.codes()[i]) {
#define OPERATOR(method, kind, code, parser) \
  case code:                                 \
    Add(code, library::Register_##kind(), library::parser); \
    break;
#include "operators.inc"
#undef OPERATOR
        case tflite::kCircularBuffer:
          circular_buffer_ = *library::Register_CIRCULAR_BUFFER();
          circular_buffer_.builtin_code = kCustom;
          circular_buffer_.custom_name = "CIRCULAR_BUFFER";
          break;
      }
    }
  }

  const library::TFLMRegistration* FindOp(int32_t op) const override {
    for (int i = 0; i < count_; ++i) {
      if (registrations_[i].builtin_code == op) return &registrations_[i];
    }
    return nullptr;
  }

  const library::TFLMRegistration* FindOp(const char* custom_code) const override {
    const char* known = circular_buffer_.custom_name;
    return known != nullptr && strcmp(custom_code, known) == 0 ? &circular_buffer_ : nullptr;
  }

  library::Parser GetOpDataParser(int32_t op) const override {
    for (int i = 0; i < count_; ++i) {
      if (registrations_[i].builtin_code == op) return parsers_[i];
    }
    return nullptr;
  }

 private:
  void Add(int code, library::TFLMRegistration registration, library::Parser parser) {
    if (count_ == kMostOperators) return;
    registration.builtin_code = code;
    registrations_[count_] = registration;
    parsers_[count_++] = parser;
  }

  library::TFLMRegistration registrations_[kMostOperators];
  library::Parser parsers_[kMostOperators];
  library::TFLMRegistration circular_buffer_ = {};
  int count_ = 0;
};

library::MicroAllocator* allocator = nullptr;
library::MicroInterpreter* interpreter = nullptr;

TfLiteStatus Status(int status) { return status == 0 ? kTfLiteOk : kTfLiteError; }

}  // namespace

namespace tflite {

MicroInterpreter::MicroInterpreter(const Model* model, const MicroOpResolver& op_resolver,
                                   uint8_t* arena, size_t bytes) {
  static Resolver resolver(op_resolver);
  allocator = library::MicroAllocator::Create(arena, bytes, library::MemoryPlannerType::kGreedy);
  static library::MicroInterpreter instance(model, resolver, allocator, nullptr, nullptr);
  interpreter = &instance;
}

TfLiteStatus MicroInterpreter::AllocateTensors() { return Status(interpreter->AllocateTensors()); }
TfLiteStatus MicroInterpreter::Invoke() { return Status(interpreter->Invoke()); }
TfLiteStatus MicroInterpreter::Reset() { return Status(interpreter->Reset()); }
TfLiteTensor* MicroInterpreter::input(size_t index) { return interpreter->input(index); }
TfLiteTensor* MicroInterpreter::output(size_t index) { return interpreter->output(index); }
size_t MicroInterpreter::arena_used_bytes() const { return allocator->used_bytes(); }

}  // namespace tflite
