#ifndef STUBS_SYSTEM_SETUP_H_
#define STUBS_SYSTEM_SETUP_H_

#include "tensorflow/lite/c/common.h"

STUBS_CLASSES_BEGIN
inline void InitializeTarget() {}
STUBS_CLASSES_END

#endif  // STUBS_SYSTEM_SETUP_H_
