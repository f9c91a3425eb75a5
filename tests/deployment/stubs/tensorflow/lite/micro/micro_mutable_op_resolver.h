// As much of TensorFlow Lite Micro's header as generated code touches: it remembers
// which operators were added, each once, and no more than it has slots for.
#ifndef STUBS_MICRO_MUTABLE_OP_RESOLVER_H_
#define STUBS_MICRO_MUTABLE_OP_RESOLVER_H_

#include "tensorflow/lite/c/common.h"

STUBS_CLASSES_BEGIN

// Custom operators have no number in the schema.
constexpr int kCircularBuffer = -2;

class MicroOpResolver {
 public:
  const int* codes() const { return codes_; }
  unsigned int count() const { return count_; }

 protected:
  MicroOpResolver(int* codes, unsigned int slots) : codes_(codes), slots_(slots) {}

  TfLiteStatus Add(int code) {
    for (unsigned int i = 0; i < count_; ++i) {
      if (codes_[i] == code) return kTfLiteError;
    }
    if (count_ == slots_) return kTfLiteError;
    codes_[count_++] = code;
    return kTfLiteOk;
  }

 private:
  int* codes_;
  unsigned int slots_;
  unsigned int count_ = 0;
};

template <unsigned int tOpCount>
class MicroMutableOpResolver : public MicroOpResolver {
 public:
  MicroMutableOpResolver() : MicroOpResolver(storage_, tOpCount) {}

#define OPERATOR(method, kind, code, parser) \
  TfLiteStatus method() { return Add(code); }
#include "operators.inc"
#undef OPERATOR

  TfLiteStatus AddDetectionPostprocess() { return Add(-1); }
  TfLiteStatus AddCircularBuffer() { return Add(kCircularBuffer); }

 private:
  int storage_[tOpCount];
};

STUBS_CLASSES_END

#endif  // STUBS_MICRO_MUTABLE_OP_RESOLVER_H_
