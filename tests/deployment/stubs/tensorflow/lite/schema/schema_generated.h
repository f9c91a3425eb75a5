// As much of TensorFlow Lite Micro's header as generated code touches.
#ifndef STUBS_SCHEMA_GENERATED_H_
#define STUBS_SCHEMA_GENERATED_H_

#include <stdint.h>

namespace tflite {

// A flatbuffer's root; its version is the first field of its table.
class Model {
 public:
  uint32_t version() const {
    const uint8_t* table = reinterpret_cast<const uint8_t*>(this);
    const uint8_t* fields = table - *reinterpret_cast<const int32_t*>(table);
    const uint16_t offset = *reinterpret_cast<const uint16_t*>(fields + 4);
    return offset == 0 ? 0 : *reinterpret_cast<const uint32_t*>(table + offset);
  }
};

inline const Model* GetModel(const void* file) {
  const uint8_t* start = static_cast<const uint8_t*>(file);
  return reinterpret_cast<const Model*>(start + *reinterpret_cast<const uint32_t*>(start));
}

}  // namespace tflite

#endif  // STUBS_SCHEMA_GENERATED_H_
